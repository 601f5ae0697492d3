"""Flags from the maps and from pigment: on two days, beyond the noise, and closed when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analyzer.pipeline import PhotoAnalysis, analyze_photo
from analyzer.recovery import Recovery, judge
from analyzer.recovery.surface_flags import surface_findings
from analyzer.series import Observation, RegionColour, Series, SurfaceObservation
from analyzer.surface.face_map import FaceMap
from analyzer.treatment import Treatment
from calibration import spectra
from calibration.cielab import xyz_to_lab
from calibration.skin_optics import redden, skin_reflectance, tan
from tests.analyzer.surface.conftest import bled, darkened, disc

TREATED = datetime.fromisoformat("2026-05-01T10:00:00+02:00")
TREATMENT = Treatment(treated_at=TREATED)
PLACE = (52, 128)


@pytest.fixture(scope="module")
def before(samples: Path) -> FaceMap:
    analysis: PhotoAnalysis = analyze_photo(samples / "p01_light_skin" / "before_1.jpg")
    assert analysis.face_map is not None
    return analysis.face_map


def series(maps: dict[float, FaceMap], **changes: bool) -> Series:
    """One photograph a day, its face as much redder as its map is."""
    observations, surface = [], []
    for day, one in maps.items():
        lightness, a, b = one.lab[one.seen].mean(axis=0)
        colour = {"face": RegionColour(float(a), 0.6, float(lightness), float(b))}
        taken = TREATED + timedelta(days=day)
        observations.append(Observation(f"{day}.jpg", taken, colour, **changes))
        surface.append(SurfaceObservation(f"{day}.jpg", one))
    return Series("p", TREATMENT, tuple(observations), surface=tuple(surface))


def course(before: FaceMap, spot: dict[float, float]) -> dict[float, FaceMap]:
    """A face that fades from 6 a*, with a spot as much redder as ``spot`` says on its days."""
    fading = {-1.0: 0.0, 0.2: 6.0, 1.0: 3.5, 2.0: 2.0, 3.0: 1.2, 4.0: 0.6, 5.0: 0.4, 6.0: 0.2}
    return {day: bled(before, level + disc(before, *PLACE, 1.2, spot.get(day, 0.0))) for day, level in fading.items()}


def test_a_spot_that_stays_is_flagged_and_its_figures_are_told(before: FaceMap) -> None:
    recovery = judge(series(course(before, dict.fromkeys((2.0, 3.0, 4.0, 5.0, 6.0), 4.0))))
    flag = next(one for one in recovery.verdict.flags if one.code == "hot_spot")
    assert (flag.region, flag.severity, flag.from_day, flag.to_day) == ("forehead", "watch", 2.0, None)
    assert 2.5 < flag.evidence["contrast"] < 4.5
    assert 0.7 < flag.evidence["area_cm2"] < 1.7
    assert recovery.verdict.status == "watch"
    point = next(one for one in recovery.points if one.day == 3.0)
    assert point.surface is not None
    assert point.surface["hot_spots"][0]["region"] == "forehead"
    assert point.surface["max_delta_a"] == pytest.approx(5.2, abs=1.0)


def test_a_spot_that_grows_is_outside(before: FaceMap) -> None:
    growing = {2.0: 2.5, 3.0: 3.5, 4.0: 5.0, 5.0: 6.5, 6.0: 7.0}
    flags = surface_findings(series(course(before, growing))).flags
    assert [(one.code, one.severity) for one in flags] == [("hot_spot", "outside")]


def test_it_closes_after_two_photographs_without_it(before: FaceMap) -> None:
    flags = surface_findings(series(course(before, {2.0: 4.0, 3.0: 4.0}))).flags
    assert [(one.code, one.from_day, one.to_day) for one in flags] == [("hot_spot", 2.0, 5.0)]


@pytest.mark.parametrize("changes", [{"calibrated": False}, {"bare_skin": False}, {"usable": False}])
def test_photographs_that_do_not_count_raise_none(before: FaceMap, changes: dict[str, bool]) -> None:
    spots = course(before, dict.fromkeys((2.0, 3.0, 4.0), 4.0))
    assert surface_findings(series(spots, **changes)).flags == ()


def test_without_a_photograph_from_before_nothing_is_said(before: FaceMap) -> None:
    spots = course(before, dict.fromkeys((2.0, 3.0, 4.0), 4.0))
    del spots[-1.0]
    found = surface_findings(series(spots))
    assert found.flags == () and found.points == {}


def test_an_even_recovery_has_no_spot_and_its_red_area_shrinks(before: FaceMap) -> None:
    found = surface_findings(series(course(before, {})))
    assert found.flags == ()
    areas = [found.points[f"{day}.jpg"]["red_area_cm2"] for day in (0.2, 1.0, 6.0)]
    assert areas[0] > 150 and areas[1] > 150 and areas[2] == 0.0


def test_a_patch_that_darkens_is_flagged_and_closes_when_it_pales(before: FaceMap) -> None:
    dark = {
        day: darkened(one, disc(before, *PLACE, 1.2, 6.0 if 3 <= day < 5 else 0.0))
        for day, one in course(before, {}).items()
    }
    flags = surface_findings(series(dark)).flags
    assert [(one.code, one.region, one.from_day, one.to_day) for one in flags] == [
        ("pigment_change", "forehead", 3.0, 6.0)
    ]
    assert flags[0].evidence["melanin_rise"] > 4 * flags[0].evidence["melanin_rise_se"]
    point = surface_findings(series(dark)).points["4.0.jpg"]
    assert [one["region"] for one in point["dark_patches"]] == ["forehead"]


def test_figures_of_red_skin_come_with_their_error(before: FaceMap) -> None:
    found = surface_findings(series(course(before, {})))
    shown = found.points["1.0.jpg"]
    low, high = shown["red_area_cm2_ci95"]
    assert low <= shown["red_area_cm2"] <= high
    assert shown["max_delta_a"] == pytest.approx(3.5, abs=2 * shown["max_delta_a_se"])


def test_the_document_with_surfaces_is_read_back(before: FaceMap) -> None:
    recovery = judge(series(course(before, dict.fromkeys((2.0, 3.0, 4.0), 4.0))))
    document = recovery.to_json()
    assert Recovery.from_json(document).to_json() == document
    old = {**document, "points": [{k: v for k, v in p.items() if k != "surface"} for p in document["points"]]}
    assert all(one.surface is None for one in Recovery.from_json(old).points)


def pigmented(melanin: float, tone: float, noise: float = 0.0) -> Series:
    """A face that reddens and fades while melanin grows from day 2 on; a* of each photograph with some error."""
    skin = skin_reflectance(tone, 0.01)
    rng = np.random.default_rng(3)
    observations = []
    for day in (-2.0, -0.5, 0.2, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0):
        dose = 0.3 * 2**-day if day > 0 else 0.0
        darker = melanin * np.clip((day - 2.0) / 3.0, 0, 1)
        lab = xyz_to_lab(spectra.xyz_d65(tan(redden(skin, dose), darker))) + rng.normal(0, noise, 3)
        colour = {"face": RegionColour(float(lab[1]), 0.6, float(lab[0]), float(lab[2]))}
        observations.append(Observation(f"{day}.jpg", TREATED + timedelta(days=day), colour))
    return Series("p", TREATMENT, tuple(observations))


@pytest.mark.parametrize("tone", [0.01, 0.04, 0.1])
def test_skin_that_grows_darker_is_flagged_once_its_redness_has_gone(tone: float) -> None:
    flags = surface_findings(pigmented(0.06, tone, noise=0.2)).flags
    assert [one.code for one in flags] == ["pigment_change"]
    assert flags[0].from_day >= 3.0 and flags[0].to_day is None
    assert flags[0].evidence["ita_change"] < -5
    assert abs(flags[0].evidence["delta_a"]) < 2.5


@pytest.mark.parametrize("tone", [0.01, 0.04, 0.1, 0.2])
def test_redness_alone_is_no_pigment(tone: float) -> None:
    assert surface_findings(pigmented(0.0, tone, noise=0.3)).flags == ()


def test_darkening_that_goes_away_closes_the_flag() -> None:
    dark = pigmented(0.06, 0.03)
    clear = pigmented(0.0, 0.03).observations[-2:]
    later = [replace(one, captured_at=one.captured_at + timedelta(days=7)) for one in clear]
    flags = surface_findings(replace(dark, observations=(*dark.observations, *later))).flags
    assert [(one.code, one.to_day) for one in flags] == [("pigment_change", 16.0)]
