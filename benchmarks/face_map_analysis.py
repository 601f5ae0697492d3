"""Simulated patients' photographs through the program, kept beside them: maps and colours, for ``face_map.py``.

A clean photograph goes through the whole program. The same moment with another skin (a case) keeps its card reading,
landmarks and light, and has its skin found, measured and mapped anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from face_map_patients import Patient, Picture
from numpy.typing import NDArray

from analyzer.erythema import measure
from analyzer.photo_analysis import WORKING_SIDE, PhotoAnalysis, analyze_photo, lab_of_skin
from analyzer.regions import map_regions
from analyzer.series import Observation, RegionColour, Series, SurfaceObservation
from analyzer.surface.face_map import FaceMap, map_face
from analyzer.treatment import Treatment
from calibration.photo import read_photo

Floats = NDArray[np.float64]
TREATED = datetime.fromisoformat("2026-05-01T10:00:00+02:00")
NAMES = ("face", "forehead", "left_cheek", "right_cheek", "nose", "perioral", "chin")


@dataclass(frozen=True, eq=False)
class Analysed:
    """One photograph through the program: its map, where the mesh was found (478, 2), each region's L*, a*, b* and
    standard error (7, 4; not a number where it is missing), and the true a* on the map.
    """

    picture: Picture
    face: FaceMap
    landmarks: Floats
    colours: Floats

    @property
    def true_a(self) -> NDArray[np.float32]:
        return np.asarray(np.load(self.picture.path.with_suffix(".truth.npz"))["a"], np.float32)


def analyse(one: Patient) -> dict[Path, Analysed]:
    """All photographs of a patient that could be measured, from what was kept or else anew (some three seconds)."""
    wanted = [picture for picture in one.pictures if not _kept(picture).exists()]
    bases: dict[float, PhotoAnalysis] = {}
    for picture in sorted(wanted, key=lambda each: each.case):
        if picture.case == "" or picture.day not in bases:
            clean = next(each for each in one.pictures if each.day == picture.day and each.case == "")
            bases[picture.day] = analyze_photo(clean.path)
        base = bases[picture.day]
        _keep(picture, base if picture.case == "" else _as_case(base, picture.path))
    found = {picture.path: _read(picture) for picture in one.pictures}
    return {path: each for path, each in found.items() if each is not None}


def _as_case(base: PhotoAnalysis, path: Path) -> PhotoAnalysis:
    """The analysis of ``path``, which differs from ``base`` in its skin alone."""
    if base.measured is None:
        return base
    known = base.measured
    working, factor = read_photo(path).reduced(WORKING_SIDE)
    linear = working.linear()
    regions = map_regions(known.face, linear, mirrored=known.calibration.mirrored, scale=factor)
    lab = lab_of_skin(linear, regions.labels, known.calibration, factor)
    middle = np.array(known.face.box[:2]) * factor + np.array(known.face.box[2:]) * factor / 2
    colours = measure(lab, regions.labels, partial(known.calibration.a_se, place=middle))
    measured = replace(known, linear=linear, labels=regions.wide, cover=regions.cover)
    return replace(base, reading=replace(base.reading, regions=colours), measured=measured)


def _kept(picture: Picture) -> Path:
    return picture.path.with_suffix(".map.npz")


def _keep(picture: Picture, analysis: PhotoAnalysis) -> None:
    face_map = None
    if analysis.measured is not None and "face" in analysis.reading.regions:
        colour = analysis.reading.regions["face"]
        face_map = map_face(analysis.measured, np.array([colour.L, colour.a, colour.b]))
    if face_map is None or not face_map.calibrated or analysis.measured is None:
        np.savez(_kept(picture), map=np.zeros(0, np.uint8))
        return
    found = analysis.measured.face.landmarks[:, :2] * analysis.measured.factor
    regions = analysis.reading.regions
    nothing = [np.nan] * 4
    rows = [
        [regions[name].L, regions[name].a, regions[name].b, regions[name].a_se] if name in regions else nothing
        for name in NAMES
    ]
    data = np.frombuffer(face_map.to_bytes(), np.uint8)
    np.savez(_kept(picture), map=data, landmarks=found, colours=np.array(rows))


def _read(picture: Picture) -> Analysed | None:
    stored = np.load(_kept(picture))
    if not stored["map"].size:
        return None
    return Analysed(picture, FaceMap.from_bytes(stored["map"].tobytes()), stored["landmarks"], stored["colours"])


def course_of(one: Patient, found: dict[Path, Analysed], case: str = "") -> list[Analysed] | None:
    """The series of a case in order of time; None where the patient has no such case or no photograph from before."""
    pictures = one.course(case)
    if case and not any(picture.case == case for picture in pictures):
        return None
    kept = [found[picture.path] for picture in pictures if picture.path in found]
    late = [each for each in kept if each.picture.day >= 2]
    return kept if kept and kept[0].picture.day < 0 and len(late) >= 2 else None


def series_of(course: Sequence[Analysed]) -> Series:
    """The photographs as the recovery room is given them."""
    observations = []
    for one in course:
        taken = TREATED + timedelta(days=one.picture.day)
        colours = {
            name: RegionColour(float(a), float(a_se), float(lightness), float(b))
            for name, (lightness, a, b, a_se) in zip(NAMES, one.colours, strict=True)
            if np.isfinite(a)
        }
        observations.append(Observation(one.picture.path.name, taken, colours))
    surface = tuple(SurfaceObservation(one.picture.path.name, one.face) for one in course)
    return Series("benchmark", Treatment(treated_at=TREATED), tuple(observations), surface=surface)
