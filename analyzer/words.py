"""The app's sentences (``translations``, table ``app``); pages hold no text of their own."""

from __future__ import annotations

from html import escape
from typing import Any

from calibration.language import texts


def table(path: str) -> dict[str, Any]:
    """A whole table of texts, such as ``form.tones``; raises ``KeyError`` where there is none."""
    entry: Any = texts("app")
    for part in path.split("."):
        entry = entry[part]
    if not isinstance(entry, dict):
        raise KeyError(path)
    return entry


def say(path: str, **facts: object) -> str:
    """The sentence at ``path`` (``table.key``), filled in. Raises ``KeyError`` for an unknown one."""
    where, _, key = path.rpartition(".")
    return str(table(where)[key]).format(**facts)


def region_name(region: str) -> str:
    """A region in words; one this file does not know is shown by its own name."""
    return str(table("region").get(region, region.replace("_", " ")))


def document_name(document: str) -> str:
    """A document's title, or its file name where it has none."""
    return str(table("documents").get(document, document))


def plain(text: object) -> str:
    """``text`` made safe inside HTML."""
    return escape(str(text))


def day(number: float) -> str:
    """A day for people: one decimal, no minus zero."""
    return f"{round(number, 1) + 0.0:.1f}"
