"""A clinic's own numbers: a TOML file that may change any number behind the band, and the list of what it changed.

Every key is optional; what is not named stays as the documents (and our starting values) have it. See docs/recovery.md.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from analyzer.recovery.band import anybody, expected_band, population
from analyzer.recovery.claims import WordTable
from analyzer.recovery.settings import BandFit, Learned, Settings, document_settings
from analyzer.treatment import Treatment
from calibration.errors import UsageError, shown

SECTIONS = ("name", "band", "shares", "levels", "words", "shifts", "limits", "learned")
SHOWN_DAYS = (1.0, 2.0, 3.0, 7.0, 14.0)

# What a number may be: beyond these it is a slip, or no band at all.
_SHARE, _LEVEL, _HOURS = (0.01, 0.99), (0.01, 0.95), (0.25, 2000.0)
_SHIFT_RANGES: Mapping[str, tuple[float, float]] = {
    "factor": (0.25, 4.0), "lighter": (0.25, 4.0), "darker": (0.25, 4.0), "low": (0.1, 5.0), "high": (0.1, 5.0),
    "reference_mm": (0.1, 8.0), "power": (0.0, 2.0), "usual": (1.0, 30.0), "per_pass": (0.0, 0.5),
}  # fmt: skip
_BAND_RANGES: Mapping[str, tuple[float, float]] = {"median_h": (0.5, 336.0), "sigma": (0.05, 2.0)}
_LIMIT_RANGES: Mapping[str, tuple[float, float]] = {
    "watch_centile": (80.0, 99.5), "not_yet_h": (12.0, 144.0), "met_tolerance": (0.0, 0.5),
    "strong_start_a": (3.0, 40.0),
}  # fmt: skip
_RISING_SHARES = ("few", "some", "most", "all")


class ClinicError(UsageError):
    """The clinic's file is missing or wrong; the text says where and what is expected."""


def read_clinic(path: Path) -> Settings:
    """Read a clinic's TOML. Raises :class:`ClinicError` with one plain sentence."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ClinicError(f"There is no file {path.name}.") from None
    except (OSError, UnicodeDecodeError):
        raise ClinicError(f"{path.name} cannot be read as text.") from None
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise ClinicError(f"{path.name} is not valid TOML: {' '.join(str(error).split())}.") from None
    return parse_clinic(document, path.name)


def parse_clinic(document: Mapping[str, Any], source: str = "clinic.toml") -> Settings:
    """Check a mapping with the keys of a clinic's TOML; raises :class:`ClinicError`."""
    base = document_settings()
    for key in document:
        if key not in SECTIONS:
            raise ClinicError(f"{source}: there is no key {shown(key)}; known are {', '.join(SECTIONS)}.")
    name = document.get("name", "clinic")
    if not isinstance(name, str) or not name.strip() or len(name) > 80 or not name.isprintable():
        raise _wrong(source, "name", name, "write the clinic's name as text, in one line")
    words = WordTable(
        _numbers(document, "shares", base.words.shares, _SHARE, source),
        _numbers(document, "levels", base.words.levels, _LEVEL, source),
        _numbers(document, "words", base.words.words, _HOURS, source),
    )
    _check_order(words, source)
    limits = _section(document, "limits", source)
    _known(limits, "limits", _LIMIT_RANGES, source)
    learned = _learned(_section(document, "learned", source), source) if "learned" in document else None
    settings = Settings(
        words=words,
        shifts=_shifts(_section(document, "shifts", source), base.shifts, source),
        limits=replace(
            base.limits, **{key: _number(limits[key], f"limits.{key}", _LIMIT_RANGES[key], source) for key in limits}
        ),
        source=_source(name.strip(), learned),
        learned=learned,
    )
    band = _section(document, "band", source)
    _known(band, "band", _BAND_RANGES, source)
    if band:
        fitted = population(settings)
        known = {key: _number(band[key], f"band.{key}", _BAND_RANGES[key], source) for key in band}
        settings = replace(settings, fit=replace(fitted, **known))
    return settings


def changes(settings: Settings) -> list[dict[str, Any]]:
    """Every number that differs from the documents' own, with what it was and what it is."""
    before, after = dict(_leaves(document_settings())), dict(_leaves(settings))
    return [
        {"number": name, "before": before.get(name), "after": value}
        for name, value in after.items()
        if before.get(name) != value
    ]


def band_changes(
    settings: Settings, treatment: Treatment | None = None, tone: str | None = None
) -> list[dict[str, Any]]:
    """The band of this treatment before and after a clinic's numbers, on days 1, 2, 3, 7 and 14."""
    record = treatment or anybody()
    before, after = expected_band(record, tone), expected_band(record, tone, settings=settings)
    return [{"day": day, "before": before.row(day), "after": after.row(day)} for day in SHOWN_DAYS]


def clinic_toml(name: str, fit: BandFit, learned: Learned) -> str:
    """A clinic's file that holds a learned band, labelled as learned."""
    low, high = learned.median_h_ci95
    sigma_low, sigma_high = learned.sigma_ci95
    return f"""\
# Learned by Rubor from {learned.series} series of this clinic, on {learned.date}. The five documents were the prior and
# weigh {learned.prior_weight:.0%} of the whole. Use it with: rubor analyze FOLDER --clinic THIS_FILE
name = {_quoted(name)}

[band]
median_h = {fit.median_h:.3f}
sigma = {fit.sigma:.4f}

[learned]
series = {learned.series}
date = "{learned.date}"
prior_weight = {learned.prior_weight:.4f}
median_h_ci95 = [{low:.3f}, {high:.3f}]
sigma_ci95 = [{sigma_low:.4f}, {sigma_high:.4f}]
"""


def _source(name: str, learned: Learned | None) -> str:
    if learned is None:
        return f"numbers of {name}"
    return f"learned from {learned.series} series of {name} on {learned.date}"


def _section(document: Mapping[str, Any], key: str, source: str) -> Mapping[str, Any]:
    section = document.get(key, {})
    if not isinstance(section, Mapping):
        raise _wrong(source, key, section, f"write it as a table, [{key}]")
    return section


def _known(section: Mapping[str, Any], where: str, known: Mapping[str, Any], source: str) -> None:
    for key in section:
        if key not in known:
            raise ClinicError(f"{source}: there is no key {shown(f'{where}.{key}')}; known are {', '.join(known)}.")


def _numbers(
    document: Mapping[str, Any], key: str, base: Mapping[str, float], limits: tuple[float, float], source: str
) -> Mapping[str, float]:
    section = _section(document, key, source)
    _known(section, key, base, source)
    return {**base, **{name: _number(section[name], f"{key}.{name}", limits, source) for name in section}}


def _number(value: object, key: str, limits: tuple[float, float], source: str) -> float:
    low, high = limits
    expected = f"write a number from {low:g} to {high:g}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(source, key, value, expected)
    if not (low <= value <= high) or not math.isfinite(value):
        raise _wrong(source, key, value, expected)
    return value


def _check_order(words: WordTable, source: str) -> None:
    """Words have an order of their own: a table that turns it around would turn the claims around."""
    shares = [words.shares[name] for name in _RISING_SHARES]
    if sorted(set(shares)) != shares:
        raise ClinicError(f"{source}: the shares must rise from {' to '.join(_RISING_SHARES)}.")
    levels = [words.levels[name] for name in ("all_signs_gone", "gone", "minimal", "most_of_it_gone", "halved")]
    if sorted(set(levels)) != levels:
        raise ClinicError(
            f"{source}: the levels must rise from all_signs_gone, gone, minimal, most_of_it_gone to halved."
        )


def _shifts(section: Mapping[str, Any], base: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    _known(section, "shifts", base, source)
    table = deepcopy(dict(base))
    for name in section:
        entry = _section(section, name, source)
        if name in ("conditions", "procedure"):
            for word in entry:
                if name == "procedure":
                    _known(entry, "shifts.procedure", base["procedure"], source)
                old = table[name].get(word.lower(), _NEW_CONDITION)
                where = f"shifts.{name}.{word}"
                table[name][word.lower()] = _shift(_section(entry, word, source), old, where, source)
        else:
            table[name] = _shift(entry, table[name], f"shifts.{name}", source)
    for name in ("depth", "passes", "together"):
        if table[name]["low"] > table[name]["high"]:
            raise ClinicError(f"{source}: shifts.{name}.low is above shifts.{name}.high.")
    return table


_NEW_CONDITION: Mapping[str, Any] = {"factor": 1.0, "basis": "clinic", "claims": [], "why": "Set by the clinic."}


def _shift(entry: Mapping[str, Any], old: Mapping[str, Any], where: str, source: str) -> dict[str, Any]:
    numbers = {key: value for key, value in old.items() if key in _SHIFT_RANGES}
    _known(entry, where, numbers, source)
    new = {key: _number(entry[key], f"{where}.{key}", _SHIFT_RANGES[key], source) for key in entry}
    label = {"basis": "clinic", "why": "Set by the clinic."} if new and "basis" in old else {}
    return {**old, **new, **label}


def _learned(section: Mapping[str, Any], source: str) -> Learned:
    keys = ("series", "date", "prior_weight", "median_h_ci95", "sigma_ci95")
    _known(section, "learned", dict.fromkeys(keys), source)
    for key in keys:
        if key not in section:
            raise ClinicError(
                f"{source}: learned.{key} is missing; a learned file is written by rubor windows --learn."
            )
    pairs = {}
    for key in ("median_h_ci95", "sigma_ci95"):
        pair = section[key]
        if not isinstance(pair, list) or len(pair) != 2:
            raise _wrong(source, f"learned.{key}", pair, "write two numbers")
        pairs[key] = (
            _number(pair[0], f"learned.{key}", (0.0, 2000.0), source),
            _number(pair[1], f"learned.{key}", (0.0, 2000.0), source),
        )
    date = str(section["date"])
    if len(date) > 20 or not date.isprintable():
        raise _wrong(source, "learned.date", date, "write a date like 2026-05-01")
    return Learned(
        series=int(_number(section["series"], "learned.series", (1, 1e7), source)),
        date=date,
        prior_weight=_number(section["prior_weight"], "learned.prior_weight", (0.0, 1.0), source),
        **pairs,
    )


def _leaves(settings: Settings) -> Iterator[tuple[str, float]]:
    """Every number with its name, as it stands in a clinic's file."""
    fit = population(settings)
    yield "band.median_h", round(fit.median_h, 3)
    yield "band.sigma", round(fit.sigma, 4)
    for section, table in asdict(settings.words).items():
        yield from ((f"{section}.{name}", float(value)) for name, value in table.items())
    yield from _table_leaves(settings.shifts, "shifts")
    yield from ((f"limits.{name}", float(value)) for name, value in asdict(settings.limits).items())


def _table_leaves(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, float]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _table_leaves(value, f"{where}.{key}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{where}.{key}", float(value)


def _wrong(source: str, key: str, value: object, expected: str) -> ClinicError:
    return ClinicError(f"{source}: {key} = {shown(value)} is not expected; {expected}.")


def _quoted(text: str) -> str:
    """A TOML string; the name was checked to be one printable line."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


__all__ = [
    "ClinicError",
    "band_changes",
    "changes",
    "clinic_toml",
    "parse_clinic",
    "read_clinic",
]
