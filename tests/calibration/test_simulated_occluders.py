"""What hides the skin in a simulated photograph hides it in its truth as well, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from calibration.simulated_occluders import COLOURS, KINDS, Kind, Occluder
from calibration.simulation import Blood, Framing, Person, Portrait, Rendered, Scene, render

PORTRAITS = Path(__file__).parents[2] / "samples" / "portraits"
SCENE = Scene(
    Person("daniel_tani__usa", (66.0, 10.0, 15.0)), Blood(dose=0.2), framing=Framing(300, 380, 0.6, 0.5, 0.5), card=None
)


@cache
def taken(kind: Kind | None) -> Rendered:
    worn = () if kind is None else (Occluder(kind, next(iter(COLOURS[kind]), ""), 3),)
    return render(replace(SCENE, occluders=worn), Portrait.read(PORTRAITS, SCENE.person.portrait))


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_skin_is_no_skin_and_no_region_and_takes_no_blood(kind: Kind) -> None:
    plain, worn = taken(None), taken(kind)
    hidden = plain.bare & ~worn.bare
    assert 0.01 < hidden.sum() / plain.bare.sum() < 0.9
    assert not worn.regions[hidden].any()
    assert worn.dose[hidden].mean() < 0.5 * plain.dose[hidden].mean()
    # What is still called bare looks as before, but for the thing's shadow.
    change = np.abs(worn.lab[worn.bare] - plain.lab[worn.bare]).max(axis=1)
    assert np.median(change) < 1.0
    assert not (worn.bare & ~plain.bare).any() or kind == "hand"


def test_a_scene_with_occluders_is_stored_and_read_back() -> None:
    scene = replace(SCENE, occluders=(Occluder("mask", "beige", 5), Occluder("hand", "", 2)))
    assert Scene.from_json(scene.to_json()) == scene
    old = SCENE.to_json()
    del old["occluders"]
    assert Scene.from_json(old).occluders == ()


def test_what_cannot_be_painted_is_refused() -> None:
    with pytest.raises(ValueError, match="plaid"):
        Occluder("scarf", "plaid")
