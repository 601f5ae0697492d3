"""How well region masks keep to skin on real portraits with hand-drawn truth. Prints a table for docs/accuracy.md.

Usage: python benchmarks/portrait_masks.py [--light 0.7]. The portraits are darkened first: some foreheads are clipped.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from analyzer import mesh
from analyzer.face import find_face
from analyzer.reading import LABELS
from analyzer.regions import map_regions
from calibration.cielab import decode_srgb
from calibration.portrait_truth import Polygons, portrait_truth, read_polygons

ROOT = Path(__file__).resolve().parent.parent
POLYGONS = ROOT / "tests" / "data" / "portrait_truth" / "polygons.json"
HEIGHT = 1100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--light", type=float, default=0.7)
    light = np.float32(parser.parse_args().light)
    print("| portrait | " + " | ".join(mesh.OUTLINES) + " |\n|---" + "|---" * len(mesh.OUTLINES) + "|")
    for name, polygons in read_polygons(POLYGONS).items():
        picture, scale = _portrait(name)
        print(f"| {name.split('__')[0]} | " + " | ".join(_judged(picture, scale, polygons, light)) + " |", flush=True)
    print("\nOff skin of what is measured; (skin kept of what is surely skin in the region).")


def _judged(picture: NDArray[np.uint8], scale: float, polygons: Mapping[str, Polygons], light: np.float32) -> list[str]:
    face = find_face(picture).face
    if face is None:
        return ["no face"]
    found = map_regions(face, decode_srgb((picture / np.float32(255)).astype(np.float32)) * light)
    truth = portrait_truth(polygons, picture.shape[:2], face.eye_distance, scale)
    told = []
    for region in mesh.OUTLINES:
        measured, outline = found.labels == LABELS[region], found.outlines == LABELS[region]
        if not measured.any():
            told.append(f"missing ({(outline & truth.bare).sum() / max(1, outline.sum()):.0%} of it is skin)")
            continue
        off = (measured & truth.off).sum() / measured.sum()
        told.append(f"{off:.1%} ({(measured & truth.bare).sum() / max(1, (outline & truth.bare).sum()):.0%})")
    return told


def _portrait(name: str) -> tuple[NDArray[np.uint8], float]:
    if name == "astronaut":
        small = np.asarray(data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
        return np.asarray(cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8), 2.0
    with Image.open(ROOT / "samples" / "portraits" / f"{name}.jpg") as opened:
        scale = HEIGHT / opened.height
        return np.asarray(opened.convert("RGB").resize((round(opened.width * scale), HEIGHT))), scale


if __name__ == "__main__":
    main()
