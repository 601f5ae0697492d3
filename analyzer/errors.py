"""The analyzer's branch of the tree of errors (its root is in ``calibration.errors``)."""

from __future__ import annotations

from calibration.errors import RuborError, UsageError

__all__ = ["NotComparable", "NotYet", "RuborError"]


class NotComparable(RuborError):
    """Two photographs cannot be shown side by side; the text says which one, and why."""


class NotYet(UsageError):
    """Promised in the contract, not built yet: the text says what to do meanwhile."""
