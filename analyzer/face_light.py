"""What face and card together say about the light: two lamps, a lamp from one side, a screen, a picture without colour.

A face is the same left and right, but for its blood. So a half that is much darker tells of a lamp at the side, and a
half that is bluer tells of a second lamp: blood trades red against green, lamps trade red against blue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzer.face import Face
from calibration.correction import Calibration
from calibration.light_problems import Doubts
from calibration.patch_light import ColourSlope, colour_slope
from calibration.photo import Photo
from calibration.problems import Problem, problem
from calibration.screen_grid import find_grid, screen_problem

Floats = NDArray[np.float64]
Linear = NDArray[np.float32]
Labels = NDArray[np.uint8]

# Change of ln(R/B) from edge to edge of the card: this much at least, and this many standard errors.
_TINTED, _SURE = (0.12, 0.09), 3.2
# From so many times that much on the change is taken out in full, between in part: two pictures on the two sides of a
# limit are hardly different.
_BEYOND_DOUBT = 1.5
# Difference of ln(R/B) between the halves of a face, beyond what goes with their lightness (shaded skin is more
# saturated, by half as much): portraits in one light reach 0.3.
_HALVES_TINTED, _TINT_OF_SHADE = 0.5, -0.5
# Difference of ln(luminance) between the halves: studio light from one side reaches 1.05.
_HALVES_UNEVEN = 1.2
# Fall-off of the light from card to face or across the face, natural logarithm, that is uneven: rooms give up to 0.2.
# How much of a* it leaves in doubt once it is taken out.
_FALLS_OFF, _UNEVEN_A_SE = 0.28, 1.0
# How far the fall-off over the card may be followed to a face that shows it too, and what share of it it must show.
_FOLLOWED, _SHOWN_TOO = 0.9, 0.5
# How much of a* a change of ln(R/B) at the face leaves in doubt once it is taken out, and the most put down to it.
_A_PER_TINT, _MOST_A_SE = 5.0, 4.0
# A picture is without colour of its own when its colour follows from its lightness: so little is left, in 8-bit codes
# (sepia through JPEG up to 6; portraits, cards and scenes 24 and more).
_COLOURLESS = 8.0
# Fewer pixels of skin than this in one half are no half.
_FEWEST = 50


@dataclass(frozen=True)
class Halves:
    """The right half of a face less its left one (the person's own): ln of luminance, and of red over blue."""

    light: float
    tint: float


def face_doubts(
    photo: Photo, calibration: Calibration, face: Face, factor: int, linear: Linear, labels: Labels
) -> Doubts:
    """What is wrong with the light, by card and face together.

    ``face``, ``linear`` (H, W, 3) and ``labels`` (H, W; 0 outside of skin) belong to ``photo`` shrunk by ``factor``.
    """
    problems: list[Problem] = []
    variance = 0.0
    seen = find_grid(photo.pixels, _scaled(face.box, factor))
    known = {one.code for one in calibration.problems}
    if seen.certain or "screen_photo" not in known:
        problems.extend(screen_problem(seen))
    halves = compare_halves(face, linear, labels)
    middle = np.array(face.box[:2]) * factor + np.array(face.box[2:]) * factor / 2
    tint = two_lamps(photo, calibration)
    beyond = abs(halves.tint - _TINT_OF_SHADE * halves.light)
    if tint is not None or beyond > _HALVES_TINTED:
        change = (
            beyond if tint is None else float(np.abs(_red_over_blue(tint)).max()) * _card_widths(calibration, middle)
        )
        problems.append(problem("mixed_light"))
        variance += min(_MOST_A_SE, _A_PER_TINT * change) ** 2
    away = _fall_off(calibration, middle, face.box[2] * factor)
    if "uneven_light" not in known and (away > _FALLS_OFF or abs(halves.light) > _HALVES_UNEVEN):
        problems.append(problem("uneven_light"))
        variance += max(_UNEVEN_A_SE * away, abs(halves.light) / 2) ** 2
    if "colour_filter" not in known and colour_of_its_own(linear) < _COLOURLESS:
        problems.append(problem("colour_filter"))
        variance += _MOST_A_SE**2
    reading = calibration.search.reading
    slopes = believed(tint).per_pixel(reading) if tint is not None and reading is not None else None
    return Doubts(tuple(problems), float(np.sqrt(variance)), tint=slopes)


def followed(calibration: Calibration, factor: int, linear: Linear, labels: Labels) -> Calibration:
    """``calibration`` with its light followed further on to the face, where the face shows the same fall-off.

    A lamp at the side makes card and face fall off alike. A glare on the card or a shadow between them does not, and
    is not followed far.
    """
    light = calibration.light
    steepness = float(np.linalg.norm(light.slope)) if light is not None else 0.0
    if light is None or steepness * light.reach < _EVEN:
        return calibration
    shown = float(face_slope(linear, labels) @ light.slope) / steepness / factor
    if shown < _SHOWN_TOO * steepness:
        return calibration
    return replace(calibration, light=replace(light, largest=_FOLLOWED))


# Fall-off over the card, natural logarithm, that is not worth following.
_EVEN = 0.03


def face_slope(linear: Linear, labels: Labels) -> Floats:
    """(2,) slope of ln(luminance) over the face's skin, per pixel of ``linear`` in x and y; deaf to spots and hair."""
    rows, columns = _skin_places(labels)
    if len(rows) < _FEWEST:
        return np.zeros(2)
    light = np.log(np.maximum(linear[rows, columns].astype(np.float64).mean(axis=1), 1e-4))
    design = np.column_stack([columns - columns.mean(), rows - rows.mean(), np.ones(len(rows))])
    weight, answer = np.ones(len(rows)), np.zeros(3)
    for _ in range(4):
        answer, *_ = np.linalg.lstsq(design * weight[:, None], light * weight, rcond=None)
        weight = 1 / np.sqrt(1 + ((light - design @ answer) / 0.2) ** 2)
    return np.asarray(answer[:2])


def doubted(calibration: Calibration, doubts: Doubts) -> Calibration:
    """``calibration`` with the problems, the uncertainty and the second lamp that ``doubts`` add."""
    light = calibration.light
    if light is not None and doubts.tint is not None:
        calibration = replace(calibration, light=replace(light, tint=doubts.tint))
    extra = float(np.hypot(calibration.extra_a_se, doubts.a_se))
    return replace(calibration, extra_a_se=extra, problems=(*calibration.problems, *doubts.problems))


def _scaled(box: tuple[float, float, float, float], factor: int) -> tuple[float, float, float, float]:
    x, y, width, height = (side * factor for side in box)
    return x, y, width, height


def _fall_off(calibration: Calibration, middle: Floats, width: float) -> float:
    """How much the light changes from the card to the face at ``middle`` (2,), or across its ``width`` in pixels."""
    light = calibration.light
    if light is None:
        return 0.0
    return max(abs(float(np.log(light.at(middle)))), float(np.linalg.norm(light.slope)) * width)


def two_lamps(photo: Photo, calibration: Calibration) -> ColourSlope | None:
    """The change of the light's colour over the card, where there is one beyond doubt."""
    reading = calibration.search.reading
    slope = colour_slope(photo, reading, calibration.tone) if reading is not None else None
    if slope is None:
        return None
    return slope if _how_sure(slope) > 1 else None


def _how_sure(slope: ColourSlope) -> float:
    """The change of ln(R/B) in the direction that shows it best, as a multiple of what has to be shown."""
    needed = np.maximum(_TINTED, _SURE * np.hypot(slope.se[0], slope.se[1]))
    return float((np.abs(_red_over_blue(slope)) / needed).max())


def believed(slope: ColourSlope) -> ColourSlope:
    """As much of ``slope`` as it is sure of: none at the limit of :func:`two_lamps`, and of each part no more than
    stands out of its error."""
    sure = float(np.clip((_how_sure(slope) - 1) / (_BEYOND_DOUBT - 1), 0, 1))
    stands_out = np.clip(1 - (slope.se / np.maximum(np.abs(slope.slope), 1e-9)) ** 2, 0, None)
    return replace(slope, slope=sure * stands_out * slope.slope)


def _red_over_blue(slope: ColourSlope) -> Floats:
    return np.asarray(slope.slope[0] - slope.slope[1])


def _card_widths(calibration: Calibration, middle: Floats) -> float:
    """How far ``middle`` (2,) of the face is from the card, in widths of the card; at least one."""
    reading = calibration.search.reading
    if reading is None:
        return 1.0
    width = float(np.linalg.norm(reading.centres[5] - reading.centres[0]))
    return max(1.0, float(np.linalg.norm(middle - reading.centres.mean(axis=0))) / max(width, 1.0))


def _skin_places(labels: Labels) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of skin, thinned evenly: a few thousand pixels tell a half's colour as well as a million."""
    step = max(1, max(labels.shape) // 400)
    rows, columns = np.nonzero(labels[::step, ::step])
    return rows * step, columns * step


def compare_halves(face: Face, linear: Linear, labels: Labels) -> Halves:
    """Left and right of the face's own middle line, on skin alone; zeros where one half is hidden."""
    rows, columns = _skin_places(labels)
    top, chin = face.landmarks[10, :2], face.landmarks[152, :2]
    down = chin - top
    side = (columns - top[0]) * down[1] - (rows - top[1]) * down[0]
    skin = linear[rows, columns].astype(np.float64)
    lit = skin.min(axis=1) > 1e-3
    right, left = skin[lit & (side < 0)], skin[lit & (side > 0)]
    if min(len(right), len(left)) < _FEWEST:
        return Halves(0.0, 0.0)
    right_light, left_light = (np.median(np.log(one), axis=0) for one in (right, left))
    change = right_light - left_light
    return Halves(float(change.mean()), float(change[0] - change[2]))


def colour_of_its_own(linear: Linear) -> float:
    """How far colours stray from what their lightness alone would tell, in 8-bit codes (90th percentile).

    Near zero in black and white, in sepia and in any picture of one ink.
    """
    step = max(1, max(linear.shape[:2]) // 120)
    coded = 255 * np.cbrt(np.clip(linear[::step, ::step], 0, 1).reshape(-1, 3))
    order = np.argsort(coded.sum(axis=1))
    alike = order[: len(order) // _ALIKE * _ALIKE].reshape(-1, _ALIKE) if len(order) > _ALIKE else order[None]
    left = 0.0
    for chroma in (coded[:, 0] - coded[:, 1], coded[:, 2] - coded[:, 1]):
        groups = chroma[alike]
        left = max(left, float(np.quantile(np.abs(groups - np.median(groups, axis=1, keepdims=True)), 0.9)))
    return left


# So many pixels of about one lightness are compared with each other.
_ALIKE = 100
