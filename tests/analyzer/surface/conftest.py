"""Face maps of three photographs of one sample patient, made once; and ways to change them by a known amount."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer.pipeline import PhotoAnalysis, analyze_photo
from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import SIDE, layout
from calibration.cielab import lab_to_xyz, xyz_to_lab


@pytest.fixture(scope="session")
def analyses(samples: Path) -> dict[str, PhotoAnalysis]:
    folder = samples / "p01_light_skin"
    return {name: analyze_photo(folder / f"{name}.jpg") for name in ("before_1", "before_2", "d00")}


@pytest.fixture(scope="session")
def maps(analyses: dict[str, PhotoAnalysis]) -> dict[str, FaceMap]:
    found = {name: one.face_map for name, one in analyses.items()}
    return {name: one for name, one in found.items() if one is not None}


def redder(one: FaceMap, by: np.ndarray | float) -> FaceMap:
    """The same map with a* raised by ``by`` (one step of the code is 0.25)."""
    codes = one.codes.astype(float)
    codes[..., 1] += np.asarray(by) / 0.25
    return replace(one, codes=np.clip(np.round(codes), 0, 255).astype(np.uint8))


def bled(one: FaceMap, by: np.ndarray | float) -> FaceMap:
    """The same map with more blood: a* raised by ``by``, L* lowered by nearly as much (two-layer model, light skin)."""
    return _changed(one, np.multiply.outer(np.asarray(by, float), [-0.9, 1.0, 0.2]))


def darkened(one: FaceMap, by: np.ndarray | float) -> FaceMap:
    """The same map with more melanin: L* lowered by ``by``, skin a little redder and yellower (the same model)."""
    return _changed(one, np.multiply.outer(np.asarray(by, float), [-1.0, 0.16, 0.4]))


def shaded(one: FaceMap, by: np.ndarray | float) -> FaceMap:
    """The same map with less light: L* lowered by ``by``, and a* and b* in proportion to L* + 16."""
    share = np.asarray(by, float)[..., None] / (one.lab[..., :1] + 16)
    return _changed(one, -share * (one.lab + np.array([16.0, 0.0, 0.0])))


def gleaming(one: FaceMap, by: np.ndarray) -> FaceMap:
    """The same map under a highlight: white light, as much of it as lifts skin of L* 60 by ``by``."""
    added = ((76 + by) / 116) ** 3 - (76 / 116) ** 3
    lit = xyz_to_lab(lab_to_xyz(one.lab.astype(float)) + added[..., None] * lab_to_xyz(np.array([100.0, 0.0, 0.0])))
    return _changed(one, lit - one.lab)


# Shares of light skin's L*, a* and b* that brown skin (L* 48) and very dark skin (L* 30) have.
BROWN, DARK = (0.67, 1.1, 1.2), (0.42, 0.75, 0.6)


def toned(one: FaceMap, shares: tuple[float, float, float]) -> FaceMap:
    """The same map of a person with darker skin."""
    return _changed(one, one.lab * np.array(shares) - one.lab)


def _changed(one: FaceMap, by: np.ndarray) -> FaceMap:
    codes = one.codes + by / [0.4, 0.25, 0.25]
    return replace(one, codes=np.clip(np.round(codes), 0, 255).astype(np.uint8))


def disc(one: FaceMap, row: int, column: int, width_cm: float, height: float) -> np.ndarray:
    """(SIDE, SIDE): a round patch ``width_cm`` wide at half its ``height``, with a soft brim."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    distance = np.hypot(y - row, x - column) * layout().texel_cm * one.size
    return np.asarray(height / (1 + np.exp((distance - width_cm / 2) / 0.06)))
