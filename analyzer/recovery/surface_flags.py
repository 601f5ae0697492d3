"""What the face maps of a series show: spots that stay red, how red and how large; and skin that grows darker.

Spots need maps (``Series.surface``), a photograph from before the treatment and two after it. Darkening is told from
the regions' mean colours alone, so that a colorimeter's readings are enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.pigment import melanin_index_of_lab, typology_angle
from analyzer.recovery.results import Flag, Severity
from analyzer.recovery.texts import day_words, flag_texts, region_words
from analyzer.series import Observation, Series, SurfaceObservation

if TYPE_CHECKING:
    from analyzer.surface.difference import ChangeMap
    from analyzer.surface.spots import Spot, Standout

OTHER_DAY = 0.5
# A spot that grew by so much (a*) and so many of its errors since it was first seen is no patch that lags behind.
GROWN_A, GROWN_Z = 2.0, 3.0
# A spot is over when it stands out by less than this share of what it did, in two photographs of different days.
OVER = 0.5
# Red skin: so far above its own colour before the treatment (an instrument's just perceptible erythema, COLIPA), and
# beyond twice the noise.
STILL_RED_A = 2.5
# Darkening is asked from this day on, of the region that carries the verdict, once this share of the peak has gone.
PIGMENT_FROM_DAY, REDNESS_GONE = 3.0, 0.5
# Melanin index (100 log10(1/R) of melanin alone): scatter of one photograph, and what counts as darker.
PIGMENT_SD, PIGMENT_LEAST, PIGMENT_Z = 2.3, 5.0, 2.8
# Melanin makes skin a little redder too: so much a* for each unit of the index (two-layer model, light to tan skin).
PIGMENT_A = 0.25
PIGMENT_CLAIMS = ("S48", "S49", "S50")
SPOT_CLAIMS = ("R03", "R34")


@dataclass(frozen=True)
class SurfaceFindings:
    """Flags of the whole series, and by file name what one photograph's map shows (the point's ``surface``)."""

    flags: tuple[Flag, ...] = ()
    points: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Seen:
    """One photograph after the treatment: its change since before, and what stands out of its surroundings."""

    file: str
    day: float
    change: ChangeMap
    standout: Standout


def surface_findings(series: Series) -> SurfaceFindings:
    """Everything the maps and the mean colours show; without maps from before and after, no spots."""
    seen = _changes(series)
    spots = _spots(seen)
    flags = [_spot_flag(one, seen) for one in _once(spots)] + pigment_flags(series)
    points = {one.file: _point(one, [spot for spot in spots if spot.day == one.day]) for one in seen}
    return SurfaceFindings(tuple(flags), points)


def _changes(series: Series) -> list[_Seen]:
    """The changes of all photographs that count, on the map of the first one before the treatment."""
    kept = [(day, one) for day, one in _counting(series)]
    before, after = [one for day, one in kept if day < 0], [(day, one) for day, one in kept if day >= 0]
    if not before or not after:
        return []
    from analyzer.surface.difference import Sheet, aligned, change_of, common_error, mean_sheet
    from analyzer.surface.spots import standout

    onto = before[0].face
    earlier = mean_sheet([Sheet(onto.lab, onto.seen), *(aligned(one.face, onto) for one in before[1:])])
    seen = []
    for day, one in after:
        common = common_error([other.face.a_se for other in before], one.face.a_se)
        change = change_of(earlier, aligned(one.face, onto), onto, common)
        seen.append(_Seen(one.file, day, change, standout(change, day)))
    return seen


def _counting(series: Series) -> list[tuple[float, SurfaceObservation]]:
    """Maps of usable photographs of bare skin with a card, with their days, in order of time."""
    by_file = {one.file: one for one in series.surface}
    order = sorted(series.observations, key=lambda one: (one.captured_at, one.file))
    return [
        (series.day_of(one), by_file[one.file])
        for one in order
        if one.file in by_file and one.usable and one.calibrated and one.bare_skin and by_file[one.file].face.calibrated
    ]


def _spots(seen: list[_Seen]) -> list[Spot]:
    if not seen:
        return []
    from analyzer.surface.spots import find_spots

    return find_spots([one.standout for one in seen])


def _once(spots: list[Spot]) -> list[tuple[Spot, Spot]]:
    """Each place once: the spot as it was first confirmed, and as it was seen last."""
    from analyzer.surface.spots import same_place

    story: list[tuple[Spot, Spot]] = []
    for spot in spots:
        known = next((i for i, (_, last) in enumerate(story) if same_place(last, spot)), None)
        if known is None:
            story.append((spot, spot))
        else:
            story[known] = (story[known][0], spot)
    return story


def _spot_flag(story: tuple[Spot, Spot], seen: list[_Seen]) -> Flag:
    from analyzer.surface.spots import contrast_at

    first, last = story
    grown = last.contrast - first.earlier_contrast
    severity: Severity = "watch"
    if grown >= GROWN_A and grown >= GROWN_Z * last.contrast_se:
        severity = "outside"
    later = [one for one in seen if one.day > last.day]
    gone = [one.day for one in later if contrast_at(one.standout, last) < OVER * last.contrast]
    to_day = next((now for before, now in pairwise(gone) if now - before >= OTHER_DAY), None)
    facts = {
        "contrast": round(last.contrast, 2),
        "contrast_se": round(last.contrast_se, 2),
        "first_contrast": round(first.earlier_contrast, 2),
        "area_cm2": round(last.area_cm2, 2),
        "photos": len([one for one in seen if first.first_day <= one.day <= last.day]),
    }
    message, detail = flag_texts(
        "hot_spot", region=region_words(first.region), day=day_words(first.first_day), last_day=day_words(last.day),
        **facts,
    )  # fmt: skip
    closed = None if to_day is None else round(to_day, 2)
    from_day = round(first.first_day, 2)
    return Flag("hot_spot", severity, first.region, from_day, closed, facts, SPOT_CLAIMS, message, detail)


def _point(one: _Seen, spots: list[Spot]) -> dict[str, Any]:
    """``surface`` of a point: the reddest place, how much skin is still red (cm2), and the spots confirmed by it."""
    from analyzer.surface.difference import side_difference

    change, sides = one.change, side_difference(one.change)
    red = change.seen & (change.delta >= STILL_RED_A) & (change.delta > 2 * change.se)
    return {
        "max_delta_a": round(float(change.delta[change.seen].max()), 2) if change.seen.any() else None,
        "red_area_cm2": round(float(change.texel_area[red].sum()), 1),
        "seen_area_cm2": round(float(change.texel_area[change.seen].sum()), 1),
        "left_minus_right_a": round(sides[0], 2) if sides else None,
        "left_minus_right_a_se": round(sides[1], 2) if sides else None,
        "hot_spots": [
            {
                "region": spot.region,
                "contrast_a": round(spot.contrast, 2),
                "contrast_a_se": round(spot.contrast_se, 2),
                "area_cm2": round(spot.area_cm2, 2),
                "map_x": spot.column,
                "map_y": spot.row,
            }
            for spot in spots
        ],
    }


def pigment_flags(series: Series, region: str = "face") -> list[Flag]:
    """Skin that grew darker while its redness went: two photographs on different days, beyond the noise."""
    known = [(series.day_of(one), one) for one in sorted(series.observations, key=lambda o: o.captured_at)]
    usable = [(day, _colour(one, region)) for day, one in known if one.usable and one.calibrated and one.bare_skin]
    colours = [(day, colour) for day, colour in usable if colour is not None]
    before = np.array([colour for day, colour in colours if day < 0])
    after = [(day, np.array(colour)) for day, colour in colours if day >= 0]
    if not len(before) or len(after) < 2:
        return []
    base = before.mean(axis=0)
    se = PIGMENT_SD * float(np.sqrt(1 / len(before) + 1 / 2))
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
