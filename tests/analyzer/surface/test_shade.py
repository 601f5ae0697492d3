"""Where patches are looked for: in shade and soft shine and where a region is not measured, never on what covers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analyzer import mesh
from analyzer.surface.difference import Sheet, sheet_of
from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import Mask, layout, outline_mask
from analyzer.surface.shade import searched
from tests.analyzer.surface.conftest import disc, gleaming, shaded


@pytest.fixture
def face(maps: dict[str, FaceMap]) -> FaceMap:
    return maps["before_1"]


def place(face: FaceMap, row: int, column: int) -> Mask:
    return np.asarray(disc(face, row, column, 1.6, 1.0) > 0.5)


def without(one: FaceMap, hidden: Mask) -> FaceMap:
    """The same map, the regions' test having left something out."""
    return replace(one, seen=one.seen & ~hidden)


def test_skin_in_shade_and_in_soft_shine_is_searched_though_no_region_measures_it(face: FaceMap) -> None:
    there = place(face, 138, 70)
    dim = shaded(face, disc(face, 138, 70, 2.0, 18.0))
    bright = gleaming(face, disc(face, 138, 70, 2.0, 9.0))
    for one in (dim, bright):
        assert searched(sheet_of(without(one, there))).seen[there].mean() > 0.9


def test_a_region_too_small_to_be_measured_is_searched(face: FaceMap) -> None:
    forehead = outline_mask((mesh.FOREHEAD,)) & face.seen & (layout().normals[..., 2] > 0.6)
    assert forehead.sum() > 2000
    assert searched(sheet_of(without(face, forehead))).seen[forehead].mean() > 0.9


def test_what_lies_over_the_face_is_not_searched_whatever_its_colour(face: FaceMap) -> None:
    # A hand has the face's own colour; it lies in shade as often as not.
    assert face.uncovered is not None
    hand = place(face, 138, 70)
    for one in (face, shaded(face, disc(face, 138, 70, 2.0, 12.0))):
        covered = replace(without(one, hand), uncovered=face.uncovered & ~hand)
        assert searched(sheet_of(covered)).seen[hand].mean() < 0.05  # its brim


def test_what_is_no_skin_by_its_colour_is_not_searched(face: FaceMap) -> None:
    there = place(face, 138, 70)
    codes = face.codes.copy()
    codes[there] = np.array([60 / 0.4, 16 / 0.25, (16 - 8) / 0.25]).astype(np.uint8)  # grey-blue
    assert not searched(sheet_of(without(replace(face, codes=codes), there))).seen[there].any()


def test_a_map_that_does_not_tell_covers_is_searched_on_bare_skin_alone(face: FaceMap) -> None:
    there = place(face, 138, 70)
    alone = Sheet(face.lab, face.seen & ~there)
    found = searched(alone).seen
    assert not found[there].any()
    assert (found & ~alone.seen).sum() == 0
