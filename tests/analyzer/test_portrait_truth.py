"""On real faces, held against what was drawn by hand: regions lie on skin, and most of the skin in sight is kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from analyzer import mesh
from analyzer.face import find_face
from analyzer.reading import LABELS
from analyzer.regions import RegionMap, map_regions
from calibration.cielab import decode_srgb
from calibration.portrait_truth import OFF_SKIN, PortraitTruth, portrait_truth, read_polygons

PORTRAITS = Path(__file__).parents[2] / "samples" / "portraits"
POLYGONS = read_polygons(Path(__file__).parents[1] / "data" / "portrait_truth" / "polygons.json")
NAMES = tuple(POLYGONS)
# A published portrait's forehead is often clipped, and left out for that.
DARKER = np.float32(0.7)


@cache
def judged(name: str) -> tuple[RegionMap, PortraitTruth]:
    if name == "astronaut":
        scale, picture = 2.0, cv2.resize(data.astronaut(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    else:
        with Image.open(PORTRAITS / f"{name}.jpg") as opened:
            scale = 900 / opened.height
            picture = np.asarray(opened.convert("RGB").resize((round(opened.width * scale), 900)))
    face = find_face(picture).face
    assert face is not None
    light = decode_srgb((picture / np.float32(255)).astype(np.float32)) * DARKER
    return map_regions(face, light), portrait_truth(POLYGONS[name], picture.shape[:2], face.eye_distance, scale)


def off_skin(name: str) -> dict[str, float]:
    found, truth = judged(name)
    measured = {region: found.labels == LABELS[region] for region in mesh.OUTLINES}
    return {region: float((here & truth.off).sum() / here.sum()) for region, here in measured.items() if here.any()}


@pytest.mark.parametrize("name", NAMES)
def test_at_most_a_fiftieth_of_each_region_is_no_skin(name: str) -> None:
    shares = off_skin(name)
    # A tuft of a day's stubble under a lip, as dark as the skin, is still seen in part.
    tuft = shares.pop("perioral", 0.0) if name == "robert_satcher__usa" else 0.0
    assert max(shares.values()) <= 0.02
    assert tuft <= 0.06


@pytest.mark.parametrize("name", NAMES)
def test_skin_in_plain_sight_is_measured(name: str) -> None:
    found, truth = judged(name)
    in_sight = (found.outlines > 0) & truth.bare
    assert (found.labels[in_sight] > 0).mean() > 0.5
    for region in ("left_cheek", "right_cheek", "nose"):
        assert region not in found.missing, region


def test_a_full_beard_leaves_no_chin() -> None:
    found, _ = judged("boris_morukov__russia")
    assert {"perioral", "chin"} <= set(found.missing)


def test_the_truth_itself_has_every_part_and_its_parts_do_not_meet() -> None:
    for name, polygons in POLYGONS.items():
        assert set(polygons) <= {"skin", "unsure", *OFF_SKIN}, name
        assert {"skin", "brow", "eye", "nostril"} <= set(polygons), name
        _, truth = judged(name)
        assert not (truth.off & truth.bare).any()
        assert truth.off.any() and truth.bare.any()
