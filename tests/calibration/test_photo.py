"""Every promised format, turned every way, becomes the same upright pixels."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from calibration import raster
from calibration.photo import Photo, decode_photo, read_photo
from calibration.rgb_space import srgb
from tests.calibration.conftest import FORMATS, deep, encoded, grey_profile, reason, scene, tiff16

LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}
LOSSY = {"JPEG": {"quality": 95}, "WEBP": {"quality": 90}, "AVIF": {"quality": 90}}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_formats_keep_every_pixel(kind: str) -> None:
    photo = decode_photo(encoded(scene(), kind, **LOSSLESS[kind]), f"x.{kind}")
    np.testing.assert_array_equal(photo.pixels, np.asarray(scene()))
    assert (photo.width, photo.height, photo.pixels.dtype) == (96, 64, np.uint8)
    assert photo.space.is_srgb
    assert photo.captured_at is None


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats_stay_close(kind: str) -> None:
    photo = decode_photo(encoded(scene(), kind, **LOSSY[kind]), f"x.{kind}")
    assert np.abs(photo.pixels.astype(int) - np.asarray(scene()).astype(int)).mean() < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    """Pillow's own exif_transpose is the independent reference."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(scene(), kind, exif=exif, **(LOSSLESS | LOSSY)[kind])
    turned = Image.Exif()
    turned[0x0112] = orientation
    marked = scene()
    marked.info["exif"] = turned.tobytes()
    truth = np.asarray(ImageOps.exif_transpose(marked)).astype(int)
    photo = decode_photo(data, "x")
    assert photo.pixels.shape == truth.shape
    assert np.abs(photo.pixels.astype(int) - truth).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_16_bit_tiff_is_turned_upright(orientation: int) -> None:
    pixels = deep()
    data = tiff16(pixels, orientation)
    turn = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: pixels.transpose(1, 0, 2)[:, ::-1],
        7: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: pixels.transpose(1, 0, 2)[::-1],
    }
    np.testing.assert_array_equal(decode_photo(data, "x.tif").pixels, turn[orientation])


def test_two_real_files_of_one_scene_agree() -> None:
    """The same landscape stored mirrored (2) and turned (6), by another program."""
    mirrored, turned = (read_photo(FORMATS / f"exif_orientation_{n}.jpg") for n in (2, 6))
    assert (mirrored.width, mirrored.height) == (turned.width, turned.height)
    assert (mirrored.width, mirrored.height) == (1200, 1800)
    assert np.abs(mirrored.pixels.astype(int) - turned.pixels.astype(int)).mean() < 6


def test_16_bits_are_kept() -> None:
    pixels = deep()
    png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
    np.testing.assert_array_equal(decode_photo(png, "x.png").pixels, pixels)
    packed = cv2.imencode(".tif", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
    np.testing.assert_array_equal(decode_photo(packed, "x.tif").pixels, pixels)
    grey = deep(channels=1)
    png = cv2.imencode(".png", grey)[1].tobytes()
    np.testing.assert_array_equal(decode_photo(png, "x.png").pixels, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("depth", [10, 12, 16])
def test_ten_bits_of_a_heic_fill_the_scale(depth: int) -> None:
    codes = np.arange(2**depth, dtype=np.uint32)
    full = raster.full_scale((codes << (16 - depth)).astype(np.uint16), depth)
    np.testing.assert_allclose(full / 65535, codes / (2**depth - 1), atol=1e-5)


def test_16_bit_linear_uses_all_bits() -> None:
    ramp = np.repeat(np.arange(65536, dtype=np.uint16).reshape(256, 256, 1), 3, axis=2)
    coded = np.arange(65536) / 65535
    truth = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    linear = Photo("x", ramp, srgb()).linear()
    np.testing.assert_allclose(linear.reshape(-1, 3), np.repeat(truth[:, None], 3, axis=1), atol=2e-7)
    assert (Photo("x", ramp, srgb()).srgb8()[..., 0].ravel() == np.round(np.arange(65536) / 257)).all()


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "PA"])
def test_other_png_modes_become_rgb(mode: str) -> None:
    image = scene().quantize(64) if mode in ("P", "PA") else scene()
    image = image.convert(mode)
    photo = decode_photo(encoded(image if mode != "PA" else image.convert("RGBA"), "PNG"), "x.png")
    np.testing.assert_array_equal(photo.pixels, np.asarray(image.convert("RGB")))


def test_transparency_is_laid_on_white() -> None:
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)
    pixels[..., 0] = 200
    pixels[:, 4:, 3] = 255
    pixels[4:, 4:, 3] = 51
    photo = decode_photo(encoded(Image.fromarray(pixels), "PNG"), "x.png")
    assert photo.pixels[0, 0].tolist() == [255, 255, 255]
    assert photo.pixels[0, 7].tolist() == [200, 0, 0]
    assert photo.pixels[7, 7].tolist() == [244, 204, 204]
    deep_pixels = pixels.astype(np.uint16) * 257
    png = cv2.imencode(".png", cv2.cvtColor(deep_pixels, cv2.COLOR_RGBA2BGRA))[1].tobytes()
    np.testing.assert_array_equal(decode_photo(png, "x.png").pixels // 257, photo.pixels)


def test_cmyk_jpeg_without_a_profile() -> None:
    image = scene().convert("CMYK")
    photo = decode_photo(encoded(image, "JPEG", quality=95, subsampling=0), "x.jpg")
    assert photo.space.is_srgb
    assert np.abs(photo.pixels.astype(int) - np.asarray(image.convert("RGB")).astype(int)).mean() < 3


def test_grey_jpeg_with_a_grey_profile() -> None:
    """A grey profile of gamma 1.0: code 128 is half the light, which sRGB codes as 188."""
    data = encoded(Image.new("L", (64, 64), 128), "JPEG", icc_profile=grey_profile())
    photo = decode_photo(data, "x.jpg")
    assert photo.space.is_srgb
    assert np.abs(photo.pixels.astype(int) - 188).max() <= 1


@pytest.mark.parametrize("kind", ["MPO", "WEBP", "PNG", "TIFF", "AVIF"])
def test_animations_and_bursts_give_their_first_picture(kind: str) -> None:
    other = Image.new("RGB", (96, 64), (10, 200, 10))
    data = encoded(scene(), kind, save_all=True, append_images=[other])
    pixels = decode_photo(data, "x").pixels.astype(int)
    assert np.abs(pixels - np.asarray(scene()).astype(int)).mean() < 3


def test_what_follows_a_jpeg_is_not_looked_at() -> None:
    data = encoded(scene(), "JPEG")
    plain = decode_photo(data, "x.jpg")
    np.testing.assert_array_equal(decode_photo(data + b"ftypmp42 film" * 999, "x.jpg").pixels, plain.pixels)


def test_the_iphone_heic() -> None:
    photo = read_photo(FORMATS / "display_p3.heic")
    assert (photo.width, photo.height) == (3024, 4032)
    assert photo.captured_at is not None
    published = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]
    np.testing.assert_allclose(photo.space.to_srgb, published, atol=1e-3)


def test_the_name_does_not_matter() -> None:
    np.testing.assert_array_equal(decode_photo(encoded(scene(), "PNG"), "x.jpg").pixels, np.asarray(scene()))


# --- colour -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["DisplayP3-v4.icc", "AdobeCompat-v4.icc"])
def test_one_picture_in_two_spaces_is_one_linear_picture(profile: str) -> None:
    """The wide-gamut copy is made by LittleCMS, so it is the judge of our reader."""
    there = ImageCms.profileToProfile(
        scene(),
        ImageCms.createProfile("sRGB"),
        str(FORMATS / profile),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    wide = decode_photo(encoded(there, "PNG", icc_profile=(FORMATS / profile).read_bytes()), "x.png")
    plain = decode_photo(encoded(scene(), "PNG"), "x.png")
    assert np.abs(wide.pixels.astype(int) - plain.pixels).max() > 5  # the codes do differ
    np.testing.assert_allclose(wide.linear(), plain.linear(), atol=6e-3)
    assert np.abs(wide.srgb8().astype(int) - plain.pixels).max() <= 2
    assert np.abs(wide.srgb8().astype(int) - plain.pixels).mean() < 0.5


def test_wide_gamut_is_not_clipped() -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    photo = decode_photo(encoded(red, "PNG", icc_profile=(FORMATS / "DisplayP3-v4.icc").read_bytes()), "x.png")
    np.testing.assert_allclose(photo.linear()[0, 0], [1.2249, -0.0420, -0.0197], atol=1e-3)
    assert photo.srgb8()[0, 0].tolist() == [255, 0, 0]


def test_adobe_rgb_by_exif_alone() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 2
    by_exif = decode_photo(encoded(scene(), "JPEG", exif=exif), "x.jpg")
    by_profile = decode_photo(
        encoded(scene(), "JPEG", icc_profile=(FORMATS / "AdobeCompat-v4.icc").read_bytes()), "x.jpg"
    )
    np.testing.assert_allclose(by_exif.linear(), by_profile.linear(), atol=2e-3)
    assert not by_exif.space.is_srgb


@pytest.mark.parametrize("profile", [b"junk", bytes(500), b"\0\0\2\x0cjunk" + bytes(28) + b"acsp" + b"\xff" * 600])
def test_a_broken_profile_counts_as_none(profile: bytes) -> None:
    assert decode_photo(encoded(scene(), "JPEG", icc_profile=profile), "x.jpg").space.is_srgb


@pytest.mark.parametrize(("transfer", "refused"), [(16, "PQ"), (18, "HLG")])
def test_hdr_coding_is_refused(transfer: int, refused: str) -> None:
    assert refused in reason(with_cicp(9, transfer))


def test_cicp_in_png() -> None:
    photo = decode_photo(with_cicp(12, 13), "x.png")
    with_profile = decode_photo(
        encoded(scene(), "PNG", icc_profile=(FORMATS / "DisplayP3-v4.icc").read_bytes()), "x.png"
    )
    np.testing.assert_allclose(photo.linear(), with_profile.linear(), atol=1e-3)


def with_cicp(primaries: int, transfer: int) -> bytes:
    png = encoded(scene(), "PNG")
    body = b"cICP" + bytes([primaries, transfer, 0, 1])
    return png[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + png[33:]


def test_capture_time_in_a_tiff() -> None:
    plain = tiff16(deep(), extra=((34665, 4, 0),))
    date = b"2026:05:03 08:12:00\0"
    ifd = struct.pack("<HHHII", 1, 0x9003, 2, len(date), len(plain) + 18) + bytes(4) + date
    linked = plain.replace(struct.pack("<HHII", 34665, 4, 1, 0), struct.pack("<HHII", 34665, 4, 1, len(plain)))
    assert decode_photo(linked + ifd, "x.tif").captured_at == datetime(2026, 5, 3, 8, 12)


# --- Photo ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "max_side"), [((97, 64), 32), ((96, 64), 32), ((64, 97), 48), ((50, 50), 64)])
def test_reduced_is_the_mean_of_whole_blocks(size: tuple[int, int], max_side: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    small, factor = Photo("x", pixels, srgb()).reduced(max_side)
    assert max(small.width, small.height) <= max_side
    assert factor == -(-max(size) // max_side)
    assert (small.width, small.height) == tuple(-(-side // factor) for side in size)
    inner = pixels[: size[1] // factor * factor, : size[0] // factor * factor].astype(float)
    blocks = inner.reshape(size[1] // factor, factor, size[0] // factor, factor, 3).mean(axis=(1, 3))
    assert np.abs(small.pixels[: blocks.shape[0], : blocks.shape[1]] - blocks).max() <= 0.51


def test_reduced_keeps_places() -> None:
    """A bright square is found again by the documented formula, exactly, though the sides are no multiple."""
    pixels = np.zeros((1003, 1501, 3), dtype=np.uint8)
    pixels[700:708, 1200:1208] = 255
    small, factor = Photo("x", pixels, srgb()).reduced(400)
    weights = small.pixels[..., 0].astype(float)
    y, x = np.mgrid[0 : small.height, 0 : small.width]
    at = [(factor * ((grid * weights).sum() / weights.sum() + 0.5) - 0.5) for grid in (x, y)]
    np.testing.assert_allclose(at, [1203.5, 703.5], atol=1e-9)


def test_crop_is_a_view_and_stays_inside() -> None:
    photo = decode_photo(encoded(scene(), "PNG"), "x.png")
    part = photo.crop(90, -5, 200, 10)
    assert (part.width, part.height) == (6, 10)
    assert np.shares_memory(part.pixels, photo.pixels)
    np.testing.assert_array_equal(part.linear(), photo.linear()[:10, 90:])
    np.testing.assert_array_equal(part.srgb8(), photo.srgb8()[:10, 90:])
