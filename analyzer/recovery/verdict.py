"""The verdict: from a series to points, curves, flags and one honest sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from analyzer.lamps import lamp_changes
from analyzer.reading import tone_class
from analyzer.recovery.band import Band, expected_band
from analyzer.recovery.claims import EXPECTED, load_claims, tone_group
from analyzer.recovery.course import Course, build_course, counts
from analyzer.recovery.flags import region_flags
from analyzer.recovery.odd import latest_z
from analyzer.recovery.points import delta_error, region_curve, region_point
from analyzer.recovery.results import Flag, Point, Recovery, RegionPoint, Status, Verdict
from analyzer.recovery.sessions import SessionPart, close_sessions, session_parts
from analyzer.recovery.settings import Settings
from analyzer.recovery.sides import SIDES, side_flag
from analyzer.recovery.signs import with_signs
from analyzer.recovery.surface_flags import SurfaceFindings, surface_findings
from analyzer.recovery.texts import day_words, sentence, summary
from analyzer.series import Observation, Series

FACE = "face"
MIN_PHOTOS = 2  # usable, of bare skin, with a card, after the treatment: fewer say nothing
MIN_PHOTOS_BLIND = 3  # without a photograph from before the treatment
UNSETTLED_Z = 2.5  # the latest photograph this far above what the others say: ask for another


@dataclass
class _Judged:
    """The courses of one session of one patient, the main region's first."""

    part: SessionPart
    series: Series
    order: tuple[Observation, ...]
    band: Band
    main: str
    tone: str | None
    courses: dict[str, Course] = field(default_factory=dict)
    surface: SurfaceFindings = field(default_factory=SurfaceFindings)


def judge(series: Series, settings: Settings | None = None) -> Recovery:
    """Judge one patient's series; never raises for a series of finite numbers, whatever their order.

    The main region (``face``, or else the one with most readings) carries the verdict; other regions add flags
    of their own with stronger evidence. Of several sessions the latest is judged; earlier flags are kept, closed.
    Photographs with make-up are shown and never judged; those without a card shape the curve and raise no flag.
    ``settings`` are a clinic's own numbers in place of the documents'.
    """
    order = tuple(sorted(series.observations, key=_in_time))
    first = series.treatment.sessions[0].treated_at
    parts = session_parts(series, order)
    judged = [_judge_session(one, settings) for one in parts]
    latest = judged[-1]
    main = latest.courses.get(latest.main)
    baselines = {
        name: {"a": round(course.baseline.a, 3), "a_se": round(course.baseline.a_se, 3)}
        for name, course in latest.courses.items()
        if course.baseline is not None
    }
    flags = _flags_of_sessions(judged)
    recovery = Recovery(
        patient=series.patient,
        usable=any(one.usable and one.regions for one in order),
        treated_at=series.treatment.treated_at.isoformat(),
        baseline_photos=main.baseline.photos if main is not None and main.baseline is not None else 0,
        baseline=baselines,
        points=tuple(
            _point(one, index, observation)
            for one in judged
            for index, observation in enumerate(one.order)
            if one.part.owns(observation)
        ),
        curve={name: region_curve(course) for name, course in latest.courses.items()},
        verdict=_verdict(latest, flags),
        problems=(*series.problems, *close_sessions(series)),
        tone=latest.tone,
        band_source=latest.band.source,
        sessions=tuple(one.treated_at.isoformat() for one in series.treatment.sessions),
        lamp_changes=lamp_changes(order, [one for one in order if one.captured_at < first]),
    )
    return with_signs(recovery, series)


def _judge_session(part: SessionPart, settings: Settings | None) -> _Judged:
    series = part.series
    order = series.observations
    tone = _tone(series, order)
    band = expected_band(series.treatment, tone, settings=settings)
    judged = _Judged(part, series, order, band, _main_region(order), tone)
    for region in _regions(order, judged.main):
        judged.courses[region] = build_course(series, order, region, band, judged.courses.get(judged.main))
    judged.surface = surface_findings(series)
    return judged


def _flags_of_sessions(judged: list[_Judged]) -> tuple[Flag, ...]:
    """The flags of the latest session, and those of the earlier ones, which the next treatment has ended."""
    kept: list[Flag] = []
    for one, following in pairwise(judged):
        elapsed = following.series.treatment.treated_at - one.series.treatment.treated_at
        ends = round(elapsed.total_seconds() / 86_400.0, 2)
        kept += [replace(flag, to_day=ends) if flag.open else flag for flag in _all_flags(one)]
    return (*_all_flags(judged[-1]), *kept)


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
    if not judged.surface.tells_sides and all(side in judged.courses for side in SIDES):
        flags += side_flag(judged.courses[SIDES[0]], judged.courses[SIDES[1]])
    flags += judged.surface.flags
    flags = [replace(flag, session=judged.part.number) for flag in flags]
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
        delta_se = delta_error(course, index, day, one)
        regions[name] = region_point(course, day, colour.a, delta_se)
        if name == judged.main and judgeable:
            status = course.status(day, colour.a, delta_se)
            if not one.calibrated and status != "within":
                status = "insufficient"
    usable = one.usable and bool(one.regions)
    session = judged.part.number if day >= 0 else None
    shown = judged.surface.points.get(one.file)
    light = round(one.light_on_face, 3) if one.light_on_face is not None else None
    return Point(one.file, one.captured_at.isoformat(), session, round(day, 4), usable, status, regions, shown, light)


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
    known = course.weighed
    return bool(known.slow[-1] < 0.5 and known.residual[-1] < 0.5)


def _unsettled(course: Course, opened: list[Flag]) -> bool:
    """A photograph that fits nothing else, with no flag open to explain it."""
    if opened or len(course.after) < MIN_PHOTOS:
        return False
    last = course.evidence.index[-1]
    if last in course.odd:
        return True
    if latest_z(course.evidence, int(course.weighed.best[-1])) > UNSETTLED_Z:
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
