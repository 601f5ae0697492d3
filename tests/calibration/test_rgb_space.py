"""ICC profiles and colour codes: published matrices and curves, and LittleCMS as an independent reader."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from calibration import cielab, icc, rgb_space
from calibration.photo import decode_photo
from calibration.rgb_space import from_cicp, from_icc, srgb

FORMATS = Path(__file__).parents[1] / "data" / "formats"
D50 = (0.9642, 1.0, 0.8249)
# ICC sRGB colorants as every sRGB profile prints them (R, G, B columns).
SRGB_D50 = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)


def s15(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def profile(curve: bytes, colorants: np.ndarray = SRGB_D50, version: int = 4) -> bytes:
    """A matrix profile written by hand, with one curve for the three channels."""
    tags = [(f"{c}XYZ".encode(), b"XYZ " + bytes(4) + s15(*colorants[:, i])) for i, c in enumerate("rgb")]
    tags += [(f"{c}TRC".encode(), curve) for c in "rgb"]
    tags += [(b"wtpt", b"XYZ " + bytes(4) + s15(*D50))]
    header = bytearray(128)
    header[8], header[12:24], header[36:40] = version, b"mntrRGB XYZ ", b"acsp"
    header[68:80] = s15(*D50)
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    whole = bytes(header) + table + body
    return struct.pack(">I", len(whole)) + whole[4:]


def curv(*values: int) -> bytes:
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *values)


def para(kind: int, *values: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + s15(*values)


X = np.linspace(0, 1, 4096)
SRGB_CURVE = np.where(X <= 0.04045, X / 12.92, ((X + 0.055) / 1.055) ** 2.4)
CURVES = {
    "identity": (curv(), X),
    "gamma": (curv(round(1.8 * 256)), X ** (round(1.8 * 256) / 256)),
    "table": (curv(0, 16384, 65535), np.interp(X, [0, 0.5, 1], [0, 16384 / 65535, 1])),
    "para0": (para(0, 2.2), X**2.2),
    "para1": (para(1, 2.0, 1.25, -0.25), np.where(X >= 0.2, np.maximum(1.25 * X - 0.25, 0) ** 2, 0)),
    "para2": (para(2, 2.0, 0.9, -0.09, 0.1), np.where(X >= 0.1, np.maximum(0.9 * X - 0.09, 0) ** 2, 0) + 0.1),
    "para3": (para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), SRGB_CURVE),
    "para4": (
        para(4, 2.0, 0.9, 0.05, 0.5, 0.2, 0.01, 0.02),
        np.where(X >= 0.2, (0.9 * X + 0.05) ** 2 + 0.01, 0.5 * X + 0.02),
    ),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("version", [2, 4])
def test_every_kind_of_curve(name: str, version: int) -> None:
    tag, truth = CURVES[name]
    space = from_icc(profile(tag, version=version))
    for curve in space.curves:
        np.testing.assert_allclose(curve, truth, atol=5e-5)


@pytest.mark.parametrize("name", ["identity", "gamma", "table", "para0", "para1", "para3"])
def test_littlecms_reads_the_same(name: str) -> None:
    """Codes that stay in gamut, turned into sRGB by LittleCMS and by us."""
    ours = profile(CURVES[name][0], SRGB_D50 @ np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    codes = np.random.default_rng(5).integers(60, 250, (40, 40, 3)).astype(np.uint8)
    shown = ImageCms.profileToProfile(
        Image.fromarray(codes),
        ImageCms.ImageCmsProfile(io.BytesIO(ours)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    out = io.BytesIO()
    Image.fromarray(codes).save(out, "PNG", icc_profile=ours)
    got = decode_photo(out.getvalue(), "x.png").srgb8()
    assert np.abs(got.astype(int) - np.asarray(shown)).max() <= 1


def test_an_srgb_profile_changes_nothing() -> None:
    for data in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), profile(CURVES["para3"][0])):
        space = from_icc(data)
        assert space.is_srgb
        np.testing.assert_array_equal(space.to_srgb, np.eye(3))


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("DisplayP3-v4.icc", [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]),
        ("AdobeCompat-v4.icc", [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]]),
    ],
)
def test_published_matrices(name: str, truth: list[list[float]]) -> None:
    space = from_icc((FORMATS / name).read_bytes())
    np.testing.assert_allclose(space.to_srgb, truth, atol=1e-3)
    np.testing.assert_allclose(space.to_srgb.sum(axis=1), 1, atol=5e-4)  # white stays white
    coded = from_cicp(12, 13) if "P3" in name else rgb_space.adobe_rgb()
    np.testing.assert_allclose(space.to_srgb, coded.to_srgb, atol=5e-4)
    np.testing.assert_allclose(space.curves, coded.curves, atol=2e-3)


def test_codes_of_colour() -> None:
    for primaries, transfer in ((1, 13), (1, 1), (2, 2), (5, 6), (6, 6), (1, 0)):
        assert from_cicp(primaries, transfer) is srgb()
    np.testing.assert_allclose(from_cicp(9, 13).to_srgb[0], [1.6605, -0.5876, -0.0728], atol=1e-4)  # ITU-R BT.2087
    np.testing.assert_allclose(from_cicp(1, 8).curves[1], X, atol=1e-6)
    for transfer in (16, 18):
        with pytest.raises(rgb_space.HdrCoded):
            from_cicp(9, transfer)


def test_srgb_there_and_back() -> None:
    np.testing.assert_allclose(cielab.encode_srgb(cielab.decode_srgb(X)), X, atol=1e-6)
    assert cielab.decode_srgb(np.array([0.5]))[0] == pytest.approx(0.21404, abs=1e-5)


def test_other_kinds_are_told_from_broken_ones() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    with pytest.raises(icc.NotAMatrixProfile):
        from_icc(lab)
    sound = profile(CURVES["gamma"][0])
    for broken in (b"", sound[:100], sound[:180], sound[:-30], profile(CURVES["gamma"][0], SRGB_D50 * 3)):
        with pytest.raises(icc.BrokenProfile):
            from_icc(broken)
    for curve in (para(9, 1.0), para(1, 2.0, 0.0, 1.0), b"abcd" + bytes(20), curv(1, 2)[:12]):
        with pytest.raises(icc.BrokenProfile):
            from_icc(profile(curve))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 479), st.binary(min_size=1, max_size=8), st.integers(0, 480))
def test_damaged_profiles_raise_nothing_else(at: int, patch: bytes, length: int) -> None:
    data = (FORMATS / "DisplayP3-v4.icc").read_bytes()
    data = (data[:at] + patch + data[at + len(patch) :])[: max(length, at)]
    try:
        space = from_icc(data)
    except (icc.NotAMatrixProfile, icc.BrokenProfile):
        return
    assert np.isfinite(space.curves).all()
    assert np.isfinite(space.to_srgb).all()
