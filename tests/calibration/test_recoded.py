"""One sRGB picture stored in a wider space: its light comes back, and with it skin's redness."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from calibration import spectra
from calibration.cielab import decode_srgb, encode_srgb
from calibration.correction import calibrate
from calibration.detection import find_card
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_SKINS
from calibration.photo import Photo, decode_photo
from calibration.recoded import unconverted
from calibration.rgb_space import RgbSpace, from_icc
from calibration.simulated_camera import Isp, Phone, simulate_patches

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]
PROFILES = Path(__file__).parent.parent / "data" / "formats"
WIDE = ("DisplayP3-v4.icc", "AdobeCompat-v4.icc")
SKINS = spectra.skins().only(HELD_OUT_SKINS).values[::5]


def stored(picture: Picture, profile: str, kind: str = "TIFF", quality: int = 95) -> Photo:
    """``picture`` (sRGB) as LittleCMS converts it, decoded again."""
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    image = ImageCms.profileToProfile(
        Image.fromarray(picture), ImageCms.createProfile("sRGB"), str(PROFILES / profile), intent
    )
    assert image is not None
    out = io.BytesIO()
    image.save(out, kind, icc_profile=(PROFILES / profile).read_bytes(), quality=quality)
    return decode_photo(out.getvalue(), "x")


def patches(noise: float, seed: int = 1) -> Floats:
    """(60, 400, 3) coded sRGB, 0 to 255: a patch in each row, half of them nearly grey, with ``noise`` codes (SD)."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(40, 225, (60, 1, 3))
    level[:30] = level[:30, :, :1] + rng.uniform(-4, 4, (30, 1, 3))
    return np.asarray(level + rng.normal(0, noise, (60, 400, 3)))


def error(found: Floats, true: Floats) -> float:
    """Mean error of the patches' mean light, as a share of it."""
    return float(np.mean(np.abs(found.mean(axis=1) / true.mean(axis=1) - 1)))


@pytest.mark.parametrize("profile", WIDE)
@pytest.mark.parametrize("noise", [1.0, 2.0])
def test_what_a_conversion_rounded_away_comes_back(profile: str, noise: float) -> None:
    picture = np.rint(patches(noise)).clip(0, 255).astype(np.uint8)
    wide = stored(picture, profile)
    back = unconverted(wide)
    assert back.space.is_srgb
    true = decode_srgb(picture / 255)
    assert error(back.linear().astype(float), true) < 0.5 * error(wide.linear().astype(float), true)
    assert (back.pixels[..., 1:] == picture[..., 1:]).mean() > 0.85


@pytest.mark.parametrize("profile", WIDE)
def test_a_cameras_own_wide_picture_is_taken_at_its_word(profile: str) -> None:
    space = from_icc((PROFILES / profile).read_bytes())
    for seed in range(6):
        photo = Photo("own.png", developed(decode_srgb(patches(1.5, seed) / 255), space), space)
        assert unconverted(photo) is photo


def developed(light: Floats, space: RgbSpace) -> Picture:
    """Linear sRGB as a camera stores it that develops into ``space`` itself."""
    there = light @ np.linalg.inv(space.to_srgb).T
    grid = np.linspace(0, 255, space.curves.shape[1])
    coded = [np.interp(there[..., i], space.curves[i].astype(np.float64), grid) for i in range(3)]
    return np.rint(np.stack(coded, axis=-1)).astype(np.uint8)


def test_pictures_that_cannot_tell_are_left_as_they_are() -> None:
    """Loss has mixed the codes; a plain area has too few of them; sRGB needs nothing."""
    picture = np.rint(patches(1.5)).clip(0, 255).astype(np.uint8)
    plain = np.full((300, 300, 3), (120, 90, 70), np.uint8)
    for photo in (stored(picture, WIDE[0], "JPEG"), stored(plain, WIDE[1])):
        assert unconverted(photo) is photo
    srgb = Photo("x.png", picture, decode_photo(png(picture), "x.png").space)
    assert unconverted(srgb) is srgb


def png(picture: Picture) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def card_of(rgb: Floats, rng: np.random.Generator) -> Picture:
    """A photograph of nothing but the card: linear sRGB ``rgb`` (24, 3), with a little noise."""
    picture = np.full((560, 760, 3), 0.25)
    picture[60:500, 60:700] = 0.02
    for number, colour in enumerate(rgb):
        row, column = divmod(number, 6)
        top, left = 74 + 106 * row, 74 + 104 * column
        picture[top : top + 92, left : left + 92] = colour
    coded = encode_srgb(picture) * 255 + rng.normal(0, 1.2, picture.shape)
    return np.rint(coded).clip(0, 255).astype(np.uint8)


def test_the_card_shows_the_same_redness_in_every_space() -> None:
    """Nearer to the sRGB file's a* by far than wide files taken at their word (measured: 0.007, not 0.061)."""
    rng = np.random.default_rng(8)
    moved: list[list[Floats]] = []
    for lamp in ("D55", "LED-B1", "Incandescent", "FL11"):
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        surfaces = np.concatenate([spectra.patches().values, SKINS])
        rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, surfaces)
        picture = card_of(rgb[:24], rng)
        wide = [stored(picture, one) for one in WIDE]
        photos = [decode_photo(png(picture), "x.png"), *wide, *(unconverted(one) for one in wide)]
        usual, *others = (calibrate(find_card(photo)).to_lab(rgb[24:])[:, 1] for photo in photos)
        moved.append([np.abs(one - usual) for one in others])
    at_its_word, back = np.array(moved)[:, :2], np.array(moved)[:, 2:]
    assert back.mean() < 0.3 * at_its_word.mean()
    assert back.max() < 0.06
