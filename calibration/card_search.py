"""The search itself: cheap looks at small copies first, a close look at what they offer, and the reasons against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration import card_check
from calibration.card_copies import Copies
from calibration.card_fit import FittedCard, fit_card, look_closer
from calibration.card_patches import PatchColours, read_patches
from calibration.card_reading import CardReading
from calibration.cards import ReferenceCard
from calibration.detection_candidates import Candidate, Offer, chart_candidates, grid_candidates
from calibration.photo import Photo
from calibration.printed_card_finder import printed_candidate
from calibration.problems import Problem, problem

Found = tuple[CardReading | None, tuple[Problem, ...]]

# Long sides of the copies that are searched, cheap ones first; a small card shows only in the large ones.
_LONG_SIDES = (640, 1280, 2560)
ALL_LOOKS = len(_LONG_SIDES)
_CHART_SIDE = 1000
# Markers need about three pixels a module.
_MARKER_SIDES: tuple[int, ...] = (1280, 2560, 5120)
# OpenCV's detector enlarges the short side to 1000 pixels, however long the other one then becomes.
_CHART_SHORT_SIDE = 250
# Likeness of the colours (share of patches that agree): below the first there is no card, above the second one need
# not look on at a larger scale. Wrong lays of the right card reach 0.2, right ones 0.6 to 0.9.
_SOME_LIKENESS = 0.3
_GOOD_LIKENESS = 0.5
# A guess from few spots can look alike by chance.
_FEW_SPOTS = 8
_CLIPPED_GREY = 0.25


@dataclass(frozen=True, eq=False)
class _Trial:
    """One candidate looked at closely: a reading, or the reason why it cannot be read."""

    candidate: Candidate
    reading: CardReading | None
    reason: str | None
    problems: tuple[Problem, ...] = ()


def search(copies: Copies, photo: Photo, kind: ReferenceCard, looks: int = ALL_LOOKS) -> Found:
    """The card's reading, or none and the reason; or a reading that comes with a warning.

    With fewer ``looks`` than all the costly ones for small and half-lost cards are left out.
    """
    refused: list[_Trial] = []
    other_chart = False
    for offer in _offers(copies, kind, looks):
        other_chart |= offer.other_chart
        for candidate in offer.candidates:
            if candidate.likeness < _SOME_LIKENESS or candidate.spots < _FEW_SPOTS:
                continue
            trial = _look(photo, candidate, kind)
            if trial.reading is not None:
                return trial.reading, trial.problems
            refused.append(trial)
        # A card refused although its colours were plain to see will not become readable at a larger scale.
        if sum(trial.candidate.likeness > _GOOD_LIKENESS for trial in refused) > 1:
            break
    if refused:
        best = max(refused, key=lambda trial: trial.candidate.likeness)
        return None, (problem("card_unreadable", reason=best.reason),)
    return None, (problem("unknown_card" if other_chart else "no_card"),)


def search_printed(copies: Copies, photo: Photo, kind: ReferenceCard, looks: slice = slice(None)) -> Found:
    """Our own card, by its markers; ``looks`` chooses among three, from coarse and quick to fine and slow."""
    reason: str | None = None
    for long_side in _MARKER_SIDES[looks]:
        image, scale = copies.of(long_side)
        candidate = printed_candidate(image, scale)
        if candidate is not None:
            trial = _look(photo, candidate, kind)
            if trial.reading is not None:
                return trial.reading, trial.problems
            reason = reason or trial.reason
        if scale == 1:
            break
    return None, (problem("card_unreadable", reason=reason) if reason else problem("no_card"),)


def _offers(copies: Copies, kind: ReferenceCard, looks: int) -> Iterator[Offer]:
    """Candidates from one search after another, the cheap ones first."""
    scale = 0.0
    for long_side in _LONG_SIDES[:looks]:
        image, new_scale = copies.of(long_side)
        if new_scale > scale:
            yield grid_candidates(image, new_scale, kind, small_only=scale > 0)
        scale = new_scale
    image, scale = copies.of(_CHART_SIDE)
    if looks == ALL_LOOKS and min(image.shape[:2]) >= _CHART_SHORT_SIDE:
        yield chart_candidates(image, scale, kind)


def _look(photo: Photo, candidate: Candidate, kind: ReferenceCard) -> _Trial:
    """Fit the card exactly, check it, and read it."""
    size = (photo.width, photo.height)
    closeup = look_closer(photo.pixels, candidate.to_image, kind)
    fitted = fit_card(closeup, candidate.to_image, candidate.side, kind)
    if fitted is None:
        return _Trial(candidate, None, "it is too faint or too blurred")
    flat = closeup.flattened(fitted.to_image, kind)
    reason = card_check.is_cut(fitted, size, kind) or card_check.is_small(fitted, kind)
    if reason is not None:
        return _Trial(candidate, None, reason)
    patches = read_patches(photo, fitted, kind)
    cover = card_check.cover_score(flat, fitted, patches, kind)
    reason = (
        card_check.is_plainly_covered(cover)
        or card_check.is_blurred(flat, fitted, kind)
        or card_check.is_covered(cover)
        or card_check.is_off_colour(patches.rgb, kind)
    )
    if reason is not None:
        return _Trial(candidate, None, reason)
    clipped = (problem("card_clipped"),) if patches.burnt[18:24].max() > _CLIPPED_GREY else ()
    return _Trial(candidate, _reading(kind, fitted, patches), None, clipped)


def _reading(kind: ReferenceCard, fitted: FittedCard, patches: PatchColours) -> CardReading:
    corners = fitted.corners(kind)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    gradient, gradient_se = _gradient(patches)
    return CardReading(
        card=kind.name,
        corners=corners,
        mirrored=bool(across[0] * down[1] - across[1] * down[0] < 0),
        rgb=patches.rgb,
        rgb_se=patches.rgb_se,
        clipped=patches.clipped,
        centres=patches.centres,
        gradient=gradient,
        gradient_se=gradient_se,
    )


def _gradient(patches: PatchColours) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """The slope of the light that the patches share: what each shows within itself, whatever its colour."""
    good = (patches.slope_weight > 0) & (patches.clipped < 0.02)
    if good.sum() < 8:
        return None, None
    slope = patches.slope[good]
    middle = np.median(slope, axis=0)
    spread = 1.4826 * np.median(np.abs(slope - middle), axis=0)
    # The median of n values scatters 1.25 times as much as their mean.
    return middle, 1.25 * spread / np.sqrt(good.sum())
