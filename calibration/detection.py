"""Find the card in a photograph, check that it really is the card, and read its patches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.card_reading import CardReading, CardSearch, PatchSpectra
from calibration.cards import AUTO, NONE, PRINTED, load_card, names
from calibration.photo import Photo
from calibration.problems import Problem, problem

if TYPE_CHECKING:
    from calibration.card_copies import Copies

PAIRED_FILE = ".toml"


@dataclass(frozen=True, eq=False)
class _Wanted:
    """What to look for: which cards, and what their patches are (None: as measured for the ColorChecker; as homes print
    our own on average, which takes longer to work out than most photographs take to search)."""

    bought: str | None
    printed: bool
    bought_patches: PatchSpectra | None
    printed_patches: PatchSpectra | None = None


def find_card(photo: Photo, card: str | PatchSpectra = AUTO) -> CardSearch:
    """Find ``card`` in ``photo``.

    ``card`` is a name of :func:`calibration.cards.names`, ``auto``, ``none`` (do not look), or the path of a file that
    pairing wrote, or a print's own patches as pairing learned them. A bought card's name and ``auto`` may end in
    ``@before-2014`` or ``@after-2014``, the card's edition.

    Raises ``UnknownCard`` for another name or file. A card that is covered, cut, blurred or too small is not read:
    ``card_unreadable`` says why; a chart with other colours gives ``unknown_card``; without any card, and for
    ``none``, ``no_card``. A reading may come with ``card_clipped``, and with ``unpaired_card`` for a home print whose
    colours nobody has measured.
    """
    if card == NONE:
        return CardSearch(NONE, None, (problem("no_card"),))
    wanted, asked = _wanted(card), card if isinstance(card, str) else PRINTED
    # Brings OpenCV with it, which who only handles results need not load.
    from calibration.card_copies import Copies

    copies = Copies(photo)
    if not wanted.printed:
        return CardSearch(asked, *_Bought(copies, photo, wanted).look())
    if wanted.bought is None:
        return CardSearch(asked, *_printed(copies, photo, wanted))
    # A bought card beside a printed one is the better one: where it is found at once, nothing else is looked for.
    bought = _Bought(copies, photo, wanted)
    better = bought.look(1)
    if better[0] is not None:
        return CardSearch(asked, *better)
    found = _printed(copies, photo, wanted, slice(1))
    seen = _codes(found) != {"no_card"}
    better = bought.look(2) if seen else bought.look()
    if better[0] is not None:
        return CardSearch(asked, *better)
    if not seen and _codes(better) == {"no_card"}:
        # The finest look is left to who says that the card is there: without one it costs most.
        found = _printed(copies, photo, wanted, slice(1, 2))
        seen = _codes(found) != {"no_card"}
    return CardSearch(asked, *(found if seen else better))


def _wanted(card: str | PatchSpectra) -> _Wanted:
    if isinstance(card, PatchSpectra):
        return _Wanted(None, True, None, card)
    from calibration.card_spectra import edition_of, edition_spectra

    if card.lower().endswith(PAIRED_FILE):
        from calibration.paired_card import read_paired

        return _Wanted(None, True, None, read_paired(Path(card)).spectra())
    name, at, edition = card.partition("@")
    if name == AUTO:
        return _Wanted(names()[0], True, edition_spectra(edition_of(edition if at else None)))
    kind = load_card(name if name != PRINTED or not at else card)
    if kind.name == PRINTED:
        return _Wanted(None, True, None)
    return _Wanted(kind.name, False, edition_spectra(edition_of(edition if at else None)))


_Found = tuple[CardReading | None, tuple[Problem, ...]]


class _Bought:
    """The search for a bought card, as the edition that was asked for."""

    def __init__(self, copies: Copies, photo: Photo, wanted: _Wanted) -> None:
        from calibration.card_search import Search

        self._search = Search(copies, photo, load_card(wanted.bought or names()[0]))
        self._patches = wanted.bought_patches

    def look(self, times: int | None = None) -> _Found:
        """Look ``times`` more times (None: as often as makes sense)."""
        reading, problems = self._search.look() if times is None else self._search.look(times)
        return (replace(reading, patches=self._patches) if reading else None), problems


def _printed(copies: Copies, photo: Photo, wanted: _Wanted, looks: slice = slice(None)) -> _Found:
    from calibration.card_search import search_printed
    from calibration.card_spectra import unpaired_spectra

    reading, problems = search_printed(copies, photo, load_card(PRINTED), looks)
    if reading is None:
        return None, problems
    patches = wanted.printed_patches or unpaired_spectra()
    if not patches.paired:
        problems = (*problems, problem("unpaired_card"))
    return replace(reading, patches=patches), problems


def _codes(found: _Found) -> set[str]:
    """Why nothing was read; empty with a reading."""
    return {one.code for one in found[1]} if found[0] is None else set()
