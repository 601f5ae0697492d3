"""Photographs of a record: take one in, say what became of it, show it, remove it.

A photograph is never lost: it is kept before it is measured, and whatever the measuring says. Only a
file that is no readable photograph is not kept.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analyzer.reading import Reading
from analyzer.records.access import Actor, note, patient_of, photograph_of
from analyzer.records.analyst import Measurement
from analyzer.records.archive import Archive, at_offset, offset_minutes
from analyzer.records.database import PatientRow, PhotographRow, ReadingRow
from analyzer.records.patients import card_of, treatment_of
from calibration.errors import InputError
from calibration.problems import Problem, problem, reworded

if TYPE_CHECKING:
    from calibration.photo import Photo

MAX_FILE_NAME = 120
VIEW_QUALITY = 88
Outcome = Literal["used", "doubtful", "not_used", "unmeasured", "duplicate", "not_kept"]
_log = logging.getLogger(__name__)
_keeping = Lock()


@dataclass(frozen=True)
class Photograph:
    """One kept photograph; ``captured_at`` is aware, on the clock where it was taken, None if unknown."""

    id: str
    patient_id: str
    name: str
    captured_at: datetime | None
    bare_skin: bool
    reading: Reading | None

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.reading.problems if self.reading else ()


@dataclass(frozen=True)
class Answer:
    """What became of a photograph that was sent.

    ``used``: measured, nothing to complain of. ``doubtful``: measured, with problems. ``not_used``:
    kept, but refused by the measuring. ``unmeasured``: kept, the measuring itself failed.
    ``duplicate``: was here already. ``not_kept``: not a photograph that can be read.
    """

    name: str
    outcome: Outcome
    photograph: Photograph | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def needs_time(self) -> bool:
        return self.photograph is not None and self.photograph.captured_at is None


def add_photograph(
    archive: Archive,
    actor: Actor,
    patient_id: str,
    data: bytes,
    name: str,
    *,
    bare_skin: bool,
    captured_at: datetime | None = None,
) -> Answer:
    """Take in one photograph. ``captured_at`` (aware) overrides the file's own time."""
    from calibration.clean import strip_metadata
    from calibration.photo import decode_photo

    digest = hashlib.sha256(data).hexdigest()
    name = _tidy(name)
    try:
        # The copy that is kept has no metadata, so the file's own time is read before anything can go wrong.
        photo = decode_photo(data, name)
        clean = strip_metadata(data, name)
    except InputError as error:
        return Answer(name, "not_kept", problems=(error.problem,))
    # Several files of one name, or the same file twice, may come in together.
    with _keeping:
        twin = _twin(archive, actor, patient_id, digest)
        if twin is not None:
            return Answer(name, "duplicate", twin, twin.problems)
        kept = _keep(archive, actor, patient_id, clean, digest, photo, bare_skin, captured_at or photo.captured_at)
    kept = _measure(archive, data, kept)
    return Answer(kept.name, _outcome(kept), kept, kept.problems)


def set_time(archive: Archive, actor: Actor, photograph_id: str, captured_at: datetime) -> Photograph:
    """Say when a photograph was taken (aware)."""
    with archive.session() as session:
        row = photograph_of(session, actor, photograph_id)
        row.captured_at, row.offset_minutes = captured_at, offset_minutes(captured_at)
        note(session, actor, "change", f"photograph {photograph_id}")
        session.flush()
        return _photograph(session, row, archive)


def set_bare_skin(archive: Archive, actor: Actor, photograph_id: str, bare_skin: bool) -> Photograph:
    """Say whether the skin was bare in a photograph."""
    with archive.session() as session:
        row = photograph_of(session, actor, photograph_id)
        row.bare_skin = bare_skin
        note(session, actor, "change", f"photograph {photograph_id}")
        session.flush()
        return _photograph(session, row, archive)


def list_photographs(archive: Archive, actor: Actor, patient_id: str) -> list[Photograph]:
    """The patient's photographs in order of time, those without one last."""
    with archive.session() as session:
        patient_of(session, actor, patient_id)
        rows = session.scalars(
            sa.select(PhotographRow)
            .where(PhotographRow.patient_id == patient_id)
            .order_by(PhotographRow.captured_at.is_(None), PhotographRow.captured_at, PhotographRow.added_at)
        ).all()
        return [_photograph(session, row, archive) for row in rows]


def measure_missing(archive: Archive, actor: Actor, patient_id: str, stop: Event | None = None) -> None:
    """Read the photographs that this method, with the patient's card, has not read yet, until ``stop`` is set."""
    for kept in list_photographs(archive, actor, patient_id):
        if stop is not None and stop.is_set():
            return
        if kept.reading is None:
            _measure(archive, _data(archive, actor, kept.id, "measure"), kept)


def get_photograph(archive: Archive, actor: Actor, photograph_id: str) -> Photograph:
    """One photograph's record. Raises :class:`~analyzer.records.access.NoSuchRecord`."""
    with archive.session() as session:
        return _photograph(session, photograph_of(session, actor, photograph_id), archive)


def photograph_data(archive: Archive, actor: Actor, photograph_id: str) -> bytes:
    """The photograph as it is kept: whole, without metadata."""
    return _data(archive, actor, photograph_id, "view")


def photograph_view(archive: Archive, actor: Actor, photograph_id: str, max_side: int) -> bytes:
    """A JPEG of the photograph for showing: upright, sRGB, no side above ``max_side``, no metadata."""
    with archive.session() as session:
        row = photograph_of(session, actor, photograph_id)
        note(session, actor, "view", f"photograph {photograph_id}")
        key, name = row.object_key, row.name
    made = archive.photos.view(key, f"{max_side}.jpg")
    if made is None:
        from calibration.clean import clean_jpeg
        from calibration.photo import decode_photo

        made = clean_jpeg(decode_photo(archive.photos.get(key), name), quality=VIEW_QUALITY, max_side=max_side)
        archive.photos.put_view(key, f"{max_side}.jpg", made)
    return made


def face_maps(archive: Archive, actor: Actor, patient_id: str) -> dict[str, bytes]:
    """The face maps of the patient's photographs by file name, made by this method."""
    with archive.session() as session:
        patient_of(session, actor, patient_id)
        rows = session.scalars(sa.select(PhotographRow).where(PhotographRow.patient_id == patient_id)).all()
        keys = {row.name: row.object_key for row in rows}
        method = _method(session, archive, patient_id)
    found = {name: archive.photos.view(key, _map_name(method)) for name, key in keys.items()}
    return {name: data for name, data in found.items() if data is not None}


def photograph_outline(archive: Archive, actor: Actor, photograph_id: str) -> bytes | None:
    """The outline of face and card in a photograph as a PNG, clear but for its lines; None where none was made."""
    with archive.session() as session:
        row = photograph_of(session, actor, photograph_id)
        key, method = row.object_key, _method(session, archive, row.patient_id)
        note(session, actor, "view", f"outline of photograph {photograph_id}")
    return archive.photos.view(key, _outline_name(method))


def delete_photograph(archive: Archive, actor: Actor, photograph_id: str) -> None:
    """Remove a photograph, its readings and its views for good."""
    with archive.session() as session:
        row = photograph_of(session, actor, photograph_id)
        key = row.object_key
        session.delete(row)
        note(session, actor, "delete", f"photograph {photograph_id}")
    archive.photos.delete(key)


def _method(session: Session, archive: Archive, patient_id: str) -> str:
    """How this patient's photographs are read now: the method's version, with the patient's card."""
    return card_of(session.get_one(PatientRow, patient_id)).method(archive.analyst.version)


def _map_name(method: str) -> str:
    return f"map-{method}.png"


def _outline_name(method: str) -> str:
    return f"outline-{method}.png"


def _twin(archive: Archive, actor: Actor, patient_id: str, digest: str) -> Photograph | None:
    """The photograph of this patient with the same content, if there is one."""
    with archive.session() as session:
        patient_of(session, actor, patient_id)
        row = session.scalars(
            sa.select(PhotographRow).where(PhotographRow.patient_id == patient_id, PhotographRow.sha256 == digest)
        ).first()
        return _photograph(session, row, archive) if row else None


def _keep(
    archive: Archive,
    actor: Actor,
    patient_id: str,
    clean: bytes,
    digest: str,
    photo: Photo,
    bare_skin: bool,
    taken: datetime | None,
) -> Photograph:
    new_id = str(uuid.uuid4())
    key = f"{patient_id}/{new_id}"
    archive.photos.put(key, clean)
    try:
        with archive.session() as session:
            if taken is not None and taken.tzinfo is None:
                taken = taken.replace(tzinfo=treatment_of(session, patient_id).treated_at.tzinfo)
            row = PhotographRow(
                id=new_id,
                patient_id=patient_id,
                sha256=digest,
                name=_free_name(session, patient_id, photo.file),
                captured_at=taken,
                offset_minutes=offset_minutes(taken) if taken else None,
                bare_skin=bare_skin,
                object_key=key,
                # Metadata-free copies are JPEG as it came, or else PNG (calibration.clean).
                media_type="image/jpeg" if clean.startswith(b"\xff\xd8") else "image/png",
                width=photo.width,
                height=photo.height,
                added_at=datetime.now(UTC),
            )
            session.add(row)
            note(session, actor, "add", f"photograph {new_id}")
            session.flush()
            return _photograph(session, row, archive)
    except BaseException:
        archive.photos.delete(key)
        raise


def _measure(archive: Archive, data: bytes, kept: Photograph) -> Photograph:
    """Read the photograph and keep what was read. Measuring that breaks must not lose it: it comes back unread."""
    with archive.session() as session:
        card = card_of(session.get_one(PatientRow, kept.patient_id))
    try:
        measured = archive.analyst.read(data, kept.name, card)
    except InputError as error:
        measured = Measurement(Reading(kept.name, None, None, None, usable=False, problems=(error.problem,)))
    except Exception:
        _log.exception("measuring photograph %s failed", kept.id)
        return kept
    return _keep_measurement(archive, kept, measured, card.method(archive.analyst.version))


def _keep_measurement(archive: Archive, kept: Photograph, measured: Measurement, method: str) -> Photograph:
    with archive.session() as session:
        row = session.get_one(PhotographRow, kept.id)
        # The pictures first: a reading that stands is never without the map it was made with.
        for name, picture in ((_map_name(method), measured.face_map), (_outline_name(method), measured.outline)):
            if picture is not None:
                archive.photos.put_view(row.object_key, name, picture)
        document = measured.reading.to_json()
        session.merge(ReadingRow(photograph_id=kept.id, method_version=method, document=document))
        session.flush()
        return _photograph(session, row, archive)


def _photograph(session: Session, row: PhotographRow, archive: Archive) -> Photograph:
    taken = None
    if row.captured_at is not None:
        taken = at_offset(row.captured_at, row.offset_minutes or 0)
    stored = session.get(ReadingRow, (row.id, _method(session, archive, row.patient_id)))
    reading = _completed(Reading.from_json(stored.document), row, taken) if stored else None
    return Photograph(row.id, row.patient_id, row.name, taken, row.bare_skin, reading)


def _completed(reading: Reading, row: PhotographRow, taken: datetime | None) -> Reading:
    """The reading with what people said of the photograph: its time, and whether the skin was bare."""
    problems = [reworded(one) for one in reading.problems if one.code != "no_time"]
    if taken is None:
        problems.append(problem("no_time"))
    if not row.bare_skin and all(one.code != "made_up" for one in problems):
        problems.append(problem("made_up"))
    return replace(reading, file=row.name, captured_at=taken, problems=tuple(problems))


def _outcome(kept: Photograph) -> Outcome:
    if kept.reading is None:
        return "unmeasured"
    if not kept.reading.usable:
        return "not_used"
    # A missing time is asked for on its own; it says nothing against the picture.
    return "doubtful" if any(one.code != "no_time" for one in kept.problems) else "used"


def _data(archive: Archive, actor: Actor, photograph_id: str, action: str) -> bytes:
    with archive.session() as session:
        key = photograph_of(session, actor, photograph_id).object_key
        note(session, actor, action, f"photograph {photograph_id}")
    return archive.photos.get(key)


def _tidy(name: str) -> str:
    """The bare file name, printable and of a sane length."""
    base = PurePosixPath(PureWindowsPath(name).name).name
    base = "".join(letter for letter in base if letter.isprintable()).strip() or "photograph"
    suffix = PurePath(base).suffix[:12]
    return base if len(base) <= MAX_FILE_NAME else base[: MAX_FILE_NAME - len(suffix)] + suffix


def _free_name(session: Session, patient_id: str, name: str) -> str:
    """``name``, or ``name (2)`` where the patient has a photograph of that name already."""
    taken = set(session.scalars(sa.select(PhotographRow.name).where(PhotographRow.patient_id == patient_id)))
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{stem} ({count}){suffix}"
    return free
