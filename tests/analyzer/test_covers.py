"""What lies over the skin is told from it, whatever its colour; redness, light and tone are not taken for a cover."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import correlate

from analyzer import covers, mesh
from analyzer.face import Face, find_face
from analyzer.reading import LABELS
from analyzer.regions import map_regions
from calibration.cielab import decode_srgb, lab_to_xyz, linear_srgb_to_lab, xyz_to_linear_srgb
from calibration.simulated_occluders import Occluder
from calibration.simulation import Framing, Person, Portrait, Rendered, Scene, render

PORTRAITS = Path(__file__).parents[2] / "samples" / "portraits"
# Nobody whom the network was taught with.
FAIR, BROWN = ("linda_godwin__usa", (66.0, 10.0, 15.0)), ("robert_satcher__usa", (42.0, 12.0, 17.0))
FRAMING = Framing(560, 720, 0.6, 0.5, 0.5)


@cache
def taken(name: str, lab: tuple[float, float, float], worn: Occluder | None) -> tuple[Rendered, Face]:
    scene = Scene(Person(name, lab), framing=FRAMING, card=None)
    picture = render(replace(scene, occluders=() if worn is None else (worn,)), Portrait.read(PORTRAITS, name))
    face = find_face(picture.rgb8).face
    assert face is not None
    return picture, face


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return decode_srgb((picture / np.float32(255)).astype(np.float32))


def everywhere(light: NDArray[np.float32]) -> tuple[slice, slice]:
    return slice(0, light.shape[0]), slice(0, light.shape[1])


@pytest.mark.parametrize(("name", "lab"), [FAIR, BROWN])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_hand_of_the_persons_own_colour_is_seen(name: str, lab: tuple[float, float, float], seed: int) -> None:
    picture, face = taken(name, lab, Occluder("hand", seed=seed))
    bare, _ = taken(name, lab, None)
    hidden = bare.bare & ~picture.bare
    light = linear(picture.rgb8)
    inside = hidden & (map_regions(face, light).outlines > 0)
    assert inside.sum() > 200
    assert covers.covered(face, light, everywhere(light))[inside].mean() > 0.9


@pytest.mark.parametrize(("name", "lab"), [FAIR, BROWN])
def test_neither_redness_nor_light_is_a_cover(name: str, lab: tuple[float, float, float]) -> None:
    picture, face = taken(name, lab, None)
    light = linear(picture.rgb8)
    regions = map_regions(face, light).labels > 0
    red = linear_srgb_to_lab(light)
    red[..., 1] += 12
    cheeks = linear_srgb_to_lab(light)
    cheeks[..., 1] += 12 * np.isin(map_regions(face, light).outlines, [LABELS["left_cheek"], LABELS["nose"]])
    shown = [light, light * np.float32(0.4), light * np.array([1.2, 1.0, 0.7], np.float32)]
    shown += [np.maximum(xyz_to_linear_srgb(lab_to_xyz(one)), 0).astype(np.float32) for one in (red, cheeks)]
    for one in shown:
        assert covers.covered(face, one, everywhere(one))[regions].mean() < 0.03


def test_the_grid_is_upright_and_of_the_average_face_size_however_the_face_lies() -> None:
    average = mesh.average_face().points[:, :2] * [1.0, -1.0]
    turn = np.radians(25)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    seen = 31.0 * average @ rotation.T + [420.0, 300.0]
    to_grid = covers.grid_of(seen, 1)
    there = seen @ to_grid[:, :2].T + to_grid[:, 2]
    np.testing.assert_allclose(np.ptp(there, axis=0), np.ptp(average, axis=0) / covers.CELL_CM, rtol=1e-9)
    assert there[:, 0].mean() == pytest.approx(covers.COLUMNS / 2 - 0.5, abs=0.2)
    assert there.min() > 0
    assert (there < [covers.COLUMNS, covers.ROWS]).all()


def test_a_layer_is_the_convolution_that_another_library_does() -> None:
    rng = np.random.default_rng(4)
    seen = rng.standard_normal((1, 6, 8, 3)).astype(np.float32)
    kernel = rng.standard_normal((3, 3, 3, 2)).astype(np.float32)  # down, across, taken, given
    learnt = {"x.w": kernel.reshape(27, 2), "x.b": np.array([0.5, -0.25], np.float32)}
    found = covers.layer(covers.unfolded(seen), learnt, "x")[0]
    for given in range(2):
        plain = sum(correlate(seen[0, :, :, c], kernel[:, :, c, given], mode="constant") for c in range(3))
        plain = plain + learnt["x.b"][given]
        np.testing.assert_allclose(found[..., given], np.where(plain > 0, plain, 0.1 * plain), atol=1e-5)


def test_blocks_are_undone() -> None:
    seen = np.random.default_rng(2).standard_normal((2, 4, 6, 3)).astype(np.float32)
    np.testing.assert_array_equal(covers.unblocked(covers.blocks(seen)), seen)
    assert covers.blocks(seen)[1, 1, 2, 3] == seen[1, 2, 5, 0]


def test_a_cover_is_taken_whole_and_a_doubt_alone_is_none() -> None:
    chance = np.zeros((covers.ROWS, covers.COLUMNS), np.float32)
    chance[10:20, 10:20] = 0.45  # half seen ...
    chance[14, 14] = 0.9  # ... but surely something
    chance[40:50, 40:50] = 0.47
    found = covers.whole_covers(chance)
    assert found[10:20, 10:20].all()
    assert found.sum() == 100
    assert not covers.whole_covers(np.full_like(chance, 0.48)).any()


def test_what_a_frame_runs_around_is_covered_and_a_veil_leaves_the_eyes() -> None:
    rows, columns = np.mgrid[: covers.ROWS, : covers.COLUMNS]
    off = np.hypot((rows - 31) * covers.CELL_CM, (columns - 23) * covers.CELL_CM)  # from the eye on the left
    frame = np.where((off > 2.2) & (off < 2.8), 0.9, 0.0).astype(np.float32)
    found = covers.whole_covers(frame)
    assert found[off < 2.8].all()
    assert not found[off > 2.8].any()
    unseen = frame * ~((np.abs(rows - 31) <= 0) & (columns < 23))  # not seen all around: a gap of one row
    assert covers.whole_covers(unseen)[off < 2.0].all()
    above = frame * ((rows - 31) * covers.CELL_CM > -1.5)  # and where a brow runs along it
    assert covers.whole_covers(above)[(off < 2.0) & (rows > 29)].all()
    half = frame * (rows > 31)  # nothing is behind half a ring
    assert not covers.whole_covers(half)[off < 1.9].any()
    veil = np.ones_like(frame)
    veil[24:40, 8:64] = 0
    assert not covers.whole_covers(veil)[24:40, 8:64].any()
