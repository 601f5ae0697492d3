"""The change as a picture: its colours mean what the scale says, and noise stays pale."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from analyzer.surface.difference import change_between
from analyzer.surface.face_map import FaceMap
from analyzer.surface.picture import Scale, bar_pixels, change_colours, change_map_png
from tests.analyzer.surface.conftest import redder


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        assert not picture.info
        return np.asarray(picture).astype(float)


def test_redder_is_orange_and_less_red_is_blue(maps: dict[str, FaceMap]) -> None:
    one = maps["before_1"]
    redder_map, paler_map = (pixels(change_map_png(one, redder(one, by))) for by in (6.0, -6.0))
    cheek = np.s_[170:200, 120:150]
    assert redder_map[cheek][..., 0].mean() > redder_map[cheek][..., 2].mean() + 60
    assert paler_map[cheek][..., 2].mean() > paler_map[cheek][..., 0].mean() + 60


def test_what_may_be_noise_is_pale(maps: dict[str, FaceMap]) -> None:
    """Two photographs of unchanged skin: a change is coloured from two standard errors on, which few places reach."""
    shown = pixels(change_map_png(maps["before_1"], maps["before_2"], bar=False))
    face = shown[..., 3] > 0
    assert np.mean(np.ptp(shown[face][:, :3], axis=1) > 40) < 0.02
    assert np.median(np.ptp(shown[face][:, :3], axis=1)) < 20


def test_skin_that_is_not_seen_has_no_colour(maps: dict[str, FaceMap]) -> None:
    change = change_between([maps["before_1"]], maps["d00"])
    _, strength = change_colours(change, Scale.of(change))
    assert strength[~change.seen].mean() < 0.05 < 0.5 < strength[change.seen].mean()


def test_the_bar_is_pale_in_the_middle_and_runs_from_blue_to_red() -> None:
    bar = bar_pixels(Scale(6.0, 2.0), 121, 4)[0].astype(float)
    assert bar[0, 2] > bar[0, 0] + 60 and bar[-1, 0] > bar[-1, 2] + 60
    assert np.ptp(bar[60]) < 20 and np.ptp(bar[42]) < 20


def test_the_picture_has_a_clear_ground_and_the_width_asked_for(maps: dict[str, FaceMap]) -> None:
    shown = pixels(change_map_png([maps["before_1"], maps["before_2"]], maps["d00"], width=320, bar=False))
    assert shown.shape[1:] == (320, 4)
    assert shown[0, 0, 3] == 0
