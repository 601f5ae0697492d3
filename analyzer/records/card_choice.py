"""Which colour card a patient's photographs are taken with: asked once, kept with the record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calibration.errors import UsageError

if TYPE_CHECKING:
    from calibration.card_reading import PatchSpectra

ANY, OLDER, NEWER, PRINTED, NO_CARD = "auto", "auto@before-2014", "auto@after-2014", "rubor", "none"
CARDS = (ANY, OLDER, NEWER, PRINTED, NO_CARD)


@dataclass(frozen=True)
class CardChoice:
    """``name`` is one of :data:`CARDS`; ``paired``, for ``rubor`` alone, what pairing wrote of this very print."""

    name: str = ANY
    paired: str | None = None

    def __post_init__(self) -> None:
        if self.name not in CARDS:
            raise UsageError(f"There is no card called {self.name}; known are {', '.join(CARDS)}.")
        if self.paired is not None and self.name != PRINTED:
            raise UsageError("Only the printed card is paired.")

    def wanted(self) -> str | PatchSpectra:
        """What :func:`calibration.detection.find_card` takes."""
        if self.paired is None:
            return self.name
        from calibration.paired_card import parse_paired

        return parse_paired(self.paired, "The record's card").spectra()

    def method(self, version: str) -> str:
        """``version`` of the method with this card: a reading made with another card is another reading."""
        if self == CardChoice():
            return version
        paired = "" if self.paired is None else "-" + hashlib.sha256(self.paired.encode()).hexdigest()[:12]
        return f"{version}-{self.name.replace('@', '-')}{paired}"


def learn_print(data: bytes, name: str, beside: str) -> CardChoice:
    """The printed card with the colours of the print in this photograph, taken beside the bought card ``beside``.

    ``beside`` is ``ANY``, ``OLDER`` or ``NEWER``. Raises ``NothingToAnalyze`` where one of the cards cannot be read,
    and ``UnreadablePhoto``.
    """
    from calibration.pairing import pair
    from calibration.photo import decode_photo

    return CardChoice(PRINTED, pair(decode_photo(data, name), beside).to_toml())
