"""The analyzer's branch of the tree of errors (its root is in ``calibration.errors``)."""

from __future__ import annotations

from calibration.errors import RuborError

__all__ = ["NotComparable", "RuborError"]


class NotComparable(RuborError):
    """Two photographs cannot be shown side by side; the text says which one, and why."""
