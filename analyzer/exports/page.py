"""What a report says, before it is drawn as HTML or PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAYS_COLUMNS = ("Day", "Photograph", "a*", "Change (95 %)", "Redness left", "Expected", "Status")
NOTE = (
    "Measured from photographs with a colour card; changes are in CIELAB a* against the patient's own baseline, with "
    "their 95 % interval. The expected band comes from what five public documents on microneedling say; it is not a "
    "clinical norm, and this report is not a diagnosis."
)


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
