"""Every number behind a band in one object: the documents' own reading, or a clinic's. Handed from call to call, never
kept anywhere."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from analyzer.recovery.claims import WordTable, document_words

DOCUMENTS = "documents"


@dataclass(frozen=True)
class BandFit:
    """The population's half-lives in hours: log-normal with this median and this SD of the logarithm."""

    median_h: float
    sigma: float


@dataclass(frozen=True)
class Limits:
    """Where the band's limits lie; ``limits.toml`` says what each is."""

    watch_centile: float = 95.0
    not_yet_h: float = 72.0
    met_tolerance: float = 0.10
    strong_start_a: float = 12.0


@dataclass(frozen=True)
class Learned:
    """How a band was learned from a clinic's own series. The intervals are of 95 %."""

    series: int
    date: str
    prior_weight: float
    median_h_ci95: tuple[float, float]
    sigma_ci95: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        return {
            "series": self.series,
            "date": self.date,
            "prior_weight": self.prior_weight,
            "median_h_ci95": list(self.median_h_ci95),
            "sigma_ci95": list(self.sigma_ci95),
        }


@dataclass(frozen=True)
class Settings:
    """The numbers: how words are read, how the record moves the band, its limits, and whose they are.

    ``fit`` stands in place of the fit to the documents where a clinic gives or learned one. ``source`` is said wherever
    the band is shown.
    """

    words: WordTable
    shifts: Mapping[str, Any]
    limits: Limits
    fit: BandFit | None = None
    source: str = DOCUMENTS
    learned: Learned | None = None


@cache
def document_settings() -> Settings:
    """The documents' numbers, with our table of words and our starting values."""
    return Settings(document_words(), _toml("shifts.toml"), Limits(**_toml("limits.toml")))


@cache
def stored_fit() -> BandFit:
    """The fit as stored in ``band_fit.toml``; a test makes it again and compares."""
    fit = _toml("band_fit.toml")
    return BandFit(fit["median_h"], fit["sigma"])


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(files("analyzer.recovery").joinpath(name).read_text(encoding="utf-8"))
