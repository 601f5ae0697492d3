"""The treatment record: ``treatment.toml`` as a typed, checked object."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from calibration.errors import UsageError

PROCEDURES = ("microneedling", "rf-microneedling", "derma-roller")
SKIN_TONES = ("auto", "I", "II", "III", "IV", "V", "VI")


class TreatmentError(UsageError):
    """The treatment record is missing or wrong; the text says where and what is expected."""


@dataclass(frozen=True)
class Treatment:
    """One session. ``treated_at`` is aware; the rest may be unknown (None) or at its default."""

    treated_at: datetime
    procedure: str = "microneedling"
    needle_depth_mm: float | None = None
    passes: int | None = None
    body_area: str = "face"
    skin_tone: str = "auto"
    sensitive_skin: bool = False
    conditions: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return {
            "treated_at": self.treated_at.isoformat(),
            "procedure": self.procedure,
            "needle_depth_mm": self.needle_depth_mm,
            "passes": self.passes,
            "body_area": self.body_area,
            "skin_tone": self.skin_tone,
            "sensitive_skin": self.sensitive_skin,
            "conditions": list(self.conditions),
        }


def read_treatment(path: Path) -> Treatment:
    """Read ``treatment.toml``. Raises :class:`TreatmentError` with one plain sentence."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TreatmentError(
            f"There is no {path.name} in {path.parent.name or '.'}: write one with at least treated_at "
            "= 2026-05-01T10:30:00+02:00, the time of the treatment with its offset."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise TreatmentError(f"{path.name} cannot be read as text: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise TreatmentError(f"{path.name} is not valid TOML: {error}.") from None
    return parse_treatment(document, path.name)


def parse_treatment(document: Mapping[str, Any], source: str = "treatment.toml") -> Treatment:
    """Check a mapping with the keys of ``treatment.toml``; raises :class:`TreatmentError`."""
    raise NotImplementedError
