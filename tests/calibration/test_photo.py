"""Every promised format, turned every way, becomes the same upright pixels; everything else is refused in words."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from calibration import raster
from calibration.errors import InputError, NothingToAnalyze, PhotoTooLarge, UnreadablePhoto
from calibration.photo import Photo, decode_photo, read_photo
from calibration.rgb_space import srgb

FORMATS = Path(__file__).parents[1] / "data" / "formats"
LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}
LOSSY = {"JPEG": {"quality": 95}, "WEBP": {"quality": 90}, "AVIF": {"quality": 90}}


def scene(width: int = 96, height: int = 64) -> Image.Image:
    """Smooth, without symmetry, and without a colour that any of the spaces would clip."""
    y, x = np.mgrid[0:height, 0:width]
    red = 60 + 120 * x / width
    green = 50 + 100 * y / height
    blue = 180 - 100 * x * y / (width * height)
    return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def deep(seed: int = 3, channels: int = 3) -> np.ndarray:
    shape = (40, 56, channels) if channels > 1 else (40, 56)
    return np.random.default_rng(seed).integers(0, 65536, shape).astype(np.uint16)


def reason(data: bytes, name: str = "x.jpg") -> str:
    with pytest.raises(UnreadablePhoto) as refusal:
        decode_photo(data, name)
    assert refusal.value.problem.code == "unreadable"
    return refusal.value.problem.message


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


def tiff16(pixels: np.ndarray, orientation: int = 1, extra: tuple[tuple[int, int, int], ...] = ()) -> bytes:
    """An uncompressed 16-bit RGB TIFF written by hand."""
    height, width, _ = pixels.shape
    entries = [(256, 4, width), (257, 4, height), (259, 3, 1), (262, 3, 2), (274, 3, orientation), (277, 3, 3)]
    entries += [(278, 4, height), (279, 4, pixels.nbytes), *extra]
    start = 8 + 2 + 12 * (len(entries) + 2) + 4
    fields = [struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries]
    fields += [struct.pack("<HHII", 258, 3, 3, start), struct.pack("<HHII", 273, 4, 1, start + 6)]
    fields.sort(key=lambda field: struct.unpack_from("<H", field))
    directory = struct.pack("<H", len(fields)) + b"".join(fields) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<3H", 16, 16, 16) + pixels.astype("<u2").tobytes()


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


def grey_profile() -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    header = bytearray(128)
    header[8:12], header[12:24], header[36:40] = b"\x04\x30\0\0", b"mntrGRAYXYZ ", b"acsp"
    header[68:80] = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    start = 128 + 4 + 24
    tags = struct.pack(">I", 2) + b"kTRC" + struct.pack(">II", start, 12) + b"wtpt" + struct.pack(">II", start + 12, 20)
    profile = bytes(header) + tags + curve + white
    return struct.pack(">I", len(profile)) + profile[4:]


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


# --- refusals ---------------------------------------------------------------------------------------------------


def test_no_such_file_and_folders(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "gone.jpg", "no file named gone.jpg"), (tmp_path, "is a folder")):
        with pytest.raises(NothingToAnalyze, match=words):
            read_photo(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Dear diary, today my face is red.\n" * 50, "not a picture"),
        (b"%PDF-1.7\n" + bytes(200), "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing"),
        (b"\0\0\0\x18ftypmp42" + bytes(200), "video"),
        (b"PK\x03\x04" + bytes(99), "ZIP"),
        (b"\xff\xd8\xff", "cut"),
        (b"II*\0" + bytes(4), "cut"),
        (b"\x89PNG\r\n\x1a\n", "cut"),
        (b"RIFF\x10\0\0\0WEBP", "cut"),
        (tiff16(deep(), extra=((50706, 4, 0x01040000),)), "raw"),
        (tiff16(deep(), extra=((339, 3, 3),)), "whole numbers"),
    ],
)
def test_what_is_no_photograph_is_named(data: bytes, words: str) -> None:
    assert words in reason(data)


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_other_pictures_are_named(kind: str) -> None:
    assert kind in reason(encoded(scene(), kind))


def huge_headers() -> dict[str, bytes]:
    """Small files that declare 20000 x 20000 pixels: their headers alone must be enough to refuse them."""
    png = bytearray(encoded(scene(), "PNG"))
    png[16:24] = struct.pack(">II", 20000, 20000)
    png[29:33] = struct.pack(">I", zlib.crc32(bytes(png[12:29])))
    jpg = bytearray(encoded(scene(), "JPEG"))
    at = jpg.index(b"\xff\xc0")
    jpg[at + 5 : at + 9] = struct.pack(">HH", 20000, 20000)
    size = (20000 - 1).to_bytes(3, "little")
    webp = bytearray(encoded(scene(), "WEBP", icc_profile=grey_profile()))
    webp[24:30] = size + size
    heic = bytearray((FORMATS / "display_p3.heic").read_bytes())
    at = heic.index(struct.pack(">II", 4032, 3024))
    heic[at : at + 8] = struct.pack(">II", 20000, 20000)
    avif = bytearray(encoded(scene(), "AVIF"))
    at = avif.index(b"ispe") + 8
    avif[at : at + 8] = struct.pack(">II", 20000, 20000)
    tiff = tiff16(deep()).replace(struct.pack("<HHII", 256, 4, 1, 56), struct.pack("<HHII", 256, 4, 1, 20000))
    tiff = tiff.replace(struct.pack("<HHII", 257, 4, 1, 40), struct.pack("<HHII", 257, 4, 1, 20000))
    files = {"png": png, "jpg": jpg, "webp": webp, "heic": heic, "avif": avif, "tiff": tiff}
    return {k: bytes(v) for k, v in files.items()}


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "heic", "avif", "tiff"])
def test_too_many_megapixels_are_refused_by_the_header(kind: str) -> None:
    with pytest.raises(PhotoTooLarge) as refusal:
        decode_photo(huge_headers()[kind], "x")
    assert "400 megapixels" in refusal.value.problem.message
    assert refusal.value.problem.code == "too_large"


def test_90_megapixels_are_read_without_a_warning() -> None:
    data = encoded(Image.new("1", (10000, 9500), 1), "PNG")
    assert raster.decode(data).pixels.shape == (9500, 10000)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["WEBP", "TIFF", "AVIF", "PNG"]), st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_damaged_files_raise_nothing_but_refusals(kind: str, place: float, patch: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encoded(scene(), kind, exif=exif)
    at = int(place**3 * len(whole))  # mostly headers
    try:
        photo = decode_photo(whole[:at] + patch + whole[at + len(patch) :], "x")
    except InputError:
        return
    assert photo.pixels.shape[2] == 3


def test_a_compressed_text_bomb_does_no_harm() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a" * 80_000_000, zip=True)
    np.testing.assert_array_equal(
        decode_photo(encoded(scene(), "PNG", pnginfo=info), "x.png").pixels, np.asarray(scene())
    )


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
