"""Photographs of one person on one scale: what is compared is read for comparing (``calibration.change_scale``).

The scale's zero means nothing, so it is moved to where the person's a* is: by the photographs before the treatment,
or, without any, by all of them. What of a change is the light on the face is taken out (``light_level``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analyzer.folder import captured_at_of
from analyzer.light_level import other_light
from analyzer.reading import Reading, RegionReading
from analyzer.treatment import Treatment
from calibration.correction import Calibration, Floats


@dataclass(frozen=True)
class Compared:
    """a* of a region on the scale that it shares with its reference, and its standard error; ``light``: natural
    logarithm of how much more light fell on it than in the reference, beside the card."""

    a: float
    a_se: float
    light: float


@dataclass(frozen=True)
class Change:
    """The change of a region's a* between two photographs, its standard error, and of the light on it as above."""

    delta_a: float
    delta_a_se: float
    light: float


@dataclass(frozen=True)
class Reference:
    """What other photographs of a region are compared with: mean ``a``, and the same on the ``scale`` for changes.

    ``L`` is their mean L*, ``count`` their number. ``plain``: whether they show skin before any treatment. ``scale`` is
    None where a reading was stored before there was such a scale: then a* itself is compared.
    """

    a: float
    L: float
    scale: float | None
    plain: bool
    count: int

    def compared(self, region: RegionReading) -> Compared:
        """``region`` beside this reference. Only what rose above plain skin is known to be blood, and corrected as
        such (``change_gain``)."""
        if self.scale is None or region.change_a is None or region.change_a_se is None:
            change = _in_one_light(region.a - self.a, region.a_se, self.L, region, self.count)
        else:
            rise = region.change_a - self.scale
            gain = region.change_gain or 1.0 if self.plain and rise > 0 else 1.0
            change = _in_one_light(gain * rise, gain * region.change_a_se, self.L, region, self.count)
        return Compared(self.a + change.delta_a, change.delta_a_se, change.light)


def references(
    plain: Iterable[Mapping[str, RegionReading]], others: Iterable[Mapping[str, RegionReading]]
) -> dict[str, Reference]:
    """A reference for each region: of the photographs of ``plain`` skin that show it, or else of the ``others``.

    A region that any reading tells without the scale for changes is compared without it everywhere.
    """
    before, after = _by_region(plain), _by_region(others)
    found = {}
    for name in {**before, **after}:
        kept = before.get(name) or after[name]
        scale = [one.change_a for one in kept if one.change_a is not None]
        whole = all(one.change_a is not None for one in (*before.get(name, ()), *after.get(name, ())))
        a, lightness = float(np.mean([one.a for one in kept])), float(np.mean([one.L for one in kept]))
        found[name] = Reference(a, lightness, float(np.mean(scale)) if whole else None, name in before, len(kept))
    return found


def references_of(treatment: Treatment, readings: Iterable[Reading]) -> dict[str, Reference]:
    """The references of a series: its usable photographs from before the first treatment, or else all others.

    Of those from before, the ones with a card, where there are any: without one neither a* nor the light is known.
    """
    first = treatment.sessions[0].treated_at
    timed = [(one, captured_at_of(one.captured_at, first)) for one in readings if one.usable and one.captured_at]
    early = [(one, at < first) for one, at in timed]
    cards = any(before and one.calibrated for one, before in early)
    told = [(one.regions, before and (one.calibrated or not cards)) for one, before in early]
    plain, others = ([regions for regions, known in told if known == wanted] for wanted in (True, False))
    return references(plain, others)


def regional_change(first: RegionReading, second: RegionReading) -> Change:
    """From ``first`` to ``second``, two photographs of one person: as the redder one changed from the other."""
    if first.change_a is None or second.change_a is None or first.change_a_se is None or second.change_a_se is None:
        return _in_one_light(second.a - first.a, math.hypot(first.a_se, second.a_se), first.L, second)
    rise = second.change_a - first.change_a
    if rise < 0:
        back = regional_change(second, first)
        return Change(-back.delta_a, back.delta_a_se, -back.light)
    gain = second.change_gain or 1.0
    return _in_one_light(gain * rise, math.hypot(first.change_a_se, gain * second.change_a_se), first.L, second)


def _in_one_light(delta_a: float, delta_a_se: float, L: float, later: RegionReading, before: int = 1) -> Change:
    """A change to ``later`` without what of it is the light: ``L`` was the earlier L*, of ``before`` photographs."""
    light = other_light(delta_a, later.L - L, later.a, later.L, before)
    return Change(delta_a - light.part_of(later.a), math.hypot(delta_a_se, light.part_se(later.a)), light.more)


def read_for_changes(
    regions: Mapping[str, RegionReading], calibration: Calibration, place: Floats
) -> dict[str, RegionReading]:
    """The ``regions`` of a photograph, read for comparing, too; what is not the calibration's in ``a_se`` stays."""
    return {name: _read(region, calibration, place) for name, region in regions.items()}


def _read(region: RegionReading, calibration: Calibration, place: Floats) -> RegionReading:
    lab = np.array([region.L, region.a, region.b])
    scale = calibration.for_changes(lab, place)
    rest = max(region.a_se**2 - calibration.a_se(lab, place) ** 2, 0.0)
    return replace(
        region, change_a=scale.a, change_a_se=math.hypot(scale.a_se, math.sqrt(rest)), change_gain=scale.gain
    )


def _by_region(photographs: Iterable[Mapping[str, RegionReading]]) -> dict[str, Sequence[RegionReading]]:
    found: dict[str, list[RegionReading]] = {}
    for regions in photographs:
        for name, region in regions.items():
            found.setdefault(name, []).append(region)
    return dict(found)
