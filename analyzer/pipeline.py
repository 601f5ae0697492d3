"""The way of the data, walked once: ``analyze_photo`` for one photograph, ``analyze_series`` for a folder of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.changes import Compared, Reference, references_of
from analyzer.folder import captured_at_of, find_photographs, read_capture_times
from analyzer.light_level import LIGHT_SD
from analyzer.photo_analysis import (
    METHOD_VERSION,
    WORKING_SIDE,
    Card,
    PhotoAnalysis,
    analyze_decoded,
    analyze_photo,
    analyze_photo_bytes,
)
from analyzer.reading import FACE, Reading, RegionReading
from analyzer.series import Observation, RegionColour, Series, SurfaceObservation
from analyzer.signs import SignEntry, bare_skin_at, exposures_before, read_signs
from analyzer.treatment import Treatment, read_treatment
from calibration.errors import InputError, NothingToAnalyze
from calibration.language import language, speak
from calibration.problems import Problem, because, problem

if TYPE_CHECKING:
    from analyzer.recovery import Recovery
    from analyzer.recovery.settings import Settings
    from analyzer.surface.face_map import FaceMap

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class SeriesReport:
    """One patient's series: the treatment, the readings of all photographs and the recovery they show."""

    treatment: Treatment
    readings: tuple[Reading, ...]
    recovery: Recovery
    settings: Settings | None = None

    def to_json(self) -> dict[str, Any]:
        """The document ``rubor.series/1``."""
        return self.recovery.to_json()


def analyze_series(
    folder: Path,
    *,
    treatment_file: Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    settings: Settings | None = None,
    card: str = "auto",
) -> SeriesReport:
    """Analyse one patient's folder.

    Raises ``TreatmentError`` for a missing or wrong treatment record and ``NothingToAnalyze`` for a folder that does
    not exist or holds no photograph. ``progress`` is told one sentence for each photograph.
    ``settings`` are a clinic's own numbers (:func:`analyzer.recovery.clinic.read_clinic`); ``card`` is what
    :func:`calibration.detection.find_card` takes (``UnknownCard``).
    """
    from analyzer.recovery import judge
    from analyzer.series_doubts import doubted_in, raised

    if not folder.is_dir():
        raise NothingToAnalyze(problem("unreadable", reason=because("no_folder", name=folder.name)))
    treatment = read_treatment(treatment_file or folder / "treatment.toml")
    photographs = find_photographs(folder)
    times = read_capture_times(folder)
    signs, sign_problems = read_signs(folder, treatment.treated_at.tzinfo)
    readings = []
    maps: dict[str, FaceMap] = {}
    for path, (reading, face_map) in zip(photographs, _readings(photographs, jobs, card), strict=True):
        if face_map is not None:
            maps[path.name] = face_map
        timed = _with_time(reading, times.get(path.name))
        readings.append(timed)
        if progress is not None:
            progress(f"{path.name}: {_outcome(timed)}")
    told = doubted_in(treatment, readings, maps)
    for file, doubt in raised(readings, told):
        if progress is not None:
            progress(f"{file}: {doubt.sentence}")
    series = _series_of(folder.resolve().name, treatment, readings, told, None, signs, maps)
    series = replace(series, problems=(*series.problems, *sign_problems))
    if not any(one.usable for one in series.observations):
        refused = tuple(why for one in readings for why in _left_out(one))
        series = replace(series, problems=(*refused, *sign_problems))
    return SeriesReport(treatment, told, judge(series, settings), settings)


def _readings(paths: Sequence[Path], jobs: int, card: str) -> Sequence[tuple[Reading, FaceMap | None]]:
    read = partial(_reading_of, card=card)
    if jobs == 1 or len(paths) < 2:
        return [read(path) for path in paths]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Fresh processes: one face network shared by threads gives silently wrong landmarks.
    workers = min(jobs, len(paths))
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=speak, initargs=(language(),)) as pool:
        return list(pool.map(read, paths))


def _reading_of(path: Path, card: str) -> tuple[Reading, FaceMap | None]:
    """What a series keeps of a photograph: its numbers and its map, not its pixels."""
    analysis = analyze_photo(path, card)
    return analysis.reading, analysis.face_map if analysis.reading.usable else None


def _with_time(reading: Reading, captured_at: datetime | None) -> Reading:
    """The reading with the time that ``photos.csv`` gives, if it does."""
    if captured_at is None:
        return reading
    kept = tuple(one for one in reading.problems if one.code != "no_time")
    return replace(reading, captured_at=captured_at, problems=kept)


def _outcome(reading: Reading) -> str:
    if reading.problems:
        return " ".join(one.sentence for one in reading.problems)
    return "used."


def build_series(
    patient: str,
    treatment: Treatment,
    readings: Sequence[Reading],
    bare_skin: Mapping[str, bool] | None = None,
    signs: Sequence[SignEntry] = (),
    maps: Mapping[str, FaceMap] | None = None,
) -> Series:
    """The series of ``readings``, in order of time; a reading without a time is left out and named in ``problems``.

    ``bare_skin`` holds, by file name, whether the skin was bare; what is not named there is asked of ``signs``, the
    patient's log, and else was bare. A time without an offset is taken in the treatment's. ``maps`` are the face maps,
    by file name.
    """
    from analyzer.series_doubts import doubted_in

    told = doubted_in(treatment, readings, maps)
    return _series_of(patient, treatment, readings, told, bare_skin, signs, maps or {})


def _series_of(
    patient: str,
    treatment: Treatment,
    untold: Sequence[Reading],
    readings: Sequence[Reading],
    bare_skin: Mapping[str, bool] | None,
    signs: Sequence[SignEntry],
    maps: Mapping[str, FaceMap],
) -> Series:
    """The series of ``readings``; ``untold`` are the same before the series raised doubts about them."""
    from analyzer.series_doubts import raised

    observations: list[Observation] = []
    problems = [replace(why, message=f"{file}: {why.message}") for file, why in raised(untold, readings)]
    one_card = len({(one.calibration or {}).get("card") for one in readings if one.usable}) == 1
    known = references_of(treatment, readings)
    for reading in readings:
        if reading.captured_at is None:
            problems.extend(_left_out(reading))
            continue
        observation = _observation(reading, treatment, (bare_skin or {}).get(reading.file), signs, one_card, known)
        observations.append(observation)
        problems.extend(one for one in observation.problems if one.code == "exposed")
    observations.sort(key=lambda one: one.captured_at)
    surface = tuple(SurfaceObservation(file, one) for file, one in maps.items())
    return Series(patient, treatment, tuple(observations), tuple(problems), tuple(signs), surface)


def _left_out(reading: Reading) -> list[Problem]:
    """Why a photograph is not in the series: its own refusal, or that nobody knows when it was taken."""
    why = [one for one in reading.problems if one.severity == "reject"] or [problem("no_time")]
    return [replace(one, message=f"{reading.file}: {one.message}") for one in why]


def _observation(
    reading: Reading,
    treatment: Treatment,
    bare_skin: bool | None,
    signs: Sequence[SignEntry],
    one_card: bool,
    known: Mapping[str, Reference],
) -> Observation:
    from analyzer.recovery.texts import exposure_words

    assert reading.captured_at is not None  # the caller leaves readings without a time out
    captured_at = captured_at_of(reading.captured_at, treatment.treated_at)
    told = bare_skin if bare_skin is not None else bare_skin_at(signs, captured_at)
    looks_made_up = any(one.code == "made_up" for one in reading.problems)
    # By the patient's word or by the look of it: what may be a film never shows that redness is gone.
    bare, exposed = told is not False and not looks_made_up, exposures_before(signs, captured_at)
    calibration = reading.calibration or {}
    lamp = calibration.get("lamp")
    # What a home print's unknown colours do to a* is the same in every photograph with it, and no error of a change.
    shared = float(calibration.get("a_uncertainty_shared") or 0.0) if one_card else 0.0
    problems = list(reading.problems)
    if not bare and not looks_made_up:
        problems.append(problem("made_up"))
    if exposed:
        problems.append(problem("exposed", file=reading.file, exposures=exposure_words(exposed)))
    found = {name: known[name].compared(region) for name, region in reading.regions.items() if name in known}
    return Observation(
        file=reading.file,
        captured_at=captured_at,
        regions={name: _colour(reading.regions[name], one, shared) for name, one in found.items()},
        usable=reading.usable,
        calibrated=reading.calibrated,
        bare_skin=bare,
        lamp=lamp["like"] if lamp else None,
        lamp_cct_k=lamp["cct_k"] if lamp else None,
        ita=reading.skin_tone.ita if reading.skin_tone else None,
        problems=tuple(problems),
        exposed=exposed,
        light_on_face=math.exp(found[FACE].light) if reading.calibrated and FACE in found else None,
    )


def _colour(region: RegionReading, compared: Compared, shared: float) -> RegionColour:
    own_se = math.sqrt(max(compared.a_se**2 - shared**2, 0.0))
    return RegionColour(compared.a, own_se, region.L, region.b, LIGHT_SD)


def unusable_series(patient: str, error: InputError) -> dict[str, Any]:
    """The ``rubor.series/1`` document of a series that could not be analysed at all."""
    return {
        "schema": "rubor.series/1",
        "patient": patient,
        "usable": False,
        "treated_at": None,
        "sessions": [],
        "baseline": None,
        "points": [],
        "curve": {},
        "signs": [],
        "urgent": False,
        "verdict": None,
        "problems": [error.problem.to_json()],
    }


__all__ = [
    "METHOD_VERSION",
    "WORKING_SIDE",
    "Card",
    "PhotoAnalysis",
    "SeriesReport",
    "analyze_decoded",
    "analyze_photo",
    "analyze_photo_bytes",
    "analyze_series",
    "build_series",
    "unusable_series",
]
