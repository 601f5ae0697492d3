"""The search itself: cheap looks at small copies first, a close look at what they offer, and the reasons against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from calibration import card_check
from calibration.card_copies import Copies
from calibration.card_fit import FittedCard, fit_card, ground_colour, look_closer
from calibration.card_glare import glare
from calibration.card_patches import PatchColours, read_patches
from calibration.card_reading import CardReading
from calibration.card_surroundings import goes_on
from calibration.cards import PRINTED, ReferenceCard
from calibration.detection_candidates import (
    Candidate,
    Offer,
    chart_candidates,
    glance,
    grid_candidates,
    small_candidates,
)
from calibration.photo import Photo
from calibration.printed_card_finder import Marker, markers_in, printed_candidate
from calibration.problems import Problem, because, problem

Found = tuple[CardReading | None, tuple[Problem, ...]]

# Long sides of the copies that are searched, cheap ones first; a small card shows only in the large ones.
_LONG_SIDES = (640, 1280, 2560)
# A glance, a good look, two for small cards, and OpenCV's own.
ALL_LOOKS = 5
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
    """One candidate looked at closely: a reading, or the reason why it cannot be read; neither for another chart."""

    candidate: Candidate
    reading: CardReading | None
    reason: str | None
    problems: tuple[Problem, ...] = ()


class Search:
    """The search for a bought card, look by look: the cheap ones first, each going on where the last one ended."""

    def __init__(self, copies: Copies, photo: Photo, kind: ReferenceCard) -> None:
        self._photo, self._kind = photo, kind
        self._offers = _offers(copies, kind)
        self._refused: list[_Trial] = []
        self._other_chart = self._done = False

    def look(self, times: int = ALL_LOOKS) -> Found:
        """Look up to ``times`` more times. The card's reading, or none and the reason so far; or a reading that comes
        with a warning."""
        for offer in islice(self._offers, 0 if self._done else times):
            self._other_chart |= offer.other_chart
            for candidate in offer.candidates:
                if candidate.likeness < _SOME_LIKENESS or candidate.spots < _FEW_SPOTS:
                    continue
                trial = _look(self._photo, candidate, self._kind)
                if trial.reading is not None:
                    return trial.reading, trial.problems
                self._refused.append(trial)
            # A card refused although its colours were plain to see will not become readable at a larger scale.
            if sum(trial.candidate.likeness > _GOOD_LIKENESS for trial in self._refused) > 1:
                self._done = True
                break
        if self._refused:
            best = max(self._refused, key=lambda trial: trial.candidate.likeness)
            if best.reason is None:
                return None, (problem("unknown_card"),)
            return None, (problem("card_unreadable", reason=best.reason),)
        return None, (problem("unknown_card" if self._other_chart else "no_card"),)


def search_printed(copies: Copies, photo: Photo, kind: ReferenceCard, looks: slice = slice(None)) -> Found:
    """Our own card, by its markers; ``looks`` chooses among three, from coarse and quick to fine and slow."""
    reason: str | None = None
    for long_side in _MARKER_SIDES[looks]:
        image, scale = copies.of(long_side)
        markers = markers_in(image, scale)
        candidate = printed_candidate(markers, scale) or (_beside(markers, copies, kind) if markers else None)
        if candidate is not None:
            trial = _look(photo, candidate, kind)
            if trial.reading is not None:
                return trial.reading, trial.problems
            reason = reason or trial.reason
        if scale == 1:
            break
    return None, (problem("card_unreadable", reason=reason) if reason else problem("no_card"),)


def _beside(markers: list[Marker], copies: Copies, kind: ReferenceCard) -> Candidate | None:
    """The fields of our card that a lone marker stands by."""
    for long_side, look in zip(_LONG_SIDES, (grid_candidates, small_candidates), strict=False):
        for candidate in look(*copies.of(long_side), kind).candidates:
            if any(marker.stands_by(candidate) for marker in markers):
                return candidate
    return None


def _offers(copies: Copies, kind: ReferenceCard) -> Iterator[Offer]:
    """Candidates from one look after another, the cheap ones first: :data:`ALL_LOOKS` at most."""
    image, scale = copies.of(_LONG_SIDES[0])
    glanced = glance(image, scale, kind)
    yield glanced
    offer = grid_candidates(image, scale, kind, glanced)
    rows = glanced.rows or offer.rows
    yield offer
    for long_side in _LONG_SIDES[1:]:
        image, new_scale = copies.of(long_side)
        offer = small_candidates(image, new_scale, kind) if new_scale > scale else Offer([])
        scale, rows = new_scale, rows or offer.rows
        yield offer
    # OpenCV's look costs as much as the others together: it is for cards of which some fields at least were seen.
    image, scale = copies.of(_CHART_SIDE)
    wanted = rows and min(image.shape[:2]) >= _CHART_SHORT_SIDE
    yield chart_candidates(image, scale, kind) if wanted else Offer([])


def _look(photo: Photo, candidate: Candidate, kind: ReferenceCard) -> _Trial:
    """Fit the card exactly, check it, and read it."""
    size = (photo.width, photo.height)
    closeup = look_closer(photo.pixels, candidate.to_image, kind)
    fitted = fit_card(closeup, candidate.to_image, candidate.side, kind)
    if fitted is None:
        return _Trial(candidate, None, because("card_faint"))
    flat = closeup.flattened(fitted.to_image, kind)
    cut = card_check.is_cut(fitted, size, kind)
    if cut is not None and candidate.room:
        # All of a chart is in the picture, and yet this lay of the card on it is not.
        return _Trial(candidate, None, None)
    reason = cut or card_check.is_small(fitted, kind)
    if reason is not None:
        return _Trial(candidate, None, reason)
    patches = read_patches(photo, fitted, kind)
    seen = card_check.doubts(flat, fitted, patches, kind)
    bought = kind.name != PRINTED
    if bought and (card_check.is_another(seen) or goes_on(closeup, fitted, ground_colour(flat), kind)):
        return _Trial(candidate, None, None)
    reason = (
        card_check.is_plainly_covered(seen)
        or card_check.is_blurred(seen, fitted)
        or card_check.is_covered(seen)
        or card_check.is_off_colour(patches.rgb, kind)
    )
    if reason is not None:
        return _Trial(candidate, None, reason)
    # Where a soft reflection lies, the colour is what it is and some light more: believed less, not refused.
    patches = replace(patches, rgb_se=np.hypot(patches.rgb_se, glare(flat, fitted, patches, kind)[:, None]))
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
