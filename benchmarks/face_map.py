"""What do the face maps of one patient find, and how often do they find what is not there? Prints docs/accuracy.md.

Simulated patients (``face_map_patients``): whole photographs, each under another lamp with the head turned a little,
some lit from one side, through the whole program and its verdict. Each patient's skin heals cleanly, once more with a
highlight before that is gone afterwards (``face_map_highlights``), and once more with a spot of 1.2 cm that stays 4 a*
redder; half of them with a patch of that size that darkens, the others with one cheek that stays red. Rates come with
exact (Clopper-Pearson) intervals of 95 %. Red area and its maximum are held against the truth; registration and
repeatability are measured on the clean series. Thresholds were set on the patients called ``tune``; the others have
other portraits.

Usage: python benchmarks/face_map.py [--patients 12 | --tune 60 --report 96 --clean 100] [--cache FOLDER]
About fifteen seconds of one core for each patient, nine for a clean series alone; what was made is kept in the folder.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from face_map_analysis import Analysed, analyse, course_of, series_of
from face_map_highlights import shone_before
from face_map_patients import Patient, patient, place_in_portrait
from numpy.typing import NDArray
from sitters import TONES

from analyzer import mesh
from analyzer.recovery import Recovery, judge
from analyzer.surface.difference import aligned, blur_texels, change_between, flow_between, masked_blur, sheet_of
from analyzer.surface.layout import flat_points, layout, outline_mask
from analyzer.surface.redness import STILL_RED_A
from analyzer.surface.shade import searched

Floats = NDArray[np.float64]
# A cheek that stays red counts as one from so much a* of true difference on.
SIDED_TRUE_A = 2.0


@dataclass
class Outcome:
    """What one patient's series show. None where the patient has no such series or it was not measured."""

    tone: str
    side_lit: bool
    registration: tuple[float, float]
    repeat_sd: float
    clean: bool = False
    clean_pigment: bool = False
    clean_sided: bool = False
    highlight: bool | None = None
    spot: bool | None = None
    spot_seen: bool = True
    beside: bool | None = None
    dark: bool | None = None
    dark_seen: bool = True
    dark_beside: bool | None = None
    sided: bool | None = None
    sided_true: float = 0.0
    sided_beside: bool | None = None
    red: list[tuple[float, ...]] = field(default_factory=list)


def outcome_of(one: Patient) -> Outcome | None:
    """All series of a patient through the product's verdict; None where too few photographs were measured."""
    found = analyse(one)
    clean = course_of(one, found)
    if clean is None:
        return None
    distances = [registration_mm(clean[0], other) for other in clean[1:]]
    mean = [float(np.mean([each[i] for each in distances])) for i in (0, 1)]
    outcome = Outcome(one.tone, one.side_lit, (mean[0], mean[1]), _repeat_sd(clean))
    recovery = judge(series_of(clean))
    codes = {flag.code for flag in recovery.verdict.flags}
    outcome.clean, outcome.clean_sided = "hot_spot" in codes, "one_sided" in codes
    outcome.clean_pigment = "pigment_change" in codes
    outcome.red = _red_figures(clean, recovery)
    shining, place = shone_before(clean, one.seed)
    outcome.highlight, _ = _where(judge(series_of(shining)), "hot_spots", place)
    spotted = course_of(one, found, "spot")
    if spotted is not None:
        place = _on_map(one, one.spot_place)
        outcome.spot, outcome.beside = _where(judge(series_of(spotted)), "hot_spots", place)
        outcome.spot_seen = _is_seen(spotted, place)
    darkened = course_of(one, found, "pigment")
    if darkened is not None:
        place = _on_map(one, one.dark_place)
        outcome.dark, outcome.dark_beside = _where(judge(series_of(darkened)), "dark_patches", place)
        outcome.dark_seen = _is_seen(darkened, place)
    sided = course_of(one, found, "sided")
    if sided is not None:
        outcome.sided_true = _true_gap(clean[0], sided[-1])
        flags = [flag for flag in judge(series_of(sided)).verdict.flags if flag.code == "one_sided"]
        outcome.sided = any(flag.region == one.side for flag in flags)
        outcome.sided_beside = any(flag.region != one.side for flag in flags)
    return outcome


def _where(recovery: Recovery, name: str, place: tuple[float, float]) -> tuple[bool, bool]:
    """Whether any of the points' sightings lies within a centimetre of ``place``, and whether any lies elsewhere."""
    sightings = [one for point in recovery.points if point.surface for one in point.surface[name]]
    column, row = place
    near = [np.hypot(one["map_x"] - column, one["map_y"] - row) * layout().texel_cm < 1.0 for one in sightings]
    return any(near), not all(near)


def _on_map(one: Patient, place: tuple[float, float]) -> tuple[float, float]:
    """Where a place of the portrait lies on the map (column, row), from the portrait's own landmarks."""
    from scipy.interpolate import LinearNDInterpolator

    points, at = place_in_portrait(one, place)
    x, y = LinearNDInterpolator(points, flat_points())(at)[0]
    return float(x), float(y)


def _is_seen(course: Sequence[Analysed], place: tuple[float, float]) -> bool:
    """Whether half of the patch's disc is searched: skin, bare or in shade, before and in two photographs later."""
    y, x = np.mgrid[0 : layout().inside.shape[0], 0 : layout().inside.shape[1]]
    disc = np.hypot(x - place[0], y - place[1]) * layout().texel_cm < 0.6
    onto = course[0].face
    base = searched(sheet_of(onto)).seen
    shown = [searched(aligned(one.face, onto)).seen & base for one in course if one.picture.day >= 2]
    return sum(float(seen[disc].mean()) > 0.5 for seen in shown) >= 2


def _true_gap(before: Analysed, after: Analysed) -> float:
    """How much more one cheek truly reddened than its mirror image (a*)."""
    rise = after.true_a - before.true_a
    left, right = (outline_mask((mesh.OUTLINES[name],)) for name in ("left_cheek", "right_cheek"))
    return abs(float(rise[left].mean() - rise[right].mean()))


def _red_figures(course: Sequence[Analysed], recovery: Recovery) -> list[tuple[float, ...]]:
    """For each photograph after the treatment: day, true and measured red area with its interval, true and measured
    maximum with its error.
    """
    shown = {point.file: point for point in recovery.points}
    onto = course[0].face
    before = np.mean([one.true_a for one in course if one.picture.day < 0], axis=0)
    figures: list[tuple[float, ...]] = []
    for one in course:
        point = shown[one.picture.path.name]
        if one.picture.day < 0 or not point.surface or point.surface["red_area_cm2_ci95"] is None:
            continue
        told = point.surface
        seen = aligned(one.face, onto).seen & onto.seen
        rise, _ = masked_blur((one.true_a - before).astype(np.float32), seen, blur_texels(onto))
        area = float(onto.texel_area[seen & (rise >= STILL_RED_A)].sum())
        low, high = told["red_area_cm2_ci95"]
        figures.append((
            one.picture.day, area, told["red_area_cm2"], low, high, float(rise[seen].max()), told["max_delta_a"],
            told["max_delta_a_se"],
        ))  # fmt: skip
    return figures


def _repeat_sd(course: Sequence[Analysed]) -> float:
    """Scatter of a cell's change between two photographs of unchanged skin; not a number with one only."""
    before = [one for one in course if one.picture.day < 0]
    if len(before) < 2:
        return float("nan")
    change = change_between([before[0].face], before[1].face)
    values = change.delta[change.seen]
    return float((values - np.median(values)).std())


def registration_mm(one: Analysed, other: Analysed) -> tuple[float, float]:
    """RMS distance between the same skin on two maps: by the landmarks alone, and with the flow between the maps."""
    column, row = np.clip(np.round(flat_points()).astype(int).T, 0, 255)
    front = layout().normals[row, column, 2] > 0.6
    apart = _off(one) - _off(other)
    flow = flow_between(one.face, other.face)[row, column]
    mm = layout().texel_cm * 10
    plain, moved = (np.sqrt((off[front] ** 2).sum(axis=1).mean()) * mm for off in (apart, apart - flow))
    return float(plain), float(moved)


def _off(one: Analysed) -> Floats:
    """How far each mesh point was found from where it truly lies (468, 2), in texels of the map."""
    found, true = one.landmarks[: mesh.SKIN_POINTS], one.picture.points
    eyes = found[mesh.LEFT_EYE_OUTER] - found[mesh.RIGHT_EYE_OUTER]
    angle = np.arctan2(eyes[1], eyes[0])
    level = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((found - true) @ level.T / (one.face.pixels_per_cm * one.face.size * layout().texel_cm))


def _share(values: Sequence[bool | None]) -> str:
    known = [one for one in values if one is not None]
    return f"{sum(known)} of {len(known)}" if known else "-"


def interval(values: Sequence[bool | None]) -> str:
    """The exact interval of 95 % of a share, in per cent."""
    from scipy.stats import beta

    known = [one for one in values if one is not None]
    n, k = len(known), sum(known)
    if not n:
        return "-"
    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return f"{100 * low:.0f} to {100 * high:.1f} %"


COLUMNS: dict[str, Callable[[Outcome], bool | None]] = {
    "spots found": lambda one: one.spot,
    "of those on skin that is searched": lambda one: one.spot if one.spot_seen else None,
    "clean series with a spot": lambda one: one.clean,
    "highlights gone, taken for a spot": lambda one: one.highlight,
    "spots beside": lambda one: one.beside,
    "dark patches found": lambda one: one.dark,
    "searched": lambda one: one.dark if one.dark_seen else None,
    "clean series with pigment": lambda one: one.clean_pigment,
    "patches beside": lambda one: one.dark_beside,
    "one cheek red": lambda one: one.sided if one.sided_true >= SIDED_TRUE_A else None,
    "clean series with a side": lambda one: one.clean_sided,
}


def report(title: str, outcomes: Sequence[Outcome]) -> None:
    print(f"\n{title}: {len(outcomes)} patients, {sum(one.side_lit for one in outcomes)} of them lit from one side")
    if not outcomes:
        return
    plain, moved = (float(np.sqrt(np.mean([one.registration[i] ** 2 for one in outcomes]))) for i in (0, 1))
    print(f"registration, RMS: {plain:.2f} mm by landmarks, {moved:.2f} mm with the flow")
    print(f"scatter of a cell's change before treatment: {np.nanmedian([one.repeat_sd for one in outcomes]):.2f} a*")
    print("| ITA class | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    for tone in (*TONES, "lit from one side", "all"):
        these = [one for one in outcomes if tone in (one.tone, "all") or (one.side_lit and tone.startswith("lit"))]
        print(f"| {tone} | " + " | ".join(_share([ask(one) for one in these]) for ask in COLUMNS.values()) + " |")
    print("| 95 % | " + " | ".join(interval([ask(one) for one in outcomes]) for ask in COLUMNS.values()) + " |")
    _report_sides(outcomes)
    _report_red(outcomes)


def _report_sides(outcomes: Sequence[Outcome]) -> None:
    known = [one for one in outcomes if one.sided is not None]
    for low, high in ((0.0, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 2.5), (2.5, 99.0)):
        these = [one.sided for one in known if low <= one.sided_true < high]
        print(f"one cheek truly {low} to {high} a* redder: {_share(these)}; other side: ", end="")
        print(_share([one.sided_beside for one in known if low <= one.sided_true < high]))


def _report_red(outcomes: Sequence[Outcome]) -> None:
    rows = np.array([row for one in outcomes for row in one.red])
    print("| red skin, day | photographs | true area, cm2 | error, mean | bias | inside its interval | true maximum |"
          " bias | RMS error | inside 2 errors |\n|" + "---|" * 10)  # fmt: skip
    for name, these in (("0.3", rows[rows[:, 0] < 1]), ("2 to 5", rows[rows[:, 0] > 1])):
        off, most = these[:, 2] - these[:, 1], these[:, 6] - these[:, 5]
        inside = (these[:, 1] >= these[:, 3] - 0.1) & (these[:, 1] <= these[:, 4] + 0.1)
        within = np.abs(most) <= 2 * these[:, 7]
        print(f"| {name} | {len(these)} | {these[:, 1].mean():.1f} | {np.abs(off).mean():.1f} | {off.mean():+.1f} |"
              f" {inside.mean():.0%} | {these[:, 5].mean():.1f} | {most.mean():+.2f} |"
              f" {np.sqrt((most**2).mean()):.2f} | {within.mean():.0%} |")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--patients", type=int, default=12, help="of each group")
    parser.add_argument("--tune", type=int, help="patients of the portraits that thresholds were set on")
    parser.add_argument("--report", type=int, help="patients of the other portraits")
    parser.add_argument("--clean", type=int, default=0, help="more of those, their clean series alone: half the time")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "rubor-face-map")
    options = parser.parse_args()
    for title, held, count in (("tune", False, options.tune), ("report", True, options.report)):
        seeds = range(options.patients if count is None else count)
        outcomes = [outcome_of(patient(seed, held, options.cache)) for seed in seeds]
        more = range(len(seeds), len(seeds) + options.clean if held else 0)
        outcomes += [outcome_of(patient(seed, held, options.cache, clean=True)) for seed in more]
        report(title, [one for one in outcomes if one is not None])


if __name__ == "__main__":
    main()
