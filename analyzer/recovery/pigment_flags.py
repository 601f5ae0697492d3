"""Flags of pigment: the whole face, or one patch of it, that grew darker while the redness went.

The whole face is told from the regions' mean colours, so that a colorimeter's readings are enough; a patch is told
from the maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from analyzer.pigment import WEIGHTS, melanin_index_of_lab, typology_angle
from analyzer.recovery.results import Flag
from analyzer.recovery.texts import day_words, flag_texts, region_words
from analyzer.series import OTHER_DAY, Observation, Series

if TYPE_CHECKING:
    from analyzer.surface.dark_patches import Darkening, DarkPatch

# Darkening is asked from this day on, of the region that carries the verdict, once this share of the peak has gone.
PIGMENT_FROM_DAY, REDNESS_GONE = 3.0, 0.5
# Melanin index (100 log10(1/R) of melanin alone): scatter of one photograph, and what counts as darker.
PIGMENT_SD, PIGMENT_LEAST, PIGMENT_Z = 2.3, 5.0, 2.8
# Less light on the face than on its card darkens skin, too, and by colour alone nobody can tell it from pigment: by so
# much of the index for each unit of the logarithm of light.
PIGMENT_OF_LIGHT = -float(WEIGHTS.sum()) / float(np.log(10))
# Melanin makes skin a little redder too: so much a* for each unit of the index (two-layer model, light to tan skin).
PIGMENT_A = 0.25
# A patch is over when less than this share of it is left, in two photographs of different days.
OVER = 0.5
PIGMENT_CLAIMS = ("S48", "S49", "S50")


def patch_flags(photographs: Sequence[Darkening]) -> list[Flag]:
    """One flag for each patch that two photographs show darker than its surroundings, beyond what it was before."""
    from analyzer.surface.dark_patches import find_dark_patches, rise_at
    from analyzer.surface.places import same_place

    stories: list[tuple[DarkPatch, DarkPatch]] = []
    for patch in find_dark_patches(photographs):
        known = next((i for i, (_, last) in enumerate(stories) if same_place(last, patch)), None)
        if known is None:
            stories.append((patch, patch))
        else:
            stories[known] = (stories[known][0], patch)
    flags = []
    for first, last in stories:
        later = [one for one in photographs if one.day > last.day]
        gone = [one.day for one in later if rise_at(one, last) < OVER * last.rise]
        to_day = next((now for before, now in pairwise(gone) if now - before >= OTHER_DAY), None)
        shown = len([one for one in photographs if first.first_day <= one.day <= last.day])
        flags.append(_patch_flag(first, last, to_day, shown))
    return flags


def _patch_flag(first: DarkPatch, last: DarkPatch, to_day: float | None, photos: int) -> Flag:
    facts = {
        "melanin_rise": round(last.rise, 1),
        "melanin_rise_se": round(last.rise_se, 1),
        "ita_change": round(last.ita_change, 1),
        "area_cm2": round(last.area_cm2, 2),
        "photos": photos,
    }
    message, detail = flag_texts(
        "pigment_patch", region=region_words(first.region), day=day_words(first.first_day), **facts
    )
    closed = None if to_day is None else round(to_day, 2)
    from_day = round(first.first_day, 2)
    return Flag("pigment_change", "watch", first.region, from_day, closed, facts, PIGMENT_CLAIMS, message, detail)


def pigment_flags(series: Series, region: str = "face") -> list[Flag]:
    """Skin that grew darker while its redness went: two photographs on different days, beyond the noise."""
    known = [(series.day_of(one), one) for one in sorted(series.observations, key=lambda o: o.captured_at)]
    usable = [(day, one) for day, one in known if one.usable and one.calibrated and one.bare_skin]
    colours = [(day, colour) for day, one in usable if (colour := _colour(one, region)) is not None]
    before = np.array([colour for day, colour in colours if day < 0])
    after = [(day, np.array(colour)) for day, colour in colours if day >= 0]
    if not len(before) or len(after) < 2:
        return []
    base = before.mean(axis=0)
    light_sd = max(one.regions[region].light_sd for _, one in usable if region in one.regions)
    scatter = float(np.hypot(PIGMENT_SD, PIGMENT_OF_LIGHT * light_sd))
    se = scatter * float(np.sqrt(1 / len(before) + 1 / 2))
    peak = max(float(colour[0] - base[0]) for _, colour in after)
    flags: list[Flag] = []
    opened = False
    for (day, one), (next_day, other) in pairwise(after):
        pair = np.array([one, other]) - base
        redness, darker, ita = pair.mean(axis=0)
        apart = next_day - day >= OTHER_DAY
        if not apart or day < PIGMENT_FROM_DAY:
            continue
        if not opened:
            clear = darker >= max(PIGMENT_LEAST, PIGMENT_Z * se) and pair[:, 1].min() >= PIGMENT_LEAST / 2
            blood = float(redness - PIGMENT_A * darker)
            if clear and ita < 0 and blood <= max(REDNESS_GONE * peak, 1.0):
                opened = True
                flags.append(_pigment_flag(region, day, float(darker), se, float(ita), blood))
        elif pair[:, 1].max() < PIGMENT_LEAST / 2:
            flags[-1] = _closed(flags[-1], next_day)
            opened = False
    return flags


def _closed(flag: Flag, day: float) -> Flag:
    return replace(flag, to_day=round(day, 2))


def _colour(one: Observation, region: str) -> tuple[float, float, float] | None:
    """a*, melanin index and ITA of the region's mean colour, where L* and b* are known too."""
    colour = one.regions.get(region)
    if colour is None or colour.L is None or colour.b is None:
        return None
    values = (colour.L, colour.a, colour.b)
    if not all(np.isfinite(values)):
        return None
    return colour.a, melanin_index_of_lab(*values), typology_angle(*values)


def _pigment_flag(region: str, day: float, darker: float, se: float, ita: float, redness: float) -> Flag:
    facts = {
        "melanin_rise": round(darker, 1),
        "melanin_rise_se": round(se, 1),
        "ita_change": round(ita, 1),
        "delta_a": round(redness, 1),
        "photos": 2,
    }
    message, detail = flag_texts("pigment_change", region=region_words(region), day=day_words(day), **facts)
    return Flag("pigment_change", "watch", region, round(day, 2), None, facts, PIGMENT_CLAIMS, message, detail)
