"""Before/after pictures: drawn once, shown and downloaded from the same memory."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Literal

from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.archive import Archive
from analyzer.records.courses import day_of
from analyzer.records.patients import get_patient
from analyzer.records.photographs import Photograph, get_photograph, photograph_data
from analyzer.words import day, say

Kind = Literal["png", "pdf"]
PICTURES_REMEMBERED = 8


def comparison(
    archive: Archive, actor: Actor, ids: tuple[str, str], region: str, anonymise: bool, kind: Kind = "png"
) -> bytes:
    """Two photographs of one patient side by side.

    Raises ``NoSuchRecord`` for photographs that are not the actor's or not of one person, and ``NotComparable``.
    """
    # The right to see is asked every time; only the picture itself is remembered.
    before, after = (get_photograph(archive, actor, one) for one in ids)
    if before.patient_id != after.patient_id:
        raise NoSuchRecord("pair of photographs of one person")
    titles = (_title("before", before, archive, actor), _title("after", after, archive, actor))
    pictures = [photograph_data(archive, actor, one) for one in ids]
    return _drawn(pictures[0], pictures[1], region, anonymise, titles, kind)


@lru_cache(maxsize=PICTURES_REMEMBERED)
def _drawn(before: bytes, after: bytes, region: str, anonymise: bool, titles: tuple[str, str], kind: Kind) -> bytes:
    from analyzer.compare import compare_pictures

    picture = compare_pictures(before, after, region, anonymise, titles)
    out = BytesIO()
    picture.convert("RGB").save(out, format=kind.upper())
    return out.getvalue()


def _title(which: str, photograph: Photograph, archive: Archive, actor: Actor) -> str:
    word = say(f"before_after.{which}")
    if photograph.captured_at is None:
        return word
    patient = get_patient(archive, actor, photograph.patient_id)
    return say("before_after.titled", word=word, day=day(day_of(photograph, patient)))
