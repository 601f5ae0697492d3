"""Skin in shade: darker than the bare skin that is measured, of the same tint, and part of the same face.

The regions' test leaves out what lies in shadow, because shade moves a mean. A spot is told by its surroundings, which
lie in the same shade, so it may be looked for there too. Never in shine: where a highlight has gone, skin
looks redder and darker than before, just as blood makes it.
"""

from __future__ import annotations

import cv2
import numpy as np

from analyzer.surface.difference import Sheet, masked_blur
from analyzer.surface.layout import Mask, layout

# "The skin around": a Gaussian of so many centimetres over the bare skin, and so much weight of the whole face.
_AROUND_CM, _WHOLE_FACE = 2.0, 0.02
# Cube root of the light, against the skin around: from deep shade to hardly brighter.
_DARKEST, _BRIGHTEST = 0.66, 1.04
# Tint is a* and b* at one lightness, as shares of L* + 16: against the skin around it. Shade is warmer.
_PALER, _REDDER, _BLUER, _YELLOWER = 0.05, 0.2, 0.08, 0.22
# No further from bare skin.
_FARTHEST_CM = 1.5
# Where the average face looks further away than 60 degrees, a small turn of the head shows other skin, and hair.
_LEAST_FACING = 0.5


def searched(sheet: Sheet) -> Sheet:
    """The same colours, seen where patches are looked for: skin that faces the camera, bare or in shade."""
    chart = layout()
    if not sheet.seen.any():
        return sheet
    light = np.maximum(sheet.lab[..., :1] + 16, 1)
    look = np.concatenate([light, sheet.lab[..., 1:] / light], axis=-1)
    usual, share = masked_blur(look, sheet.seen, _AROUND_CM / chart.texel_cm)
    whole = np.median(look[sheet.seen], axis=0)
    usual += (whole - usual) * (_WHOLE_FACE / (_WHOLE_FACE + share))[..., None]
    level, tint = look[..., 0] / usual[..., 0], look[..., 1:] - usual[..., 1:]
    same = (tint[..., 0] > -_PALER) & (tint[..., 0] < _REDDER)
    same &= (tint[..., 1] > -_BLUER) & (tint[..., 1] < _YELLOWER)
    alike = same & (level > _DARKEST) & (level < _BRIGHTEST) & chart.skin
    reach = round(_FARTHEST_CM / chart.texel_cm)
    near = cv2.dilate(sheet.seen.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    both = (sheet.seen | (alike & (near > 0))).astype(np.uint8)
    tidy: Mask = cv2.morphologyEx(both, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0
    return Sheet(sheet.lab, (sheet.seen | tidy) & (chart.normals[..., 2] > _LEAST_FACING))
