"""How much skin is still red, and how red the reddest of it: figures of one change, with what they may be off by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.surface.difference import ChangeMap, Plane

# Red skin: so far above its own colour before the treatment (an instrument's just perceptible erythema, COLIPA), and
# beyond twice the noise.
STILL_RED_A = 2.5
# The reddest of some hundreds of places lies so many of its own errors above the face's mean by chance alone.
_BY_CHANCE = 3.0
# What a lamp's unevenness over the face adds to the error of its reddest place (a*, simulated photographs).
_UNEVEN = 0.9


@dataclass(frozen=True)
class RedSkin:
    """``max_a``: rise of a* at the reddest place; ``max_se`` its standard error. ``area_cm2`` of red skin
    (``STILL_RED_A`` or more), with its 95 % interval; of ``seen_cm2``.
    """

    max_a: float
    max_se: float
    area_cm2: float
    area_ci95: tuple[float, float]
    seen_cm2: float


def red_skin(change: ChangeMap) -> RedSkin | None:
    """None where no skin is seen on both days.

    Of many places the reddest is so partly by chance; what chance gives is taken out of its distance from the face's
    mean. The calibration's error moves the whole face, and with it the area: that is most of the interval.
    """
    if not change.seen.any():
        return None
    level = change.face_delta
    excess = np.maximum(change.delta - level, 0)
    real = np.where(change.seen, np.sqrt(np.maximum(excess**2 - (_BY_CHANCE * change.local_se) ** 2, 0)), 0)
    reddest = np.unravel_index(int(real.argmax()), real.shape)

    def area(delta: Plane) -> float:
        return float(change.texel_area[change.seen & (delta >= STILL_RED_A)].sum())

    certain = np.where(change.delta > 2 * change.se, change.delta, 0).astype(np.float32)
    shift = np.float32(2 * change.common_se)
    return RedSkin(
        max_a=level + float(real[reddest]),
        max_se=float(np.sqrt(change.common_se**2 + change.local_se[reddest] ** 2 + _UNEVEN**2)),
        area_cm2=area(certain),
        area_ci95=(area(change.delta - shift), area(change.delta + shift)),
        seen_cm2=float(change.texel_area[change.seen].sum()),
    )
