"""The sentences of ``texts.toml``, filled in."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(files("analyzer.recovery").joinpath("texts.toml").read_text(encoding="utf-8"))


def sentence(name: str) -> str:
    """A sentence that stands by itself: ``standing``, ``contact``, ``repeat``."""
    return str(_texts()[name])


def summary(name: str, **facts: object) -> str:
    return str(_texts()["summary"][name]).format(**facts)


def flag_texts(name: str, **facts: object) -> tuple[str, str]:
    """Message for the patient and detail for the clinician."""
    entry = _texts()["flags"][name]
    return entry["message"].format(**facts), entry["detail"].format(**facts)


def region_words(region: str) -> str:
    """The region as people call it; a region of another room's by its own name without underscores."""
    return str(_texts()["regions"].get(region, region.replace("_", " ")))


def day_words(day: float) -> str:
    """A day as it stands in a sentence: whole, as a document's days are."""
    return f"{day:.0f}"
