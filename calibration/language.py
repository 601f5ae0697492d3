"""The language in which Rubor speaks.

Every language is one file, ``translations/<code>.toml``, with one table for each room: a translator needs nothing else.
Only what the documents say stands in English with the claims themselves. What a translation lacks is said in English.
The language belongs to the running context (a thread, a page), not to the program.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
DEFAULT = "en"
VARIABLE = "RUBOR_LANG"

_spoken: ContextVar[str | None] = ContextVar("rubor_language", default=None)


def language() -> str:
    """The code of the language spoken now: as chosen, else the environment's ``RUBOR_LANG``, else English."""
    return _spoken.get() or known(os.environ.get(VARIABLE)) or DEFAULT


def known(wanted: str | None) -> str | None:
    """The code of a language that Rubor speaks for a tag such as ``de``, ``de-AT`` or ``de_DE.UTF-8``; else None."""
    code = (wanted or "").strip().replace("_", "-").split("-")[0].split(".")[0].casefold()
    return code if code in LANGUAGES else None


def speak(code: str | None) -> None:
    """Speak this language from here on in this context; None goes back to the environment's."""
    if code is not None and code not in LANGUAGES:
        raise ValueError(f"there is no language {code!r}; known are {', '.join(LANGUAGES)}")
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language inside the ``with`` block."""
    before = _spoken.get()
    speak(code)
    try:
        yield
    finally:
        _spoken.set(before)


def texts(room: str) -> dict[str, Any]:
    """The texts of one room in the language spoken now; what is not translated stays English."""
    return _texts(room, language())


@cache
def _texts(room: str, spoken: str) -> dict[str, Any]:
    english: dict[str, Any] = _translation(DEFAULT)[room]
    return english if spoken == DEFAULT else _over(english, _translation(spoken).get(room, {}))


def in_language(room: str, english: Mapping[str, Any]) -> dict[str, Any]:
    """Sentences that stand elsewhere in English, such as claims, in the language spoken now."""
    spoken = language()
    return dict(english) if spoken == DEFAULT else _over(english, _translation(spoken).get(room, {}))


def _over(english: Mapping[str, Any], translated: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(english)
    for key, value in english.items():
        other = translated.get(key)
        if isinstance(value, Mapping):
            merged[key] = _over(value, other if isinstance(other, Mapping) else {})
        elif isinstance(value, str) and isinstance(other, str):
            merged[key] = other
    return merged


@cache
def _translation(code: str) -> dict[str, Any]:
    return tomllib.loads(
        files("calibration").joinpath("translations").joinpath(f"{code}.toml").read_text(encoding="utf-8")
    )
