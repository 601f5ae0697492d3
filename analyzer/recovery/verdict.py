"""The verdict: from a series to points, curves, flags and one honest sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from analyzer.reading import tone_class
from analyzer.recovery.band import Band, expected_band
from analyzer.recovery.claims import EXPECTED, load_claims, tone_group
from analyzer.recovery.course import Course, build_course, counts
from analyzer.recovery.curve import left_out
from analyzer.recovery.flags import SIDES, region_flags, side_flag
from analyzer.recovery.results import Flag, Point, Recovery, RegionCurve, RegionPoint, Status, Verdict
from analyzer.recovery.texts import day_words, sentence, summary
from analyzer.series import Observation, Series

FACE = "face"
MIN_PHOTOS = 2  # usable, of bare skin, with a card, after the treatment: fewer say nothing
MIN_PHOTOS_BLIND = 3  # without a photograph from before the treatment
UNSETTLED_Z = 2.5  # the latest photograph this far above what the others say: ask for another
LONGEST_INTERVAL = 99.0


@dataclass
class _Judged:
    """The courses of one patient, the main region's first."""

    series: Series
    order: tuple[Observation, ...]
    band: Band
    main: str
    courses: dict[str, Course] = field(default_factory=dict)


def judge(series: Series) -> Recovery:
    """Judge one patient's series; never raises for a series of finite numbers, whatever their order.

    The main region (``face``, or else the one with most readings) carries the verdict; other regions add flags
    of their own with stronger evidence. Photographs with make-up are shown and never judged; those without a card
    shape the curve and raise no flag.
    """
    order = tuple(sorted(series.observations, key=_in_time))
    tone = _tone(series, order)
    band = expected_band(series.treatment, tone)
    judged = _Judged(series, order, band, _main_region(order))
    for region in _regions(order, judged.main):
        judged.courses[region] = build_course(series, order, region, band)
    flags = _all_flags(judged)
    main = judged.courses.get(judged.main)
    baselines = {
        name: {"a": round(course.baseline.a, 3), "a_se": round(course.baseline.a_se, 3)}
        for name, course in judged.courses.items()
        if course.baseline is not None
    }
    return Recovery(
        patient=series.patient,
        usable=any(one.usable and one.regions for one in order),
        treated_at=series.treatment.treated_at.isoformat(),
        baseline_photos=main.baseline.photos if main is not None and main.baseline is not None else 0,
        baseline=baselines,
        points=tuple(_point(judged, index, one) for index, one in enumerate(order)),
        curve={name: _region_curve(course) for name, course in judged.courses.items()},
        verdict=_verdict(judged, flags),
        problems=series.problems,
        tone=tone,
    )


def _in_time(observation: Observation) -> tuple[object, ...]:
    """Order of time; what was taken at one time in one order whatever the order given."""
    values = tuple(sorted((name, colour.a, colour.a_se or 0.0) for name, colour in observation.regions.items()))
    flags = (observation.usable, observation.calibrated, observation.bare_skin, observation.lamp or "")
    return (observation.captured_at, observation.file, values, flags)


def _regions(order: Iterable[Observation], main: str) -> list[str]:
    names = sorted({name for one in order for name in one.regions})
    return [main, *[name for name in names if name != main]] if names else []


def _main_region(order: Iterable[Observation]) -> str:
    seen: dict[str, int] = {}
    for one in order:
        for name in one.regions:
            seen[name] = seen.get(name, 0) + 1
    if FACE in seen or not seen:
        return FACE
    return max(sorted(seen), key=lambda name: seen[name])


def _tone(series: Series, order: Iterable[Observation]) -> str | None:
    """ITA class of the baseline photographs: redness lowers ITA, so later ones only where there is none."""
    known = [(series.day_of(one), one.ita) for one in order if one.ita is not None and one.usable]
    values = [ita for day, ita in known if day < 0] or [ita for _, ita in known]
    return tone_class(float(np.median(values))) if values else None


def _all_flags(judged: _Judged) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    for name, course in judged.courses.items():
        found = region_flags(course, main=name == judged.main)
        # What the whole face shows is said once.
        flags += [flag for flag in found if name == judged.main or not _said(flag, flags, judged.main)]
    if all(side in judged.courses for side in SIDES):
        flags += side_flag(judged.courses[SIDES[0]], judged.courses[SIDES[1]])
    return tuple(sorted(flags, key=lambda flag: (flag.to_day is not None, flag.from_day, flag.region, flag.code)))


def _said(flag: Flag, flags: Iterable[Flag], main: str) -> bool:
    return any(
        one.region == main
        and one.open >= flag.open
        and (one.code == flag.code or (one.code == "rebound" and flag.code == "prolonged"))
        for one in flags
    )


def _point(judged: _Judged, index: int, one: Observation) -> Point:
    day = judged.series.day_of(one)
    regions: dict[str, RegionPoint] = {}
    status: Status = "insufficient"
    for name, course in judged.courses.items():
        colour = one.regions.get(name)
        if colour is None or not np.isfinite(colour.a):
            continue
        judgeable = counts(one, name)
        delta_se = (
            float(course.delta_se[course.track.index.index(index)]) if judgeable else _loose_se(course, one, name)
        )
        regions[name] = _region_point(course, day, colour.a, delta_se)
        if name == judged.main and judgeable:
            status = course.status(day, colour.a, delta_se)
            if not one.calibrated and status != "within":
                status = "insufficient"
    usable = one.usable and bool(one.regions)
    return Point(one.file, one.captured_at.isoformat(), 1 if day >= 0 else None, round(day, 4), usable, status, regions)


def _loose_se(course: Course, one: Observation, region: str) -> float:
    """Error of a reading that is shown and not judged (make-up, refused)."""
    from analyzer.recovery.noise import FLUSH_SD, bounded_se

    base = course.baseline.a_se if course.baseline is not None else 0.0
    return float(np.sqrt(bounded_se(one.regions[region].a_se, one.calibrated) ** 2 + FLUSH_SD**2 + base**2))


def _region_point(course: Course, day: float, a: float, delta_se: float) -> RegionPoint:
    delta = course.delta(a)
    if day < 0:
        known = delta is not None and np.isfinite(delta_se)
        return RegionPoint(
            round(a, 3), round(delta, 3) if delta is not None else None, round(delta_se, 3) if known else None
        )
    expected = {f"p{p}": round(course.band.quantile(day, p / 100), 4) for p in (5, 50, 95)}
    if delta is None:
        return RegionPoint(round(a, 3), expected_residual=expected)
    share = course.residual(a, delta_se)
    if share is None:
        return RegionPoint(round(a, 3), round(delta, 3), round(delta_se, 3), expected_residual=expected)
    residual, se = share
    low, high = (float(np.clip(residual + z * se, -LONGEST_INTERVAL, LONGEST_INTERVAL)) for z in (-1.96, 1.96))
    return RegionPoint(
        round(a, 3), round(delta, 3), round(delta_se, 3), round(residual, 4), (round(low, 4), round(high, 4)),
        expected, round(course.band.centile(day, residual), 1),
    )  # fmt: skip


def _region_curve(course: Course) -> RegionCurve:
    curve = course.curve
    if curve is None or not course.measurable:
        return RegionCurve(None, None, None, None, None)
    peak = course.peak
    low, high = curve.half_life_ci95
    return RegionCurve(
        round(peak, 3) if peak is not None else None,
        round(curve.peak_se, 3) if peak is not None else None,
        round(curve.half_life_days, 3),
        (round(low, 3), round(high, 3)),
        round(curve.clear_day, 2),
    )


def _verdict(judged: _Judged, flags: tuple[Flag, ...]) -> Verdict:
    main = judged.courses.get(judged.main)
    days = [judged.series.day_of(one) for one in judged.order if one.usable and one.regions]
    as_of = max((day for day in days if day >= 0), default=None)
    day = day_words(as_of) if as_of is not None else ""
    standing = sentence("standing")
    as_of = round(as_of, 2) if as_of is not None else None
    missing = _insufficient(judged, main)
    opened = [flag for flag in flags if flag.open]
    if missing is not None and not opened:
        return Verdict("insufficient", as_of, summary(missing), standing, flags)
    ask = sentence("repeat") if main is not None and _unsettled(main, opened) else None
    if any(flag.severity == "outside" for flag in opened):
        status: Status = "outside"
        text = summary("outside", day=day)
    elif opened:
        status = "watch"
        slow = any(flag.code in ("prolonged", "not_fading") for flag in opened)
        text = summary("watch" if slow else "watch_other", day=day)
    else:
        status = "within"
        text = _within_text(main, day)
    claims = tuple(dict.fromkeys(one for flag in opened for one in flag.claims)) or _band_claims(judged, as_of)
    return Verdict(status, as_of, f"{text} {ask}" if ask else text, standing, flags, claims, ask)


def _insufficient(judged: _Judged, main: Course | None) -> str | None:
    """Why nothing can be said, as the name of its sentence; None where enough is there."""
    after = [
        one for one in judged.order if judged.series.day_of(one) >= 0 and one.usable and judged.main in one.regions
    ]
    if main is None or not after:
        return "insufficient_none"
    if len(after) < MIN_PHOTOS:
        return "insufficient_one"
    bare = [one for one in after if counts(one, judged.main)]
    if len(bare) < MIN_PHOTOS:
        return "insufficient_bare"
    if len(main.after) < MIN_PHOTOS:
        return "insufficient_card"
    if main.baseline is None and not _clear_fall(main):
        return "insufficient_baseline"
    return None


def _clear_fall(course: Course) -> bool:
    """Without a baseline: at least three photographs, and they show that most of the redness has gone."""
    if len(course.after) < MIN_PHOTOS_BLIND or not course.measurable:
        return False
    slow = course.slow
    return bool(slow.slow[-1] < 0.5 and slow.residual[-1] < 0.5)


def _unsettled(course: Course, opened: list[Flag]) -> bool:
    """A photograph that fits nothing else, with no flag open to explain it."""
    if opened or len(course.after) < MIN_PHOTOS:
        return False
    last = course.evidence.index[-1]
    if last in course.odd:
        return True
    z, _ = left_out(course.evidence)
    if z[-1] > UNSETTLED_Z:
        return True
    row = course.track.index.index(last)
    place = course.status(float(course.track.days[row]), float(course.track.a[row]), float(course.delta_se[row]))
    return place == "outside"


def _within_text(main: Course | None, day: str) -> str:
    if main is not None and not main.measurable:
        return summary("within_none", day=day)
    if main is not None and main.baseline is None:
        return summary("within_fall", day=day)
    return summary("within", day=day)


def _band_claims(judged: _Judged, as_of: float | None) -> tuple[str, ...]:
    """The claims that speak of this day and that the band meets: what `within` rests on."""
    if as_of is None:
        return ()
    group = tone_group(judged.series.treatment.skin_tone)
    hour = 24.0 * as_of
    latest = max(claim.to_h or 0.0 for claim in load_claims() if claim.implies)
    speaking = [
        claim.id
        for claim in load_claims()
        if claim.implies and claim.who in EXPECTED and claim.applies_to(judged.series.treatment, group)
        if (claim.from_h or 0.0) <= min(hour, latest) <= (claim.to_h or latest) and judged.band.meets(claim)
    ]
    return tuple(speaking)
