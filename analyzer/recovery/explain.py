"""How the band came about, for people who want to check it.

Each claim's words and numbers, what the band makes of it, which claims cannot be true together, and the band of every
kind of treatment side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from analyzer.recovery.band import (
    BAND_DAYS,
    CENTILES,
    Band,
    anybody,
    claims_of,
    expected_band,
    fit_band,
    half_life_of,
    of_anybody,
    population,
    windows,
)
from analyzer.recovery.claims import Claim, Implied, ToneGroup, load_contradictions
from analyzer.recovery.settings import Settings, document_settings
from analyzer.recovery.shifts import Shift, together, tone_versions
from analyzer.treatment import Treatment

# One thing changed at a time; depths as the one document that names any has them (0.25-0.5 superficial, 1.0-2.5 deep).
_CHANGED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("face", {}),
    ("body", {"body_area": "legs"}),
    ("superficial needling, 0.5 mm", {"needle_depth_mm": 0.5}),
    ("standard needling, 1.0 mm", {"needle_depth_mm": 1.0}),
    ("deep needling, 2.0 mm", {"needle_depth_mm": 2.0}),
    ("microneedling pen", {"procedure": "microneedling"}),
    ("derma roller", {"procedure": "derma-roller"}),
    ("radio-frequency microneedling", {"procedure": "rf-microneedling"}),
    ("sensitive skin", {"sensitive_skin": True}),
    ("rosacea", {"conditions": ("rosacea",)}),
    ("eczema", {"conditions": ("eczema",)}),
    ("diabetes", {"conditions": ("diabetes",)}),
)


@dataclass(frozen=True)
class Clash:
    """Two inequalities that no population of falling courses can meet both."""

    one: str
    other: str
    why: str

    def to_json(self) -> dict[str, Any]:
        return {"claims": [self.one, self.other], "why": self.why}


def explain(
    treatment: Treatment | None = None, tone: str | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """The document ``rubor.windows/1`` with everything behind it.

    Besides what :func:`windows` gives: ``numbers`` (the table of words), ``fit`` (the population, and what it would be
    without each document), for each claim ``reading`` (its inequalities) and ``contradicts``, ``clashes``, and
    ``variants`` (the band of every kind of treatment, from hour 1 to day 42).
    """
    numbers = settings or document_settings()
    record = treatment or anybody()
    band = expected_band(record, tone, settings=numbers)
    document = windows(treatment, tone, settings=numbers)
    by_id = {claim.id: claim for claim in claims_of(numbers)}
    found = list(clashes(list(by_id.values()), numbers.limits.met_tolerance))
    for entry in document["claims"]:
        claim = by_id[entry["id"]]
        entry["reading"] = [_reading(one, band) for one in claim.implies]
        entry["fitted"] = bool(claim.implies) and of_anybody(claim)
        entry["contradicts"] = _contradicted(claim.id, found)
    document["numbers"] = {
        "shares": dict(numbers.words.shares),
        "levels": dict(numbers.words.levels),
        "words": dict(numbers.words.words),
    }
    document["fit"] = _fit(numbers)
    document["clashes"] = [clash.to_json() for clash in found]
    document["variants"] = variants(numbers)
    return document


def clashes(claims: Sequence[Claim], tolerance: float = 0.10) -> Iterator[Clash]:
    """Pairs of claims about the same people that cannot both hold, whatever the population, as long as redness falls.

    One says that a share p has at most x left at hour t; the other that a share q has at least y >= x left at a later
    hour (or more than x at the same). With p + q above 1 somebody would have to be in both; the ``tolerance`` is there
    because shares are words turned into numbers.
    """
    upper = [(claim, one) for claim in claims for one in claim.implies if one.side == "at_most"]
    lower = [(claim, one) for claim in claims for one in claim.implies if one.side == "at_least"]
    seen: set[tuple[str, str]] = set()
    for (first, most), (second, least) in product(upper, lower):
        if (first.id, second.id) in seen or first.id == second.id or not _same_people(first, second):
            continue
        later = least.at_h >= most.at_h
        fuller = least.level > most.level or (least.level == most.level and least.at_h > most.at_h)
        if later and fuller and most.share + least.share > 1.0 + tolerance + 1e-9:
            seen.add((first.id, second.id))
            why = (
                f"{most.share:.0%} of people with at most {most.level:.0%} left at {most.at_h:g} h, "
                f"and {least.share:.0%} with at least {least.level:.0%} left at {least.at_h:g} h"
            )
            yield Clash(first.id, second.id, why)


def variants(settings: Settings | None = None) -> list[dict[str, Any]]:
    """The band of every kind of treatment, one thing changed at a time, in centiles of the residual by day.

    Tones come as each section of the documents has them, and as they are used here.
    """
    numbers = settings or document_settings()
    plain = anybody()
    rows = [
        _variant(name, expected_band(replace(plain, **change), settings=numbers)) for name, change in _CHANGED
    ]  # fmt: skip
    base = expected_band(plain, settings=numbers)
    groups: tuple[ToneGroup, ...] = ("lighter", "darker")
    for group in groups:
        used = expected_band(plain, "II" if group == "lighter" else "V", settings=numbers)
        rows += [
            _variant(f"{group} tones, as {' and '.join(shift.claims)} say", _shifted(base, shift, numbers), used=False)
            for shift in tone_versions(numbers.shifts, group)
        ]
        rows.append(_variant(f"{group} tones, as used here", used))
    return rows


def _variant(name: str, band: Band, used: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "used": used,
        "shifts": [shift.to_json() for shift in band.shifts],
        "half_life_h": {f"p{centile}": round(band.half_life_h(centile / 100), 2) for centile in CENTILES},
        "band": [band.row(day) for day in BAND_DAYS],
    }


def _shifted(base: Band, shift: Shift, settings: Settings) -> Band:
    return replace(base, median_h=base.median_h * together((shift,), settings.shifts), shifts=(shift,))


def _reading(implied: Implied, band: Band) -> dict[str, Any]:
    """One inequality: from which words it came, what it asks, and what the band gives."""
    return {
        "at_h": implied.at_h,
        "hour_from": implied.hour_word or "figure",
        "side": implied.side,
        "level": implied.level,
        "level_from": implied.level_word,
        "share": implied.share,
        "share_from": implied.share_word,
        "half_life_h": round(half_life_of(implied), 2),
        "band_share": round(band.share_of(implied), 3),
        "met": band.met(implied),
        "in_words": (
            f"for {implied.share:.0%} ({implied.share_word}) "
            f"{'at most' if implied.side == 'at_most' else 'at least'} {implied.level:.0%} "
            f"({implied.level_word.replace('_', ' ')}) at {implied.at_h:g} h"
            f"{f' ({implied.hour_word})' if implied.hour_word else ''}"
        ),
    }


def _contradicted(name: str, found: Sequence[Clash]) -> list[str]:
    """Ids of the claims that this one contradicts: by the list of the documents' contradictions, or by arithmetic."""
    others: dict[str, None] = {}
    for one in load_contradictions():
        if any(name in side for side in one.sides):
            others.update(dict.fromkeys(other for side in one.sides if name not in side for other in side))
    for clash in found:
        if name in (clash.one, clash.other):
            others[clash.other if name == clash.one else clash.one] = None
    others.pop(name, None)
    return sorted(others)


def _same_people(first: Claim, second: Claim) -> bool:
    """Whether two claims speak of the same people: neither is only about a tone, area, skin or care of its own."""
    return (first.tone, first.area, first.sensitive, first.care) == (
        second.tone,
        second.area,
        second.sensitive,
        second.care,
    )


def _fit(settings: Settings) -> dict[str, Any]:
    """The population in use, the fit to the claims, and what rests on each document."""
    used, made = population(settings), fit_band(settings=settings)
    documents = sorted({claim.document for claim in claims_of(settings)})
    without = {name: fit_band(leave_out=name, settings=settings) for name in documents}
    fitted = [one for claim in claims_of(settings) if of_anybody(claim) for one in claim.implies]
    return {
        "source": settings.source,
        "median_h": round(used.median_h, 3),
        "sigma": round(used.sigma, 4),
        "claims_median_h": round(made.median_h, 3),
        "claims_sigma": round(made.sigma, 4),
        "inequalities": len(fitted),
        "method": (
            "redness left = 2 ^ -(hours / half-life), half-lives log-normal over people; each inequality is one "
            "equation of the logarithm of the half-life, solved by least squares, every document with one voice"
        ),
        "without": {
            name: {"median_h": round(one.median_h, 3), "sigma": round(one.sigma, 3)} for name, one in without.items()
        },
    }
