"""The same skin is measured at every pose, and each pixel counts for as much of it as it shows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.erythema import measure
from analyzer.face import Face, angles
from analyzer.facing import Facing, facing, looks_forward
from analyzer.reading import LABELS
from analyzer.regions import outline_regions

SIDE = 700
WINDOW = (slice(0, SIDE), slice(0, SIDE))


def turned(yaw: float, pitch: float = 0.0) -> Face:
    """The average face, its head turned by these degrees."""
    y, p = np.radians(yaw), np.radians(pitch)
    aside = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    up = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    rotation = aside @ up
    assert angles(rotation) == pytest.approx((yaw, pitch, 0.0), abs=1e-6)
    points = mesh.average_face().points @ rotation.T * [30.0, -30.0, -30.0] + [SIDE / 2, SIDE / 2, 0.0]
    landmarks = np.concatenate([points, np.zeros((mesh.ALL_POINTS - mesh.SKIN_POINTS, 3))])
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return Face(landmarks, (low[0], low[1], high[0] - low[0], high[1] - low[1]), 1.0, yaw, pitch, 0.0)


def shares(face: Face, *, weighted: bool) -> dict[str, float]:
    """Each region's part of all that is measured."""
    shown, regions = facing(face, WINDOW), outline_regions(face, (SIDE, SIDE))
    weight = shown.weight if weighted else np.ones_like(shown.weight)
    measured = {name: float(weight[shown.forward & (regions == LABELS[name])].sum()) for name in mesh.OUTLINES}
    return {name: size / sum(measured.values()) for name, size in measured.items()}


def seen(yaw: float) -> Facing:
    return facing(turned(yaw), WINDOW)


def test_from_the_front_every_pixel_counts_the_same() -> None:
    shown = seen(0)
    assert shown.weight[shown.forward] == pytest.approx(1.0, abs=0.02)
    assert (shown.weight[~shown.forward] == 1.0).all()


@pytest.mark.parametrize(("yaw", "pitch"), [(15, 0), (-15, 0), (25, 0), (0, 18), (0, -18)])
def test_on_a_turned_head_each_region_counts_for_as_much_as_from_the_front(yaw: float, pitch: float) -> None:
    usual, now = shares(turned(0), weighted=True), shares(turned(yaw, pitch), weighted=True)
    for name in ("forehead", "left_cheek", "right_cheek", "perioral", "chin"):
        assert now[name] == pytest.approx(usual[name], rel=0.08), name


def test_without_weights_the_farther_cheek_counts_for_less() -> None:
    usual, now = shares(turned(0), weighted=False), shares(turned(20), weighted=False)
    assert now["left_cheek"] < 0.85 * usual["left_cheek"]
    assert now["right_cheek"] > 1.1 * usual["right_cheek"]


def test_slanted_skin_is_measured_at_no_pose() -> None:
    """What looks aside on the average face is left out from the front as well: the same skin is asked for each day."""
    average = mesh.average_face()
    forward = looks_forward(average.triangles)
    a, b, c = (average.points[average.triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    size = np.linalg.norm(normals, axis=1)
    slanted = np.abs(normals[:, 2]) < np.cos(np.radians(56)) * size  # a nose's flanks, too
    assert size[forward & slanted].sum() < 0.02 * size[forward].sum()
    assert size[~forward & slanted].sum() > 0.5 * size[~forward].sum()
    ear = [number for number, corners in enumerate(average.triangles) if {127, 234, 356, 454} & set(corners)]
    assert not forward[ear].any()


def test_a_nose_hides_what_lies_behind_it() -> None:
    face = turned(25)
    regions = outline_regions(face, (SIDE, SIDE))
    x, y = face.landmarks[4, :2].round().astype(int)  # the tip, before the farther cheek
    assert regions[y, x] == LABELS["nose"]


def test_a_level_is_that_of_the_face_seen_from_the_front() -> None:
    """Redness that grows from ear to ear: the plain mean follows the turn, the weighted one stays."""
    plain, level = [], []
    for yaw in (0.0, 20.0):
        face = turned(yaw)
        shown, regions = facing(face, WINDOW), outline_regions(face, (SIDE, SIDE))
        labels = np.where(shown.forward, regions, 0).astype(np.uint8)
        lab = np.full((SIDE, SIDE, 3), 60.0, np.float32)
        lab[..., 1] = 10 + across(face)
        reading = measure(lab, labels, lambda _: 0.0, weight=shown.weight)["face"]
        plain.append(reading.a)
        level.append(reading.a_level)
        assert reading.a == pytest.approx(lab[labels > 0, 1].mean(), abs=1e-4)
        assert reading.a_se > 0.9 * abs(reading.a_level - reading.a)
    assert abs(plain[1] - plain[0]) > 0.3
    assert abs(level[1] - level[0]) < 0.1


def across(face: Face) -> NDArray[np.float64]:
    """(SIDE, SIDE): how far to the person's left a pixel's skin lies on the average face, in centimetres."""
    from scipy.interpolate import LinearNDInterpolator

    points = np.array([p for p in range(mesh.SKIN_POINTS) if mesh.average_face().points[p, 2] > 0])
    places = LinearNDInterpolator(face.landmarks[points, :2], mesh.average_face().points[points, 0], 0.0)
    x, y = np.meshgrid(np.arange(0, SIDE), np.arange(0, SIDE))
    return np.asarray(places(x, y))
