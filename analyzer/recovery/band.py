"""The expected band: the population of recoveries that explains the documents' claims best.

Redness left after t hours is ``2 ** -(t / h)`` of its peak, and the half-life h is log-normal over people. A claim
"for a share p of people the residual at hour t is at most x" says that the p-quantile of h lies at
``t / log2(1 / x)``; so each claim is one equation in the logarithm of h, and the band is their least-squares solution
with every document given one voice. The fit is stored in ``band_fit.toml`` and is made again by :func:`fit_band`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.claims import (
    EXPECTED,
    Claim,
    Implied,
    claims_read_by,
    document_words,
    load_claims,
    load_contradictions,
    load_milestones,
    tone_group,
)
from analyzer.recovery.settings import BandFit, Limits, Settings, document_settings, stored_fit
from analyzer.recovery.shifts import Shift, shifts_for, together
from analyzer.treatment import Treatment

SCHEMA = "rubor.windows/1"
CENTILES = (5, 25, 50, 75, 95)

# A warning pattern by contract: so much of the peak, or more, still there on that day.
HALF_ON_DAY = 7.0
HALF = 0.5

SMALLEST_SIGMA = 0.05  # people differ, whatever a table of words makes of them

BAND_DAYS = (
    1 / 24, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0,
    14.0, 16.0, 18.0, 21.0, 24.0, 28.0, 35.0, 42.0,
)  # fmt: skip

PLAIN_LIMITS = Limits()
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Band:
    """What is expected of one treatment: quantiles and centiles of the residual by day."""

    median_h: float
    sigma: float
    shifts: tuple[Shift, ...] = ()
    slowest_h: float = 336.0
    limits: Limits = PLAIN_LIMITS
    gone: float = 0.10
    source: str = "documents"

    def half_life_h(self, p: float) -> float:
        """The p-quantile (0 < p < 1) of half-lives, in hours: slower recoveries have higher p."""
        return self.median_h * math.exp(self.sigma * _NORMAL.inv_cdf(p))

    def quantile(self, day: float, p: float) -> float:
        """The residual that a share p of people is at or below on that day (1 up to day 0)."""
        return 1.0 if day <= 0 else 2.0 ** -(24.0 * day / self.half_life_h(p))

    def centile(self, day: float, residual: float) -> float:
        """The percentage of people (0 to 100) with less redness left on that day."""
        if residual <= 0:
            return 0.0
        if residual >= 1 or day <= 0:
            return 100.0
        return 100.0 * self.share_at_most(24.0 * day, residual)

    def share_at_most(self, hour: float, residual: float) -> float:
        """The share of people with at most so much of the peak left at that hour; 0 < residual < 1, hour > 0."""
        half_life = hour / math.log2(1.0 / residual)
        return _NORMAL.cdf(math.log(half_life / self.median_h) / self.sigma)

    def slow(self, day: float) -> float:
        """Where `watch` begins, on that day: the 95th centile of the residual, unless a clinic set another."""
        return self.quantile(day, self.limits.watch_centile / 100.0)

    @property
    def gone_day(self) -> float:
        """The day on which the slow edge of the band comes down to what counts as gone."""
        return self.half_life_h(self.limits.watch_centile / 100.0) / 24.0 * math.log2(1.0 / self.gone)

    def slowest(self, day: float) -> float:
        """Where `outside` begins: the slowest course that any document describes of most, some or all people.

        Not yet fading until the latest hour that a document allows for that (R48), half the peak on day 7 (a warning
        pattern by contract), and gone (10 %) when the longest claim ends (R26, R47, R59: two weeks); straight lines
        of the logarithm between. No claim bounds what is left before fading must have begun.
        """
        knots = (
            (self.limits.not_yet_h / 24.0, 1.0),
            (HALF_ON_DAY, HALF),
            (max(self.slowest_h / 24.0, HALF_ON_DAY + 1.0), self.gone),
        )
        described = _log_interpolated(day, knots)
        expected = self.slow(day) if day < HALF_ON_DAY else min(self.slow(day), HALF)
        return max(described, expected)

    def meets(self, claim: Claim) -> bool | None:
        """Whether the band does what the claim implies, within the tolerance; None if it implies nothing.

        A tolerance, because the shares are words turned into numbers, no better than that.
        """
        if claim.informational:
            return None
        return all(self.met(one) for one in claim.implies)

    def met(self, implied: Implied) -> bool:
        return self.share_of(implied) >= implied.share - self.limits.met_tolerance

    def share_of(self, implied: Implied) -> float:
        """The share of people in this band for whom the implied inequality holds."""
        at_most = self.share_at_most(implied.at_h, implied.level)
        return at_most if implied.side == "at_most" else 1.0 - at_most

    def row(self, day: float) -> dict[str, float]:
        """One row of the band as in ``rubor.windows/1``, with the two limits."""
        row = {"day": round(day, 4)}
        row.update({f"p{centile}": round(self.quantile(day, centile / 100), 4) for centile in CENTILES})
        row["outside_above"] = round(self.slowest(day), 4)
        return row


def expected_band(
    treatment: Treatment, tone: str | None = None, base: BandFit | None = None, settings: Settings | None = None
) -> Band:
    """The band for this treatment record.

    ``tone`` is an ITA class or Fitzpatrick type for a record that leaves it to the photographs; ``settings`` are a
    clinic's own numbers in place of the documents', ``base`` replaces their population alone.
    """
    group = tone_group(treatment.skin_tone) or tone_group(tone)
    numbers = settings or document_settings()
    fit = base or population(numbers)
    shifts = shifts_for(treatment, group, numbers.shifts)
    lasting = [claim for claim in claims_of(numbers) if claim.lasts_h and claim.who in EXPECTED]
    return Band(
        median_h=fit.median_h * together(shifts, numbers.shifts),
        sigma=fit.sigma,
        shifts=shifts,
        slowest_h=max(claim.lasts_h or 0.0 for claim in lasting if claim.applies_to(treatment, group)),
        limits=numbers.limits,
        gone=numbers.words.levels["gone"],
        source=numbers.source,
    )


def population(settings: Settings) -> BandFit:
    """The half-lives of people at large: a clinic's own figures, or the fit to the claims as they are read here."""
    if settings.fit is not None:
        return settings.fit
    return stored_fit() if settings.words == document_words() else fit_band(settings=settings)


def claims_of(settings: Settings) -> tuple[Claim, ...]:
    """The documents' claims, their words read by these settings."""
    return load_claims() if settings.words == document_words() else claims_read_by(settings.words)


def windows(
    treatment: Treatment | None = None,
    tone: str | None = None,
    base: BandFit | None = None,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """The document ``rubor.windows/1``: every claim, whether the band meets it, and the band.

    ``met`` is null for a claim that is informational or speaks of other people than this patient.
    """
    record = treatment or anybody()
    numbers = settings or document_settings()
    band = expected_band(record, tone, base, numbers)
    group = tone_group(record.skin_tone) or tone_group(tone)
    claims = []
    for claim in claims_of(numbers):
        speaks = claim.applies_to(record, group)
        met = band.meets(claim) if speaks else None
        claims.append({**claim.to_json(), "met": met, "applies": speaks, "informational": claim.informational})
    return {
        "schema": SCHEMA,
        "treatment": treatment.to_json() if treatment else {},
        "source": numbers.source,
        "learned": numbers.learned.to_json() if numbers.learned else None,
        "claims": claims,
        "band": [band.row(day) for day in BAND_DAYS],
        "half_life_h": {f"p{centile}": round(band.half_life_h(centile / 100), 2) for centile in CENTILES},
        "shifts": [shift.to_json() for shift in band.shifts],
        "contradictions": [one.to_json() for one in load_contradictions()],
        "milestones": [one.to_json() for one in load_milestones()],
    }


def fit_band(leave_out: str | None = None, settings: Settings | None = None) -> BandFit:
    """Fit the population to the claims; deterministic. ``leave_out`` drops one document, to see what rests on it.

    Each inequality is one equation ``log h = mu + sigma z`` with z the normal quantile of its share; every document
    has one voice, however many claims it makes. Claims of sensitive skin, of the body and of special care speak of
    other people than the population at large, so they are not in the fit: they are checked against the band shifted
    for such a record.
    """
    claims = claims_of(settings or document_settings())
    rows = [(claim.document, one) for claim in claims if of_anybody(claim) for one in claim.implies]
    rows = [(document, one) for document, one in rows if document != leave_out]
    voices = Counter(document for document, _ in rows)
    weight = np.array([1.0 / math.sqrt(voices[document]) for document, _ in rows])
    log_h = np.array([math.log(half_life_of(one)) for _, one in rows])
    sign = np.array([1.0 if one.side == "at_most" else -1.0 for _, one in rows])
    z = sign * np.array([_NORMAL.inv_cdf(one.share) for _, one in rows])
    equations: NDArray[np.float64] = np.column_stack([weight, weight * z])
    mu, sigma = np.linalg.lstsq(equations, weight * log_h, rcond=None)[0]
    return BandFit(float(math.exp(mu)), max(float(sigma), SMALLEST_SIGMA))


def half_life_of(implied: Implied) -> float:
    """The half-life, in hours, that lies on the edge of this inequality."""
    return implied.at_h / math.log2(1.0 / implied.level)


def of_anybody(claim: Claim) -> bool:
    """Whether a claim speaks of people at large, so that it is in the fit."""
    return claim.care is None and claim.sensitive is None and claim.area != "body"


def anybody() -> Treatment:
    """A plain facial treatment, for a band without a record."""
    from datetime import UTC, datetime

    return Treatment(datetime(2000, 1, 1, tzinfo=UTC))


def _log_interpolated(day: float, knots: tuple[tuple[float, float], ...]) -> float:
    if day <= knots[0][0]:
        return knots[0][1]
    for (from_day, from_level), (to_day, to_level) in pairwise(knots):
        if day <= to_day:
            part = (day - from_day) / (to_day - from_day)
            return float(from_level * (to_level / from_level) ** part)
    return knots[-1][1]
