"""From what a file says of its colours to RGB pixels and their space."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import cast

import numpy as np
from numpy.typing import NDArray

from calibration import icc, rgb_space
from calibration.raster import ColourTag, Pixels
from calibration.refusal import unreadable
from calibration.rgb_space import RgbSpace

_SPACE_OF_CHANNELS = {1: "GRAY", 3: "RGB ", 4: "CMYK"}
_MODE_OF_SPACE = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}


@dataclass(frozen=True, eq=False)
class Resolved:
    """(H, W, 3) RGB and its space. ``tag`` would say the same in a copy of these pixels; ``uses_profile`` tells
    whether the file's own profile had a part in them."""

    pixels: Pixels
    space: RgbSpace
    tag: ColourTag
    uses_profile: bool = False


def resolve(pixels: Pixels, tag: ColourTag) -> Resolved:
    """What ``pixels``, (H, W) grey, (H, W, 3) RGB or (H, W, 4) CMYK, mean when a file says ``tag`` of them.

    A profile of curves and a matrix becomes the space and leaves the pixels alone. Lookup tables, grey and CMYK go
    through the colour management to 8-bit sRGB. A broken profile counts as none; a file with none is sRGB.
    Raises ``UnreadablePhoto`` for HDR coding.
    """
    coded = _coded(tag.cicp)
    is_cmyk = pixels.ndim == 3 and pixels.shape[2] == 4
    try:
        if tag.icc and not is_cmyk:
            return Resolved(_as_rgb(pixels), rgb_space.from_icc(tag.icc), ColourTag(icc=tag.icc), uses_profile=True)
        managed = tag.icc
    except icc.NotAMatrixProfile:
        managed = tag.icc
    except icc.BrokenProfile:
        managed = None
    converted = _managed(pixels, managed) if managed else None
    if converted is not None:
        return Resolved(converted, rgb_space.srgb(), ColourTag(), uses_profile=True)
    if is_cmyk:
        return Resolved(_naive_cmyk(pixels), rgb_space.srgb(), ColourTag())
    if coded is not None:
        return Resolved(_as_rgb(pixels), coded, ColourTag(cicp=tag.cicp))
    if tag.adobe_rgb:
        return Resolved(_as_rgb(pixels), rgb_space.adobe_rgb(), ColourTag(adobe_rgb=True))
    if tag.primaries is not None:
        with suppress(ValueError):
            space = rgb_space.from_primaries(tag.primaries)
            return Resolved(_as_rgb(pixels), space, ColourTag(primaries=tag.primaries))
    return Resolved(_as_rgb(pixels), rgb_space.srgb(), ColourTag())


def _coded(cicp: tuple[int, int] | None) -> RgbSpace | None:
    try:
        return rgb_space.from_cicp(*cicp) if cicp else None
    except rgb_space.HdrCoded as kind:
        raise unreadable("hdr", kind=kind) from kind


def _as_rgb(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 3 else cast("Pixels", np.repeat(pixels[..., None], 3, axis=2))


def _managed(pixels: Pixels, profile: bytes) -> NDArray[np.uint8] | None:
    """``pixels`` in 8-bit sRGB by way of ``profile``, relative colorimetric; None if the two do not belong together."""
    from PIL import Image, ImageCms

    try:
        space = icc.data_space(profile)
    except icc.BrokenProfile:
        return None
    if space == "GRAY" and pixels.ndim == 3 and pixels.shape[2] == 3:
        pixels = pixels[..., 0]  # decoded as RGB with three equal channels
    if _SPACE_OF_CHANNELS.get(1 if pixels.ndim == 2 else pixels.shape[2]) != space:
        return None
    eight_bit = pixels if pixels.dtype == np.uint8 else ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    try:
        shown = ImageCms.profileToProfile(
            Image.fromarray(np.ascontiguousarray(eight_bit), _MODE_OF_SPACE[space]),
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if shown is None else np.array(shown)


def _naive_cmyk(pixels: Pixels) -> NDArray[np.uint8]:
    """CMYK without a profile: the plain complement, which is all that can be said."""
    from PIL import Image

    return np.array(Image.fromarray(np.ascontiguousarray(pixels), "CMYK").convert("RGB"))
