"""A spot of blood and more melanin in the simulation: where they are told to be, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.simulation import Blood, Framing, Person, Portrait, Scene, SkinModel, Spot, region_means, true_lab

NAME = "jose_hernandez__usa"
SPOT = Spot(x=-0.22, y=0.05, width=0.09, dose=0.4)


@pytest.fixture(scope="module")
def portrait(samples: Path) -> Portrait:
    return Portrait.read(samples / "portraits", NAME)


def scene(blood: Blood, melanin: float = 0.0) -> Scene:
    person = Person(NAME, (57.0, 12.5, 18.5), model=SkinModel("held_out", 303, melanin=melanin))
    return Scene(person, blood, framing=Framing(450, 600, 0.5), card=None)


def test_a_spot_is_round_where_it_was_put_and_leaves_the_rest_alone(portrait: Portrait) -> None:
    plain, _ = true_lab(scene(Blood()), portrait)
    spotted, _ = true_lab(scene(Blood(spots=(SPOT,))), portrait)
    rise = spotted[..., 1] - plain[..., 1]
    framing = scene(Blood()).framing
    width = framing.face_width * framing.width
    x, y = (
        centre * size + share * width
        for centre, size, share in ((framing.face_x, 450, SPOT.x), (framing.face_y, 600, SPOT.y))
    )
    rows, columns = np.nonzero(rise > rise.max() / 2)
    assert rise.max() > 3
    assert (columns.mean(), rows.mean()) == pytest.approx((x, y), abs=2)
    assert 2 * np.sqrt(len(rows) / np.pi) == pytest.approx(SPOT.width * width, rel=0.2)
    far = np.hypot(np.arange(450) - x, np.arange(600)[:, None] - y) > SPOT.width * width
    assert np.abs(rise[far]).max() < 0.02


def test_melanin_darkens_and_yellows_the_face(portrait: Portrait) -> None:
    means = [region_means(*true_lab(scene(Blood(), melanin), portrait))["face"] for melanin in (0.0, 0.05)]
    assert means[1][0] < means[0][0] - 4  # darker
    assert abs(means[1][1] - means[0][1]) < 4  # hardly redder


def test_scenes_with_and_without_spots_are_read_back() -> None:
    one = scene(Blood(0.2, spots=(SPOT, replace(SPOT, x=0.2))), 0.03)
    assert Scene.from_json(json.loads(json.dumps(one.to_json()))) == one
    old = one.to_json()
    del old["blood"]["spots"], old["person"]["model"]["melanin"]
    assert Scene.from_json(old) == scene(Blood(0.2))
