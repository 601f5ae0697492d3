"""Do the face maps of one patient lie on each other, and what do they find? Prints tables for docs/accuracy.md.

Simulated patients (``face_map_patients``): whole photographs, every one under another lamp with the head turned a
little, through the whole program. Registration: how far apart the same skin lies on two maps, in millimetres of the
face. Repeatability: scatter of a cell's change between the two photographs from before the treatment. Spots: 1.2 cm
wide, 4 a* redder, which stay from day 2 on; and the same series without them. Pigment: the measured colours of the
series, and the same as darkened by more melanin. Thresholds were set on the patients called ``tune``.

Usage: python benchmarks/face_map.py [--patients 12] [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from face_map_patients import TONES, Patient, Picture, patient, spot_in_portrait
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.pipeline import analyze_photo
from analyzer.recovery.surface_flags import surface_findings
from analyzer.series import Observation, RegionColour, Series, SurfaceObservation
from analyzer.surface.difference import aligned, change_between, flow_between
from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import flat_points, layout
from analyzer.treatment import Treatment
from calibration import spectra
from calibration.cielab import lab_to_xyz, linear_srgb_to_lab, xyz_to_linear_srgb
from calibration.skin_optics import skin_reflectance, tan

Floats = NDArray[np.float64]
TREATED = datetime.fromisoformat("2026-05-01T10:00:00+02:00")
# Melanin added by day 5 (volume fraction): light skin's ITA falls by some 30 degrees.
MORE_MELANIN = 0.06


@dataclass(frozen=True, eq=False)
class Analysed:
    """One photograph through the program: its map, where the mesh was found (478, 2), the face's mean L*, a*, b*."""

    picture: Picture
    face: FaceMap
    landmarks: Floats
    colour: Floats


def analysed(picture: Picture) -> Analysed | None:
    """The photograph analysed, or as it was kept beside its file; None where it could not be measured."""
    kept = picture.path.with_suffix(".npz")
    if not kept.exists():
        analysis = analyze_photo(picture.path)
        if analysis.face_map is None or analysis.measured is None or not analysis.face_map.calibrated:
            np.savez(kept, map=np.zeros(0, np.uint8))
            return None
        face = analysis.reading.regions["face"]
        found = analysis.measured.face.landmarks[:, :2] * analysis.measured.factor
        data = np.frombuffer(analysis.face_map.to_bytes(), np.uint8)
        np.savez(kept, map=data, landmarks=found, colour=np.array([face.L, face.a, face.b]))
    stored = np.load(kept)
    if not stored["map"].size:
        return None
    return Analysed(picture, FaceMap.from_bytes(stored["map"].tobytes()), stored["landmarks"], stored["colour"])


def series_of(course: Sequence[Analysed], darker: float = 0.0) -> Series:
    """The photographs as the recovery room is given them; ``darker``: melanin grown by day 5."""
    observations = []
    for one in course:
        share = float(np.clip((one.picture.day - 1.0) / 2.0, 0, 1))
        lightness, a, b = _darkened(one.colour, darker * share)
        taken = TREATED + timedelta(days=one.picture.day)
        colour = {"face": RegionColour(a, one.face.a_se, lightness, b)}
        observations.append(Observation(one.picture.path.name, taken, colour))
    surface = tuple(SurfaceObservation(one.picture.path.name, one.face) for one in course)
    return Series("benchmark", Treatment(treated_at=TREATED), tuple(observations), surface=surface)


def _darkened(lab: Floats, melanin: float) -> tuple[float, float, float]:
    """A measured colour as it would be with more melanin: the model skin of its lightness shows by how much."""
    if melanin > 0:
        pool = skin_reflectance(np.geomspace(0.005, 0.4, 40), 0.012)
        light = xyz_to_linear_srgb(spectra.xyz_d65(pool))
        rgb = xyz_to_linear_srgb(lab_to_xyz(lab))
        like = int(np.abs(np.log(light[:, 1] / rgb[1])).argmin())
        rgb = rgb * xyz_to_linear_srgb(spectra.xyz_d65(tan(pool[like], melanin))) / light[like]
        lab = linear_srgb_to_lab(rgb)
    return float(lab[0]), float(lab[1]), float(lab[2])


def registration_mm(one: Analysed, other: Analysed) -> tuple[float, float]:
    """RMS distance between the same skin on two maps: by the landmarks alone, and with the flow between the maps."""
    column, row = np.round(flat_points()).astype(int).T
    front = layout().normals[np.clip(row, 0, 255), np.clip(column, 0, 255), 2] > 0.6
    apart = _off(one) - _off(other)
    flow = flow_between(one.face, other.face)[np.clip(row, 0, 255), np.clip(column, 0, 255)]
    mm = layout().texel_cm * 10
    plain, moved = (np.sqrt((off[front] ** 2).sum(axis=1).mean()) * mm for off in (apart, apart - flow))
    return float(plain), float(moved)


def _off(one: Analysed) -> Floats:
    """How far each mesh point was found from where it truly lies (468, 2), in texels of the map."""
    found, true = one.landmarks[: mesh.SKIN_POINTS], one.picture.points
    eyes = found[mesh.LEFT_EYE_OUTER] - found[mesh.RIGHT_EYE_OUTER]
    angle = np.arctan2(eyes[1], eyes[0])
    level = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((found - true) @ level.T / (one.face.pixels_per_cm * one.face.size * layout().texel_cm))


@dataclass(frozen=True)
class Outcome:
    """What one patient's series show."""

    tone: str
    registration: tuple[float, float]
    repeat_sd: float
    seen: bool  # whether the spot lies on skin that the photographs show
    found: bool
    false_clean: bool
    false_beside: bool
    pigment_false: bool
    pigment_found: bool


def outcome_of(one: Patient) -> Outcome | None:
    """Both series of a patient through the product's own flags; None where a photograph was not measured."""
    clean = [analysed(picture) for picture in one.course(False)]
    spotted = [analysed(picture) for picture in one.course(True)]
    if any(each is None for each in (*clean, *spotted)):
        return None
    clean_course = [each for each in clean if each is not None]
    spot_course = [each for each in spotted if each is not None]
    first, second = clean_course[:2]
    distances = [registration_mm(first, other) for other in clean_course[1:]]
    repeat = change_between([first.face], second.face)
    still = repeat.delta[repeat.seen] - np.median(repeat.delta[repeat.seen])
    column, row = _spot_on_map(one)
    hits: list[object] = []
    others: list[object] = []
    for flag_point in surface_findings(series_of(spot_course)).points.values():
        for spot in flag_point["hot_spots"]:
            near = np.hypot(spot["map_x"] - column, spot["map_y"] - row) * layout().texel_cm < 1.0
            (hits if near else others).append(spot)
    flags = {flag.code for flag in surface_findings(series_of(clean_course)).flags}
    darker = {flag.code for flag in surface_findings(series_of(clean_course, MORE_MELANIN)).flags}
    return Outcome(
        one.tone,
        (float(np.mean([each[0] for each in distances])), float(np.mean([each[1] for each in distances]))),
        float(still.std()),
        _is_seen(clean_course, column, row),
        bool(hits),
        "hot_spot" in flags,
        bool(others),
        "pigment_change" in flags,
        "pigment_change" in darker,
    )


def _spot_on_map(one: Patient) -> tuple[float, float]:
    """Where the spot's middle lies on the map, from the portrait's own landmarks."""
    from scipy.interpolate import LinearNDInterpolator

    points, place = spot_in_portrait(one)
    x, y = LinearNDInterpolator(points, flat_points())(place)[0]
    return float(x), float(y)


def _is_seen(course: Sequence[Analysed], column: float, row: float) -> bool:
    """Whether two thirds of the spot's disc are bare skin in the photographs from day 2 on without the spot."""
    y, x = np.mgrid[0 : layout().inside.shape[0], 0 : layout().inside.shape[1]]
    disc = np.hypot(x - column, y - row) * layout().texel_cm < 0.6
    onto = course[0].face
    late = [aligned(one.face, onto).seen for one in course if one.picture.day >= 2]
    return all(float((seen & onto.seen)[disc].mean()) > 0.67 for seen in late)


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values)} of {len(values)}"


def report(title: str, outcomes: Sequence[Outcome]) -> None:
    print(f"\n{title}: {len(outcomes)} patients, each once without and once with a spot")
    plain, moved = (float(np.sqrt(np.mean([one.registration[i] ** 2 for one in outcomes]))) for i in (0, 1))
    print(f"registration, RMS: {plain:.2f} mm by landmarks, {moved:.2f} mm with the flow")
    print(
        f"scatter of a cell's change before treatment: {np.median([one.repeat_sd for one in outcomes]):.2f} a* (median)"
    )
    print("| ITA class | spots found | of those on skin that is seen | clean series flagged | flags beside the spot |"
          " pigment flagged without | with |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for tone in (*TONES, "all"):
        these = [one for one in outcomes if tone in (one.tone, "all")]
        if these:
            seen = [one.found for one in these if one.seen]
            cells = [tone, _share([one.found for one in these]), _share(seen)]
            cells += [_share([getattr(one, name) for one in these])
                      for name in ("false_clean", "false_beside", "pigment_false", "pigment_found")]  # fmt: skip
            print("| " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--patients", type=int, default=12, help="of each half")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "rubor-face-map")
    options = parser.parse_args()
    for title, held in (("tune", False), ("report", True)):
        outcomes = [outcome_of(patient(seed, held, options.cache)) for seed in range(options.patients)]
        report(title, [one for one in outcomes if one is not None])


if __name__ == "__main__":
    main()
