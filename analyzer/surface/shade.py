"""Where patches are looked for: bare skin, and skin in shade or in soft shine, which no mean of a region may hold.

The regions' test leaves out what lies in shadow or shines, because both move a mean, and whole regions of which too
little is left. A spot is told by its surroundings, which lie in the same light, so it may be looked for there too:
where nothing lies over the face and its colour is that of this face in another light. What a highlight does that
goes is known (``shine``); where it is burnt out, nothing is compared.
"""

from __future__ import annotations

import cv2
import numpy as np

from analyzer import mesh
from analyzer.surface.difference import Sheet, masked_blur
from analyzer.surface.layout import Mask, layout, outline_mask

# "The skin around": a Gaussian of so many centimetres over the bare skin, and so much weight of the whole face.
_AROUND_CM, _WHOLE_FACE = 2.0, 0.02
# Cube root of the light, against the skin around: from deep shade to soft shine.
_DARKEST, _BRIGHTEST = 0.66, 1.26
# Tint is a* and b* at one lightness, as shares of L* + 16: against the skin around it. Shade is warmer ...
_PALER, _REDDER, _BLUER, _YELLOWER = 0.05, 0.2, 0.08, 0.22
# ... and shine paler, by so much for each unit that it is brighter.
_SHINE = 0.25
# A cover is wider than this: what the network of covers sees within the uncovered skin and is narrower may be a mark.
_WIDEST_MARK_CM = 1.0
# Where the average face looks further away than 60 degrees, a small turn of the head shows other skin, and hair; but
# not on the sides of the nose.
_LEAST_FACING, _LEAST_FACING_OF_NOSE = 0.5, 0.3


def searched(sheet: Sheet) -> Sheet:
    """The same colours, seen where patches are looked for: skin that faces the camera, in whatever light.

    Without ``uncovered``, which tells a hand from skin, bare skin alone.
    """
    chart = layout()
    if not sheet.seen.any():
        return sheet
    nose = outline_mask((mesh.OUTLINES["nose"],))
    facing = chart.normals[..., 2] > np.where(nose, _LEAST_FACING_OF_NOSE, _LEAST_FACING)
    seen = sheet.seen
    if sheet.uncovered is not None:
        both = seen | (_without_marks(sheet.uncovered) & chart.skin & _in_another_light(sheet))
        seen = seen | (cv2.morphologyEx(both.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0)
    return Sheet(sheet.lab, seen & facing, sheet.uncovered)


def _without_marks(uncovered: Mask) -> Mask:
    """The uncovered skin with its narrow gaps closed."""
    width = 2 * round(_WIDEST_MARK_CM / layout().texel_cm / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.asarray(cv2.morphologyEx(uncovered.astype(np.uint8), cv2.MORPH_CLOSE, disc) > 0)


def _in_another_light(sheet: Sheet) -> Mask:
    """What has the tint of the bare skin around it, as that has it in shade or in soft shine."""
    light = np.maximum(sheet.lab[..., :1] + 16, 1)
    look = np.concatenate([light, sheet.lab[..., 1:] / light], axis=-1)
    usual, share = masked_blur(look, sheet.seen, _AROUND_CM / layout().texel_cm)
    whole = np.median(look[sheet.seen], axis=0)
    usual += (whole - usual) * (_WHOLE_FACE / (_WHOLE_FACE + share))[..., None]
    level, tint = look[..., 0] / usual[..., 0], look[..., 1:] - usual[..., 1:]
    shine = _SHINE * np.maximum(level - 1, 0)
    same = (tint[..., 0] > -_PALER - shine) & (tint[..., 0] < _REDDER)
    same &= (tint[..., 1] > -_BLUER - shine) & (tint[..., 1] < _YELLOWER)
    return np.asarray(same & (level > _DARKEST) & (level < _BRIGHTEST), np.bool_)
