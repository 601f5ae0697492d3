"""What the face maps of a series show: spots that stay red, a side that does, patches that grow darker; and how much.

All of it needs maps (``Series.surface``), a photograph from before the treatment and two after it. Darkening of the
whole face is told from the regions' mean colours alone (``pigment_flags``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analyzer.recovery.pigment_flags import patch_flags, pigment_flags
from analyzer.recovery.results import Flag, Severity
from analyzer.recovery.sides import map_side_flags
from analyzer.recovery.texts import day_words, flag_texts, region_words
from analyzer.series import OTHER_DAY, Series, SurfaceObservation

if TYPE_CHECKING:
    from analyzer.surface.dark_patches import Darkening, DarkPatch
    from analyzer.surface.difference import ChangeMap
    from analyzer.surface.halves import SideGap
    from analyzer.surface.spots import Spot, Standout

# A spot that grew by so much (a*) and so many of its errors since it was first seen is no patch that lags behind.
GROWN_A, GROWN_Z = 2.0, 3.0
# A spot is over when it stands out by less than this share of what it did, in two photographs of different days.
OVER = 0.5
SPOT_CLAIMS = ("R03", "R34")


@dataclass(frozen=True)
class SurfaceFindings:
    """Flags of the whole series, and by file name what one photograph's map shows (the point's ``surface``).

    ``tells_sides``: the maps show both cheeks in two photographs after the treatment; what they say of sides stands.
    """

    flags: tuple[Flag, ...] = ()
    points: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tells_sides: bool = False


@dataclass(frozen=True, eq=False)
class _Seen:
    """One photograph after the treatment: its change since before, what stands out of its surroundings (looked for in
    shade, too), and how far the cheeks differ, where both are seen.
    """

    file: str
    day: float
    change: ChangeMap
    standout: Standout
    darkening: Darkening
    sides: SideGap | None


def surface_findings(series: Series) -> SurfaceFindings:
    """Everything the maps and the mean colours show; without maps from before and after, only the latter."""
    seen = _changes(series)
    spots = _spots(seen)
    gaps = [(one.day, one.sides) for one in seen if one.sides is not None]
    flags = [_spot_flag(one, seen) for one in _once(spots)]
    flags += patch_flags([one.darkening for one in seen]) if seen else []
    flags += pigment_flags(series) + map_side_flags(gaps)
    patches = _patches(seen)
    points = {
        one.file: _point(one, [spot for spot in spots if spot.day == one.day], patches.get(one.day, [])) for one in seen
    }
    return SurfaceFindings(tuple(flags), points, tells_sides=len(gaps) >= 2)


def _changes(series: Series) -> list[_Seen]:
    """The changes of all photographs that count, on the map of the first one before the treatment."""
    kept = [(day, one) for day, one in _counting(series)]
    before, after = [one for day, one in kept if day < 0], [(day, one) for day, one in kept if day >= 0]
    if not before or not after:
        return []
    from analyzer.surface.dark_patches import darkening
    from analyzer.surface.difference import aligned, change_of, common_to, mean_sheet, sheet_of
    from analyzer.surface.halves import cheek_gap
    from analyzer.surface.shade import searched
    from analyzer.surface.spots import standout

    onto = before[0].face
    sheets = [sheet_of(onto), *(aligned(one.face, onto) for one in before[1:])]
    earlier, earlier_wide = mean_sheet(sheets), mean_sheet([searched(one) for one in sheets])
    seen = []
    for day, one in after:
        common = common_to([other.face for other in before], one.face)
        sheet = aligned(one.face, onto)
        change = change_of(earlier, sheet, onto, common)
        wide = change_of(earlier_wide, searched(sheet), onto, common.without_gain)
        seen.append(_Seen(one.file, day, change, standout(wide, day), darkening(wide, day), cheek_gap(change)))
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


def _patches(seen: list[_Seen]) -> dict[float, list[DarkPatch]]:
    """The dark patches by the day of the photograph that confirms them."""
    if not seen:
        return {}
    from analyzer.surface.dark_patches import find_dark_patches

    by_day: dict[float, list[DarkPatch]] = {}
    for patch in find_dark_patches([one.darkening for one in seen]):
        by_day.setdefault(patch.day, []).append(patch)
    return by_day


def _once(spots: list[Spot]) -> list[tuple[Spot, Spot]]:
    """Each place once: the spot as it was first confirmed, and as it was seen last."""
    from analyzer.surface.places import same_place

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


def _point(one: _Seen, spots: list[Spot], patches: list[DarkPatch]) -> dict[str, Any]:
    """``surface`` of a point: the reddest place, how much skin is still red (cm2), and what is confirmed by it."""
    from analyzer.surface.halves import side_difference
    from analyzer.surface.redness import red_skin

    red, sides = red_skin(one.change), side_difference(one.change)
    return {
        "max_delta_a": round(red.max_a, 2) if red else None,
        "max_delta_a_se": round(red.max_se, 2) if red else None,
        "red_area_cm2": round(red.area_cm2, 1) if red else 0.0,
        "red_area_cm2_ci95": [round(edge, 1) for edge in red.area_ci95] if red else None,
        "seen_area_cm2": round(red.seen_cm2, 1) if red else 0.0,
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
        "dark_patches": [
            {
                "region": patch.region,
                "melanin_rise": round(patch.rise, 2),
                "melanin_rise_se": round(patch.rise_se, 2),
                "ita_change": round(patch.ita_change, 1),
                "area_cm2": round(patch.area_cm2, 2),
                "map_x": patch.column,
                "map_y": patch.row,
            }
            for patch in patches
        ],
    }
