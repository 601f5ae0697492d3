"""One of the two photographs: measured, and named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analyzer.compare.unmirrored import unmirrored
from analyzer.errors import NotComparable
from analyzer.folder import captured_at_of
from analyzer.measured import Measured
from analyzer.photo_analysis import Card, PhotoAnalysis, analyze_photo, analyze_photo_bytes
from analyzer.reading import Reading, RegionReading
from analyzer.surface.face_map import FaceMap
from analyzer.treatment import Treatment, read_treatment
from analyzer.words import region_name, say
from calibration.errors import RuborError

TREATMENT_FILE = "treatment.toml"


@dataclass(frozen=True, eq=False)
class Side:
    """One photograph, the right way round, the region's reading in it, and what stands under it.

    ``title`` says it in one line. ``photo`` is all that was read in it.
    """

    measured: Measured
    face_map: FaceMap
    reading: RegionReading
    word: str
    title: str
    when: str
    photo: Reading

    @property
    def calibrated(self) -> bool:
        return self.measured.calibration.found

    @property
    def bare(self) -> bool:
        """False where the skin looks filmed over."""
        return all(one.code != "made_up" for one in self.photo.problems)


def side(
    source: Path | bytes,
    title: str | None,
    word: str,
    region: str,
    anonymise: bool,
    card: Card,
    when: str | None = None,
) -> Side:
    """Measure the photograph. Raises ``NotComparable`` where it cannot be, or lacks the region.

    ``title`` stands for ``word`` and for the time that the file tells, ``when`` for the time alone.
    """
    if isinstance(source, Path):
        analysis, name = analyze_photo(source, card), f"The photograph {source.name}"
    else:
        shown = ", ".join(part for part in (title or word, when) if part)
        analysis, name = analyze_photo_bytes(source, title or word, card), f"The photograph “{shown}”"
    if analysis.measured is None or analysis.face_map is None or not analysis.reading.usable:
        reasons = " ".join(one.sentence for one in analysis.reading.problems if one.severity == "reject")
        raise NotComparable(f"{name} cannot be compared. {reasons}")
    if region not in analysis.reading.regions:
        raise NotComparable(f"{name} shows too little bare skin of the {region_name(region)} to compare it.")
    if when is None:
        when = _when(source, analysis, anonymise) if title is None else ""
    word = word if title is None else title
    reading = analysis.reading.regions[region]
    title = f"{word}, {when}" if when else word
    return Side(unmirrored(analysis.measured), analysis.face_map, reading, word, title, when, analysis.reading)


def _when(source: Path | bytes, analysis: PhotoAnalysis, anonymise: bool) -> str:
    """The date, and the day after the treatment where its record lies beside the photograph.

    Where the person is not to be recognised, the day alone: a date tells who was at the clinic.
    """
    taken = analysis.reading.captured_at
    if taken is None:
        return ""
    told = [] if anonymise else [taken.strftime(say("time.date"))]
    treatment = _treatment_beside(source)
    if treatment is not None:
        told.append(say("compare.day", day=f"{_day(taken, treatment):.1f}".replace("-", "−")))
    return " · ".join(told)


def _day(taken: datetime, treatment: Treatment) -> float:
    elapsed = captured_at_of(taken, treatment.treated_at) - treatment.treated_at
    return elapsed.total_seconds() / 86_400.0


def _treatment_beside(source: Path | bytes) -> Treatment | None:
    if not isinstance(source, Path) or not (source.parent / TREATMENT_FILE).is_file():
        return None
    try:
        return read_treatment(source.parent / TREATMENT_FILE)
    except RuborError:
        return None  # the pictures can be shown without it
