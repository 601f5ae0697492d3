"""Find the card in a photograph, check that it really is the card, and read its patches."""

from __future__ import annotations

from calibration.card_reading import CardSearch
from calibration.cards import AUTO, NONE, load_card, names
from calibration.photo import Photo
from calibration.problems import problem


def find_card(photo: Photo, card: str = AUTO) -> CardSearch:
    """Find ``card`` in ``photo``: a name of :func:`calibration.cards.names`, ``auto``, or ``none`` (do not look).

    Raises ``UnknownCard`` for another name. A card that is covered, cut, blurred or too small is not read:
    ``card_unreadable`` says why; a chart with other colours gives ``unknown_card``; without any card, and for
    ``none``, ``no_card``. A reading may come with ``card_clipped``.
    """
    if card == NONE:
        return CardSearch(card, None, (problem("no_card"),))
    kind = load_card(names()[0] if card == AUTO else card)
    # Brings OpenCV with it, which who only handles results need not load.
    from calibration.card_search import search

    reading, problems = search(photo, kind)
    return CardSearch(card, reading, problems)
