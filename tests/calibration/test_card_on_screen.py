"""A screen that shows the card's published colours is told from the card itself, by phones that no limit was set on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_on_screen import looks_shown_on_a_screen, real_misfit, screen_misfit
from calibration.card_reading import CardReading
from calibration.card_spectra import edition_spectra
from calibration.cards import Edition, load_card
from calibration.cielab import decode_srgb, encode_srgb
from calibration.detection import find_card
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS
from calibration.screen_grid import without_screens
from calibration.simulated_camera import Isp, Phone, code, develop, plan_development, simulate_patches
from calibration.simulated_screen import primaries
from tests.calibration.conftest import as_photo

Floats = NDArray[np.float64]


def reading_of(rgb: Floats, rng: np.random.Generator) -> CardReading:
    """As the patches would be read, with a little noise."""
    seen: Floats = np.clip(rgb * (1 + rng.normal(0, 0.004, (24, 1))) + rng.normal(0, 5e-4, (24, 3)), 0, 1)
    clipped = np.asarray(seen >= 1).any(axis=1).astype(np.float64)
    noise, nowhere = np.full((24, 3), 5e-4), np.zeros((24, 2))
    return CardReading("classic-24", nowhere[:4], False, seen, noise, np.asarray(clipped), nowhere)


def real(rng: np.random.Generator, reflectance: Floats) -> CardReading:
    phone, lamp = Phone.random(rng, HELD_OUT_CAMERAS), spectra.lamps()[str(rng.choice(HELD_OUT_LAMPS))]
    return reading_of(simulate_patches(phone.sensitivity(), lamp, Isp.random(rng), reflectance), rng)


def on_screen(rng: np.random.Generator, edition: Edition) -> CardReading:
    """A screen in a lit room, photographed."""
    colours = np.clip(load_card("classic-24").linear_srgb(edition), 0, 1)
    shown = decode_srgb(np.rint(encode_srgb(colours) * 255) / 255)
    lights = primaries(("white-led", "wide-gamut", "oled")[int(rng.integers(3))])
    phone, isp = Phone.random(rng, HELD_OUT_CAMERAS).sensitivity(), Isp.random(rng)
    white = lights.sum(axis=0)
    raw = (shown @ (phone @ lights.T).T + rng.uniform(0, 0.015) * (phone @ white)) / float(phone[1] @ white)
    return reading_of(decode_srgb(code(develop(raw, plan_development(phone, white, isp), isp), isp)), rng)


def test_no_real_card_of_either_edition_is_taken_for_a_screen() -> None:
    rng = np.random.default_rng(71)
    later = edition_spectra("after-2014")
    assert later is not None
    cards = [real(rng, reflectance) for reflectance in (spectra.patches().values, later.reflectance) for _ in range(20)]
    assert not any(looks_shown_on_a_screen(card) for card in cards)


@pytest.mark.parametrize("edition", ["before_november_2014", "after_november_2014"])
def test_most_screens_with_the_published_colours_are_told(edition: Edition) -> None:
    rng = np.random.default_rng(72)
    told = [looks_shown_on_a_screen(on_screen(rng, edition)) for _ in range(20)]
    assert sum(told) >= 14


def test_the_photograph_is_warned_of_and_the_card_kept() -> None:
    """A picture of the published colours, without any grid of pixels."""
    picture = np.full((500, 640, 3), 30, np.uint8)
    fields = np.clip(load_card("classic-24").linear_srgb("before_november_2014"), 0, 1).reshape(4, 6, 3) * 0.8
    for row, column in np.ndindex(4, 6):
        picture[54 + 100 * row : 140 + 100 * row, 27 + 100 * column : 113 + 100 * column] = np.rint(
            255 * encode_srgb(fields[row, column])
        )
    photo = as_photo(np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.uint8))
    search = without_screens(photo, find_card(photo))
    assert search.reading is not None
    assert [(one.code, one.severity) for one in search.problems] == [("screen_photo", "warn")]


def test_the_published_colours_themselves_fit_a_screen_exactly() -> None:
    rgb = np.clip(load_card("classic-24").linear_srgb("before_november_2014"), 0, 1) * 0.8
    reading = reading_of(rgb, np.random.default_rng(0))
    assert screen_misfit(reading) < 0.003 < real_misfit(reading)


def test_with_few_good_patches_nothing_is_said() -> None:
    rgb = np.clip(load_card("classic-24").linear_srgb("before_november_2014"), 0, 1) * 0.8
    reading = reading_of(rgb, np.random.default_rng(0))
    assert looks_shown_on_a_screen(reading)
    reading.clipped[:12] = 1.0
    assert not looks_shown_on_a_screen(reading)
