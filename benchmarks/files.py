"""One picture in many files, through the whole program: how far a* moves against the sRGB PNG. Called by poses.py."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from analyzer.pipeline import analyze_photo_bytes
from analyzer.reading import FACE, Reading

PROFILES = Path(__file__).parent.parent / "tests" / "data" / "formats"
P3, ADOBE = PROFILES / "DisplayP3-v4.icc", PROFILES / "AdobeCompat-v4.icc"


def stored(image: Image.Image, kind: str, profile: Path | None = None, **options: Any) -> bytes:
    """``image`` (sRGB) as a file, converted to ``profile`` by LittleCMS."""
    if profile is not None:
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        converted = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), str(profile), intent)
        assert converted is not None
        image, options["icc_profile"] = converted, profile.read_bytes()
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _smaller(image: Image.Image) -> Image.Image:
    return image.resize((round(0.99 * image.width), round(0.99 * image.height)), Image.Resampling.LANCZOS)


FORMS: dict[str, Callable[[Image.Image], bytes]] = {
    "Display P3 PNG (8 bits)": lambda image: stored(image, "PNG", P3, compress_level=1),
    "Adobe RGB TIFF (8 bits)": lambda image: stored(image, "TIFF", ADOBE),
    "Display P3 JPEG, quality 95": lambda image: stored(image, "JPEG", P3, quality=95),
    "sRGB JPEG, quality 95": lambda image: stored(image, "JPEG", quality=95),
    "1 % smaller": lambda image: stored(_smaller(image), "PNG", compress_level=1),
}


def files(pictures: Iterable[tuple[str, NDArray[np.uint8]]]) -> None:
    """Print the tables for ``pictures``: their tone classes and sRGB pixels."""
    moved: dict[str, list[float]] = defaultdict(list)
    faces: dict[str, list[float]] = defaultdict(list)
    tones: dict[str, list[float]] = defaultdict(list)
    other = 0
    for tone, pixels in pictures:
        image = Image.fromarray(pixels)
        usual = _read(stored(image, "PNG", compress_level=1))
        if not usual.usable:
            continue
        for name, store in FORMS.items():
            now = _read(store(image))
            other += len(usual.regions.keys() ^ now.regions.keys())
            for region in usual.regions.keys() & now.regions.keys():
                off = abs(now.regions[region].a - usual.regions[region].a)
                (faces if region == FACE else moved)[name].append(off)
                if region != FACE:
                    tones[tone].append(off)
    print(f"Regions found in one file of a picture only: {other}.\n")
    print("| stored as | face, mean | largest | region, mean | 95 % within | largest | within 0.2 |")
    print("|---|---|---|---|---|---|---|")
    for name in FORMS:
        whole, single = np.array(faces[name]), np.array(moved[name])
        print(
            f"| {name} | {whole.mean():.2f} | {whole.max():.2f} | {single.mean():.2f} "
            f"| {np.quantile(single, 0.95):.2f} | {single.max():.2f} | {np.mean(single < 0.2):.0%} |"
        )
    print("\n| ITA class | region, mean | 95 % within | largest |\n|---|---|---|---|")
    for tone, values in tones.items():
        print(f"| {tone} | {np.mean(values):.2f} | {np.quantile(values, 0.95):.2f} | {np.max(values):.2f} |")


def _read(data: bytes) -> Reading:
    return analyze_photo_bytes(data, "picture").reading
