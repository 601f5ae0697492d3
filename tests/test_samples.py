"""The sample patients are complete, are what their plan says, and can be made again."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from calibration import holdout, spectra
from calibration.simulated_skin import known_skins
from calibration.simulation import Portrait, Scene, region_means, render, true_lab
from samples.make_samples import HIDDEN, NORMAL_DARK, NORMAL_LIGHT, PLANS, PORTRAITS, REBOUND, Plan, plan_scenes

SAMPLES = PORTRAITS.parent
EVERY = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.folder)


def _truths(plan: Plan) -> dict[str, dict[str, Any]]:
    folder = SAMPLES / plan.folder
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


@EVERY
def test_folder_is_complete(plan: Plan) -> None:
    folder = SAMPLES / plan.folder
    stems = {moment.stem for moment in plan.moments}
    assert {path.name for path in folder.iterdir()} == {
        "treatment.toml",
        *(f"{stem}.{kind}" for stem in stems for kind in ("jpg", "json")),
    }
    assert len(stems) >= 8
    treatment = tomllib.loads((folder / "treatment.toml").read_text(encoding="utf-8"))
    assert treatment["treated_at"] == datetime.fromisoformat(plan.treated_at)
    assert treatment["treated_at"].utcoffset() is not None


@EVERY
def test_photographs_tell_their_time(plan: Plan) -> None:
    for moment in plan.moments:
        with Image.open(SAMPLES / plan.folder / f"{moment.stem}.jpg") as photo:
            assert photo.size == (1200, 1600)
            exif = photo.getexif()
            times = exif.get_ifd(0x8769)
        day, clock = times[0x9003].split()
        told = f"{day.replace(':', '-')}T{clock}{times[0x9011]}"
        assert datetime.fromisoformat(told) == datetime.fromisoformat(moment.taken)
        before = datetime.fromisoformat(moment.taken) < datetime.fromisoformat(plan.treated_at)
        assert before == moment.stem.startswith("before")


@EVERY
def test_scenes_come_from_the_plan(plan: Plan) -> None:
    """The stored scenes are the ones that the plan's seed gives, with phones and lamps kept aside for judging."""
    truths = _truths(plan)
    for moment, scene in zip(plan.moments, plan_scenes(plan), strict=True):
        stored = Scene.from_json(truths[moment.stem]["scene"])
        assert stored.blood.dose == pytest.approx(scene.blood.dose, abs=5e-4)
        assert stored.light.lamp == moment.lamp == truths[moment.stem]["lamp"]
        assert (stored.phone, stored.isp, stored.framing) == (scene.phone, scene.isp, scene.framing)
        assert stored.light.lamp in holdout.HELD_OUT_LAMPS
        assert stored.phone.camera in holdout.HELD_OUT_CAMERAS
    assert len({truth["lamp"] for truth in truths.values()}) >= 7
    measured = spectra.skins().only(holdout.HELD_OUT_SKINS).values
    np.testing.assert_array_equal(known_skins(plan.person.model)[0][: len(measured)], measured)


@EVERY
def test_truth_can_be_made_again(plan: Plan) -> None:
    """The per-pixel truth of one photograph, rendered from its stored scene, has the stored means."""
    stored = _truths(plan)["d01"]
    scene = Scene.from_json(stored["scene"])
    lab, regions = true_lab(scene, Portrait.read(PORTRAITS, scene.person.portrait))
    for name, means in region_means(lab, regions).items():
        wanted = [stored["regions"][name][key] for key in ("L", "a", "b")]
        assert means == pytest.approx(wanted, abs=2e-3)


def test_a_photograph_can_be_made_again() -> None:
    stored = _truths(REBOUND)["d04"]
    scene = Scene.from_json(stored["scene"])
    again = render(scene, Portrait.read(PORTRAITS, scene.person.portrait))
    with Image.open(SAMPLES / REBOUND.folder / "d04.jpg") as photo:
        pixels = np.asarray(photo).astype(int)
    assert np.abs(pixels - again.rgb8).mean() < 3  # noise and JPEG; another scene is off by 20 and more
    assert again.corners is not None
    np.testing.assert_allclose(again.corners, stored["corners"], atol=0.01)


def test_courses_are_as_described() -> None:
    def course(plan: Plan) -> dict[str, float]:
        return {stem: truth["regions"]["face"]["delta_a"] for stem, truth in _truths(plan).items()}

    light, dark, rebound = course(NORMAL_LIGHT), course(NORMAL_DARK), course(REBOUND)
    after = [light[f"d0{day}"] for day in (0, 1, 2, 3, 4, 5, 7)]
    assert after == sorted(after, reverse=True)
    assert 6.5 < after[0] < 7.5
    assert abs(after[-1]) < 0.3
    assert 0.4 * light["d00"] < dark["d00"] < 0.8 * light["d00"]
    assert rebound["d03"] < 0.35 * rebound["d00"]
    assert all(rebound[day] > rebound["d03"] + 3.9 for day in ("d04", "d05", "d06"))


def test_everything_is_small_enough_to_travel() -> None:
    size = sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert size < 12_000_000


def test_every_portrait_has_its_points_and_hides_its_names() -> None:
    document = json.loads((PORTRAITS / "landmarks.json").read_text(encoding="utf-8"))
    names = {path.stem for path in Path(PORTRAITS).glob("*.jpg")}
    assert set(document["portraits"]) == set(document["hidden"]) == names
    assert document["hidden"] == HIDDEN
    for name in names:
        portrait = Portrait.read(PORTRAITS, name)
        assert np.array(document["portraits"][name]).shape == (478, 2)
        left, right = (portrait.outlines[eye].mean(axis=0) for eye in ("left_eye", "right_eye"))
        assert left[0] > right[0] + 0.2 * portrait.face_width
        with Image.open(PORTRAITS / f"{name}.jpg") as picture:
            plain = np.asarray(picture.convert("RGB")).astype(int)
        for x0, y0, x1, y1 in HIDDEN[name]:
            inside = (slice(y0 + 20, min(y1, plain.shape[0]) - 20), slice(x0 + 20, min(x1, plain.shape[1]) - 20))
            # Letters are edges; what is left has none.
            edges = [
                np.abs(np.diff(one[inside].mean(axis=-1), axis=1)).max() for one in (plain, portrait.srgb.astype(int))
            ]
            assert edges[1] < 4 < edges[0]
