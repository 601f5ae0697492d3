"""The expected band: the population of recoveries that explains the documents' claims best.

Redness left after t hours is ``2 ** -(t / h)`` of its peak, and the half-life h is log-normal over people. A claim
"for a share p of people the residual at hour t is at most x" says that the p-quantile of h lies at
``t / log2(1 / x)``; so each claim is one equation in the logarithm of h, and the band is their least-squares solution
with every document given one voice. The fit is stored in ``band_fit.toml`` and is made again by :func:`fit_band`.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.claims import (
    EXPECTED,
    Claim,
    Implied,
    level,
    load_claims,
    load_contradictions,
    load_milestones,
    tone_group,
)
from analyzer.recovery.shifts import Shift, shifts_for, together
from analyzer.treatment import Treatment

SCHEMA = "rubor.windows/1"
CENTILES = (5, 25, 50, 75, 95)

# A claim counts as met when the share it speaks of is reached within this much: the shares themselves
# are words turned into numbers, no better than that.
MET_TOLERANCE = 0.10

# A warning pattern by contract: so much of the peak, or more, still there on that day.
HALF_ON_DAY = 7.0

BAND_DAYS = (
    1 / 24, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0,
    14.0, 16.0, 18.0, 21.0, 24.0, 28.0, 35.0, 42.0,
)  # fmt: skip

_NORMAL = NormalDist()


@dataclass(frozen=True)
class BandFit:
    """The population's half-lives in hours: log-normal with this median and this SD of the logarithm."""

    median_h: float
    sigma: float


@dataclass(frozen=True)
class Band:
    """What is expected of one treatment: quantiles and centiles of the residual by day."""

    median_h: float
    sigma: float
    shifts: tuple[Shift, ...] = ()
    slowest_h: float = 336.0
    not_yet_h: float = 72.0

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
        """Where `watch` begins: the 95th centile of the residual, on that day."""
        return self.quantile(day, 0.95)

    def slowest(self, day: float) -> float:
        """Where `outside` begins: the slowest course that any document describes of most, some or all people.

        Not yet fading until the latest hour that a document allows for that (R48), half the peak on day 7 (a warning
        pattern by contract), and gone (10 %) when the longest claim ends (R26, R47, R59: two weeks); straight lines
        of the logarithm between. No claim bounds what is left before fading must have begun.
        """
        knots = (
            (self.not_yet_h / 24.0, 1.0),
            (HALF_ON_DAY, level("halved")),
            (max(self.slowest_h / 24.0, HALF_ON_DAY + 1.0), level("gone")),
        )
        described = _log_interpolated(day, knots)
        expected = self.slow(day) if day < HALF_ON_DAY else min(self.slow(day), level("halved"))
        return max(described, expected)

    def meets(self, claim: Claim) -> bool | None:
        """Whether the band does what the claim implies, within ``MET_TOLERANCE``; None if it implies nothing."""
        if claim.informational:
            return None
        return all(self.share_of(one) >= one.share - MET_TOLERANCE for one in claim.implies)

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


def expected_band(treatment: Treatment, tone: str | None = None, base: BandFit | None = None) -> Band:
    """The band for this treatment record.

    ``tone`` is an ITA class or Fitzpatrick type for a record that leaves it to the photographs; ``base`` replaces the
    documents' population (a clinic's own figures).
    """
    group = tone_group(treatment.skin_tone) or tone_group(tone)
    fit = base or stored_fit()
    shifts = shifts_for(treatment, group)
    lasting = [claim for claim in load_claims() if claim.lasts_h and claim.who in EXPECTED]
    slowest_h = max(claim.lasts_h or 0.0 for claim in lasting if claim.applies_to(treatment, group))
    return Band(fit.median_h * together(shifts), fit.sigma, shifts, slowest_h, _not_yet_h())


def windows(treatment: Treatment | None = None, tone: str | None = None, base: BandFit | None = None) -> dict[str, Any]:
    """The document ``rubor.windows/1``: every claim, whether the band meets it, and the band.

    ``met`` is null for a claim that is informational or speaks of other people than this patient.
    """
    record = treatment or _anybody()
    band = expected_band(record, tone, base)
    group = tone_group(record.skin_tone) or tone_group(tone)
    claims = []
    for claim in load_claims():
        speaks = claim.applies_to(record, group)
        met = band.meets(claim) if speaks else None
        claims.append({**claim.to_json(), "met": met, "applies": speaks, "informational": claim.informational})
    return {
        "schema": SCHEMA,
        "treatment": treatment.to_json() if treatment else {},
        "claims": claims,
        "band": [band.row(day) for day in BAND_DAYS],
        "half_life_h": {f"p{centile}": round(band.half_life_h(centile / 100), 2) for centile in CENTILES},
        "shifts": [shift.to_json() for shift in band.shifts],
        "contradictions": [one.to_json() for one in load_contradictions()],
        "milestones": [vars(one) for one in load_milestones()],
    }


def fit_band(leave_out: str | None = None) -> BandFit:
    """Fit the population to the claims; deterministic. ``leave_out`` drops one document, to see what rests on it.

    Claims of sensitive skin, of the body and of special care speak of other people than the population at large, so
    they are not in the fit: they are checked against the band shifted for such a record.
    """
    from scipy.optimize import least_squares

    rows = [(claim.document, one) for claim in load_claims() if _of_anybody(claim) for one in claim.implies]
    rows = [(document, one) for document, one in rows if document != leave_out]
    voices = Counter(document for document, _ in rows)
    weight = np.array([1.0 / math.sqrt(voices[document]) for document, _ in rows])
    log_h = np.array([math.log(one.at_h / math.log2(1.0 / one.level)) for _, one in rows])
    sign = np.array([1.0 if one.side == "at_most" else -1.0 for _, one in rows])
    z = sign * np.array([_NORMAL.inv_cdf(one.share) for _, one in rows])

    def misfit(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(weight * (x[0] + x[1] * z - log_h), dtype=np.float64)

    solution = least_squares(misfit, np.array([math.log(15.0), 1.0]))
    return BandFit(float(math.exp(solution.x[0])), float(solution.x[1]))


@cache
def stored_fit() -> BandFit:
    """The fit as stored in ``band_fit.toml``; a test makes it again and compares."""
    text = files("analyzer.recovery").joinpath("band_fit.toml").read_text(encoding="utf-8")
    fit = tomllib.loads(text)
    return BandFit(fit["median_h"], fit["sigma"])


def _of_anybody(claim: Claim) -> bool:
    return claim.care is None and claim.sensitive is None and claim.area != "body"


@cache
def _not_yet_h() -> float:
    """The latest hour at which some document still lets redness look unreduced (R48)."""
    return next(claim.from_h or 0.0 for claim in load_claims() if claim.id == "R48")


def _anybody() -> Treatment:
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
