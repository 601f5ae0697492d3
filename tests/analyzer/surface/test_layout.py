"""The map's layout: every texel knows its place on the average face."""

from __future__ import annotations

import numpy as np

from analyzer import mesh
from analyzer.surface.layout import SIDE, flat_points, layout, outline_mask


def test_a_texel_is_where_its_corners_and_shares_say() -> None:
    chart = layout()
    places = chart.spread(flat_points())
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    off = np.hypot(places[..., 0] - x, places[..., 1] - y)[chart.inside]
    assert off.max() < 0.02


def test_texels_add_up_to_the_area_of_the_meshs_triangles() -> None:
    face = mesh.average_face()
    a, b, c = (face.points[face.triangles[:, i]] for i in range(3))
    whole = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert abs(layout().area.sum() / whole - 1) < 0.08


def test_the_front_of_the_face_looks_forward_and_its_sides_sideways() -> None:
    chart = layout()
    column, row = np.round(flat_points()[1]).astype(int)  # the tip of the nose
    assert chart.normals[row, column, 2] > 0.8
    left_column, left_row = np.round(flat_points()[454]).astype(int)  # beside the person's left ear
    assert chart.normals[left_row, left_column - 4, 0] > 0.7


def test_both_halves_of_the_map_are_mirror_images() -> None:
    left, right = outline_mask((mesh.LEFT_CHEEK,)), outline_mask((mesh.RIGHT_CHEEK,))
    overlap = (left & right[:, ::-1]).sum() / (left | right[:, ::-1]).sum()
    assert overlap > 0.97
    assert np.nonzero(left)[1].mean() > SIDE / 2


def test_lips_eyes_and_brows_are_no_skin() -> None:
    chart = layout()
    for part in (mesh.LIPS, mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LEFT_BROW, mesh.RIGHT_BROW):
        assert not (chart.skin & outline_mask((part,))).any()
