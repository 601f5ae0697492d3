"""Shared by all tests: where the sample patients are, and pictures made once."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

# A slow machine is no failure: what counts is what is said, not how fast.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture(scope="session", autouse=True)
def _key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Records opened by tests are sealed with a key of the tests' own, never with the key of who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUBOR_KEY_FILE", str(tmp_path_factory.mktemp("key") / "photographs.key"))
        yield


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample patients."""
    return SAMPLES


@pytest.fixture(scope="session")
def cat_jpeg() -> bytes:
    """The cat of scikit-image as a JPEG: an animal's face is no patient's."""
    from skimage import data

    return jpeg_of(data.cat())


def jpeg_of(picture: np.ndarray, quality: int = 92) -> bytes:
    """(H, W, 3) uint8 sRGB as a JPEG file."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return file.getvalue()
