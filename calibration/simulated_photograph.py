"""What a phone makes of the light that reaches it: lens, sensor, image processor, and the file that is stored."""

from __future__ import annotations

import io
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calibration.simulated_camera import code, develop, plan_development
from calibration.simulated_face import soften
from calibration.simulated_scene import Scene

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]
Picture = NDArray[np.uint8]

# JPEG markers for a picture's orientation, time and offset (EXIF 2.31).
_ORIENTATION, _EXIF, _TIME, _DIGITIZED, _OFFSET, _OFFSET_DIGITIZED = 0x0112, 0x8769, 0x9003, 0x9004, 0x9011, 0x9012


def developed(raw: Pixels, scene: Scene, sensitivity: Array, lamp: Array) -> Picture:
    """``raw`` (H, W, 3), lit by the spectrum ``lamp``, through lens, sensor and processor: (H, W, 3) sRGB, 8 bits."""
    sensor, isp = scene.sensor, scene.isp
    if sensor.blur > 0:
        raw = np.asarray(cv2.GaussianBlur(raw, (0, 0), sensor.blur), np.float32)
    if sensor.full_well > 0:
        raw = raw + _noise(raw, scene)
    linear: Pixels = develop(raw.astype(np.float32), plan_development(sensitivity, lamp, isp), isp)
    if isp.local_tone > 0:
        linear = _tone_locally(linear, isp.local_tone)
    return np.asarray(np.round(np.clip(code(linear, isp), 0, 1) * 255), np.uint8)


def _noise(raw: Pixels, scene: Scene) -> Pixels:
    """Shot and read noise, smoothed a little as demosaicing does."""
    sensor = scene.sensor
    electrons = np.float32(sensor.full_well * scene.isp.exposure)
    spread = np.sqrt(raw * electrons + np.float32(sensor.read_noise**2)) / electrons
    drawn = np.random.default_rng([scene.seed, 4]).standard_normal(raw.shape, np.float32)
    return np.asarray(cv2.GaussianBlur(drawn * spread, (0, 0), 0.6), np.float32)


def _tone_locally(linear: Pixels, strength: float) -> Pixels:
    """Lift dark surroundings and hold back bright ones, as phones do with faces against a window."""
    luma = np.log2(np.maximum(linear @ np.array([0.2126, 0.7152, 0.0722], np.float32), 0.01))
    around = soften(luma, 0.06 * linear.shape[1])
    return np.asarray(linear * np.exp2(np.float32(-strength) * (around - around.mean()))[..., None], np.float32)


def jpeg_file(picture: Picture, scene: Scene) -> bytes:
    """``picture`` (H, W, 3) sRGB as the phone stores it, with the time at which it was taken."""
    exif = Image.Exif()
    exif[_ORIENTATION] = 1
    if scene.captured_at is not None:
        taken = datetime.fromisoformat(scene.captured_at)
        times = exif.get_ifd(_EXIF)
        times[_TIME] = times[_DIGITIZED] = taken.strftime("%Y:%m:%d %H:%M:%S")
        if taken.tzinfo is not None:
            offset = taken.strftime("%z")
            times[_OFFSET] = times[_OFFSET_DIGITIZED] = f"{offset[:3]}:{offset[3:5]}"
    buffer = io.BytesIO()
    Image.fromarray(picture).save(
        buffer,
        "JPEG",
        quality=scene.sensor.jpeg_quality,
        subsampling=scene.sensor.subsampling,
        exif=exif,
    )
    return buffer.getvalue()
