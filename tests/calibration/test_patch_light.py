"""The colour of the light over the card is read inside the patches, whatever their paint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_light import PLACES, light_field
from calibration.card_reading import CardReading
from calibration.cielab import encode_srgb, xyz_to_linear_srgb
from calibration.patch_light import _together, colour_slope
from calibration.photo import Photo, read_photo

CENTRES = np.array([80.0, 70.0]) + (PLACES + 0.5) * np.array([500.0, 300.0])
FACE = Path(__file__).parents[2] / "samples" / "portraits" / "daniel_tani__usa.jpg"


def photographed(
    red_over_green: NDArray[np.float64], blue_over_green: NDArray[np.float64]
) -> tuple[Photo, CardReading]:
    """A card whose light changes colour by these logarithms from edge to edge, along the rows and down the columns."""
    rows, columns = np.mgrid[:440, :660]
    paint = np.clip(xyz_to_linear_srgb(spectra.xyz_d65(spectra.patches().values)), 0.01, None) * 0.7
    nearest = np.argmin((columns[..., None] - CENTRES[:, 0]) ** 2 + (rows[..., None] - CENTRES[:, 1]) ** 2, axis=-1)
    at = np.stack([(columns - 80) / 500 - 0.5, (rows - 70) / 300 - 0.5], axis=-1)
    light = np.exp(np.stack([at @ red_over_green, np.zeros(at.shape[:2]), at @ blue_over_green], axis=-1))
    noise = np.random.default_rng(1).normal(0, 0.8, (440, 660, 3))
    pixels = np.clip(np.round(encode_srgb(np.clip(paint[nearest] * light, 0, 1)) * 255 + noise), 0, 255)
    photo = Photo("card.png", pixels.astype(np.uint8), read_photo(FACE).space)
    reading = CardReading(
        "classic-24", CENTRES[[0, 5, 23, 18]], False, paint, np.full((24, 3), 1e-3), np.zeros(24), CENTRES
    )
    return photo, reading


@pytest.mark.parametrize(
    ("red", "blue"), [((0.0, 0.0), (0.0, 0.0)), ((0.2, 0.0), (-0.25, 0.0)), ((-0.05, 0.15), (0.05, -0.2))]
)
def test_two_lamps_are_measured(red: tuple[float, float], blue: tuple[float, float]) -> None:
    photo, reading = photographed(np.array(red), np.array(blue))
    found = colour_slope(photo, reading)
    assert found is not None
    assert found.slope == pytest.approx(np.array([red, blue]), abs=0.03)
    assert np.all(found.se < 0.02)


@pytest.mark.parametrize("patches", [8, 12, 18])
def test_noise_alone_is_seldom_sure(patches: int) -> None:
    """Few patches, some much noisier than others, as in a dark photograph: their own scatter is small by chance."""
    rng = np.random.default_rng(patches)
    reach, far = np.array([0.002, 0.006]), []
    for _ in range(300):
        variance = 1e-4 * np.exp(rng.normal(0, 1, (patches, 1)))
        scatter = variance * rng.chisquare(33, (patches, 2)) / 33
        slopes = rng.normal(size=(patches, 2, 2)) * np.sqrt(variance[..., None] / reach)
        found = _together(slopes, scatter, reach)
        far.append(np.abs(found.slope) / found.se)
    assert np.mean(np.array(far) > 3.2) < 0.01
    assert 0.9 < np.sqrt(np.mean(np.square(far))) < 1.25


def test_the_field_gives_each_channel_its_light() -> None:
    photo, reading = photographed(np.array([0.2, 0.0]), np.array([-0.3, 0.0]))
    slope, field = colour_slope(photo, reading), light_field(CENTRES, np.zeros(2))
    assert slope is not None
    assert field is not None
    tinted = type(field)(field.centre, field.slope, field.reach, tint=slope.per_pixel(reading))
    place = field.centre + np.array([250.0, 0.0])
    assert np.log(tinted.colour_at(place)) == pytest.approx([0.1, 0.0, -0.15], abs=0.02)
    assert field.colour_at(place) == pytest.approx(1.0)


def test_patches_in_the_dark_tell_nothing() -> None:
    photo, reading = photographed(np.zeros(2), np.zeros(2))
    dark = CardReading(
        "classic-24", reading.corners, False, reading.rgb * 0.03, reading.rgb_se, reading.clipped, CENTRES
    )
    assert colour_slope(photo, dark) is None
