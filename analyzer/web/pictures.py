"""Before/after pictures: drawn once, shown and downloaded from the same memory."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.archive import Archive
from analyzer.records.card_choice import CardChoice
from analyzer.records.courses import day_of
from analyzer.records.patients import get_patient
from analyzer.records.photographs import Photograph, face_maps, get_photograph, list_photographs, photograph_data
from analyzer.words import day, say
from calibration.language import language, speaking

Kind = Literal["png", "pdf"]
PICTURES_REMEMBERED = 8


def comparison(
    archive: Archive, actor: Actor, ids: tuple[str, str], region: str, anonymise: bool, kind: Kind = "png"
) -> bytes:
    """Two photographs of one patient side by side.

    Raises ``NoSuchRecord`` for photographs that are not the actor's or not of one person, and ``NotComparable``.
    """
    return _pair(archive, actor, ids, region, anonymise, kind)[0]


def comparison_doubt(archive: Archive, actor: Actor, ids: tuple[str, str], region: str, anonymise: bool) -> str:
    """The sentence that asks whether both photographs show one person, or ""; of the picture drawn last, at no cost."""
    return _pair(archive, actor, ids, region, anonymise, "png")[1]


def _pair(
    archive: Archive, actor: Actor, ids: tuple[str, str], region: str, anonymise: bool, kind: Kind
) -> tuple[bytes, str]:
    # The right to see is asked every time; only the picture itself is remembered.
    before, after = (get_photograph(archive, actor, one) for one in ids)
    if before.patient_id != after.patient_id:
        raise NoSuchRecord("pair of photographs of one person")
    names = (say("before_after.before"), say("before_after.after"))
    times = (_time(before, archive, actor, anonymise), _time(after, archive, actor, anonymise))
    pictures = [photograph_data(archive, actor, one) for one in ids]
    card = get_patient(archive, actor, before.patient_id).card
    return _drawn(pictures[0], pictures[1], region, anonymise, names, times, card, kind, language())


@lru_cache(maxsize=PICTURES_REMEMBERED)
def _drawn(
    before: bytes,
    after: bytes,
    region: str,
    anonymise: bool,
    names: tuple[str, str],
    times: tuple[str, str],
    card: CardChoice,
    kind: Kind,
    spoken: str,
) -> tuple[bytes, str]:
    from analyzer.compare import comparison as compared

    with speaking(spoken):
        page = compared(before, after, region, anonymise, names, card.wanted(), times)
        return page.png() if kind == "png" else page.pdf(), page.doubt


def change_map(archive: Archive, actor: Actor, photograph_id: str, width: int) -> bytes:
    """Where this photograph is redder than the ones before the treatment, as a PNG.

    Raises ``NoSuchRecord`` where the photograph is not the actor's, or has no map, or none from before to compare with.
    """
    after = get_photograph(archive, actor, photograph_id)
    patient = get_patient(archive, actor, after.patient_id)
    maps = face_maps(archive, actor, after.patient_id)
    first = patient.treatment.sessions[0].treated_at
    before = [
        maps[one.name]
        for one in list_photographs(archive, actor, after.patient_id)
        if one.name in maps and one.captured_at is not None and one.captured_at < first and one.bare_skin
    ]
    if not before or after.name not in maps:
        raise NoSuchRecord("map")
    return _map_drawn(tuple(before), maps[after.name], width)


@lru_cache(maxsize=PICTURES_REMEMBERED)
def _map_drawn(before: tuple[bytes, ...], after: bytes, width: int) -> bytes:
    from analyzer.surface.face_map import FaceMap
    from analyzer.surface.picture import change_map_png

    return change_map_png([FaceMap.from_bytes(one) for one in before], FaceMap.from_bytes(after), width=width)


def _time(photograph: Photograph, archive: Archive, actor: Actor, anonymise: bool) -> str:
    """Date and day; the day alone where the person is not to be recognised."""
    if photograph.captured_at is None:
        return ""
    patient = get_patient(archive, actor, photograph.patient_id)
    date = [] if anonymise else [photograph.captured_at.strftime(say("time.date"))]
    return " · ".join([*date, say("compare.day", day=day(day_of(photograph, patient)))])
