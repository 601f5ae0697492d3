"""What a report says, before it is drawn as HTML or PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """What a report says, before it is drawn."""

    title: str
    treated: str
    verdict: Mapping[str, Any]
    urgent: bool
    days: tuple[tuple[str, ...], ...]
    claims: tuple[str, ...]
    problems: tuple[str, ...]
    chart: Any
