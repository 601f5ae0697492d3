"""One photograph, from its bytes to its reading: calibrated, face found, regions measured, or refused with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzer.measured import Measured
from analyzer.reading import FACE, FaceReading, Reading
from calibration.card_reading import PatchSpectra
from calibration.correction import Calibration, calibrate
from calibration.detection import find_card
from calibration.errors import InputError
from calibration.photo import Photo, decode_photo, read_photo
from calibration.problems import Problem, problem

if TYPE_CHECKING:
    from analyzer.face import Face
    from analyzer.surface.face_map import FaceMap

# Counted up whenever a change moves a measured figure: stored readings of another version are measured anew.
METHOD_VERSION = "7"

# Measuring needs no more pixels than this along a side: a face fills half of it, and the mean a* of a region
# moves by less than 0.06 between a full and a halved photograph.
WORKING_SIDE = 2048

# A prime share of the pixels tells a mean difference as well as all of them do.
_EVERY = 47


@dataclass(frozen=True, eq=False)
class PhotoAnalysis:
    """One photograph's reading and, where it could be measured, the pixels behind it.

    ``label_map`` (H, W) uint8 has the size of the upright photograph; None where nothing was measured.
    """

    reading: Reading
    photo: Photo | None = None
    label_map: NDArray[np.uint8] | None = None
    measured: Measured | None = None

    @cached_property
    def face_map(self) -> FaceMap | None:
        """The skin on the map that is the same every day; None where nothing was measured. Made when first asked."""
        if self.measured is None:
            return None
        from analyzer.surface.face_map import map_face

        face = self.reading.regions[FACE]
        lab = np.array([face.L, face.a, face.b])
        return map_face(self.measured, lab)

    def with_edition(self) -> Reading:
        """The reading; where the edition of the bought card was not named, ``calibration`` also tells what that may do.

        ``other_edition_a`` there is how much higher the face's mean a* would be with a card of the other edition.
        """
        if self.measured is None or self.reading.calibration is None:
            return self.reading
        from analyzer.face_light import followed
        from calibration.card_edition import as_other_edition, is_assumed

        seen = self.measured
        if not is_assumed(seen.calibration):
            return self.reading
        other = followed(as_other_edition(seen.calibration), seen.factor, seen.linear, seen.labels)
        skin = _skin_at(seen.labels)
        some = skin[skin % _EVERY == 0]
        a_star = [_lab_at(some, seen.linear, one, seen.factor)[:, 1] for one in (other, seen.calibration)]
        higher = float((a_star[0] - a_star[1]).mean())
        return replace(self.reading, calibration={**self.reading.calibration, "other_edition_a": round(higher, 2)})


Card = str | PatchSpectra


def analyze_photo(path: Path, card: Card = "auto") -> PhotoAnalysis:
    """Measure the photograph at ``path``. A refusal is a reading with ``usable`` False, never an exception.

    ``card`` is what :func:`calibration.detection.find_card` takes. Raises ``UnknownCard`` for a card name that does not
    exist.
    """
    try:
        photo = read_photo(path)
    except InputError as error:
        return _refused(path.name, error.problem)
    return analyze_decoded(photo, card)


def analyze_photo_bytes(data: bytes, name: str, card: Card = "auto") -> PhotoAnalysis:
    """Measure a photograph held in memory; ``name`` is only for messages. Otherwise as :func:`analyze_photo`."""
    try:
        photo = decode_photo(data, name)
    except InputError as error:
        return _refused(name, error.problem)
    return analyze_decoded(photo, card)


def analyze_decoded(photo: Photo, card: Card = "auto") -> PhotoAnalysis:
    """Measure a decoded photograph."""
    from analyzer import quality
    from analyzer.changes import read_for_changes
    from analyzer.erythema import measure, skin_tone
    from analyzer.face import find_face
    from analyzer.face_light import doubted, face_doubts, followed
    from analyzer.look import made_up_by_look
    from analyzer.regions import map_regions
    from calibration.recoded import unconverted
    from calibration.screen_grid import without_screens

    photo = unconverted(photo)
    time_problems = () if photo.captured_at else (problem("no_time"),)
    reading = Reading(photo.file, photo.captured_at, photo.width, photo.height, usable=False, problems=time_problems)
    if too_small := quality.check_size(photo.width, photo.height):
        return PhotoAnalysis(replace(reading, problems=(*too_small, *time_problems)), photo)

    calibration = calibrate(without_screens(photo, find_card(photo, card)))
    reading = replace(reading, calibration=calibration.to_json(), problems=(*calibration.problems, *time_problems))
    working, factor = photo.reduced(WORKING_SIDE)
    shown = working.srgb8()
    search = find_face(shown, scale=factor)
    reading = replace(reading, face=_face_reading(search.face, search.count, factor, calibration.mirrored))
    if search.face is None or _rejects(search.problems):
        return PhotoAnalysis(replace(reading, problems=(*search.problems, *reading.problems)), photo)

    linear = working.linear()
    regions = map_regions(search.face, linear, mirrored=calibration.mirrored, scale=factor)
    looks = quality.check_photo(shown, linear, search.face, regions.outlines, calibration.white_level)
    doubts = face_doubts(photo, calibration, search.face, factor, linear, regions.wide)
    found = (*search.problems, *regions.problems, *looks, *doubts.problems)
    reading = replace(reading, problems=(*found, *reading.problems))
    if _rejects(reading.problems):
        return PhotoAnalysis(reading, photo)

    label_map = _full_size(regions.labels, factor, photo)
    calibration = doubted(followed(calibration, factor, linear, regions.wide), doubts)
    reading = replace(reading, calibration=calibration.to_json())
    lab = lab_of_skin(linear, regions.labels, calibration, factor)
    middle = np.array(search.face.box[:2]) * factor + np.array(search.face.box[2:]) * factor / 2
    a_se = partial(calibration.a_se, place=middle)
    colours = measure(lab, regions.labels, a_se, full_labels=label_map, scale=factor, weight=regions.weight)
    colours = read_for_changes(colours, calibration, middle)
    reading = replace(reading, usable=True, skin_tone=skin_tone(lab, regions.labels), regions=colours)
    reading = replace(reading, problems=(*reading.problems, *made_up_by_look(reading)))
    measured = Measured(linear, regions.wide, regions.cover, search.face, calibration, factor)
    return PhotoAnalysis(reading, photo, label_map, measured)


def _refused(name: str, why: Problem) -> PhotoAnalysis:
    return PhotoAnalysis(Reading(name, None, None, None, usable=False, problems=(why,)))


def _rejects(problems: Sequence[Problem]) -> bool:
    return any(one.severity == "reject" for one in problems)


def _face_reading(face: Face | None, count: int, factor: int, mirrored: bool) -> FaceReading:
    """The face in pixels of the upright photograph; in a mirrored one, left and right turns change their sign."""
    from analyzer.same_person import proportions

    if face is None:
        return FaceReading(found=False, count=count)
    x, y, width, height = face.box
    box = (x * factor, y * factor, width * factor, height * factor)
    sign = -1.0 if mirrored else 1.0
    return FaceReading(
        found=True,
        count=count,
        box=tuple(round(side, 1) for side in box),  # type: ignore[arg-type]
        yaw=round(sign * face.yaw, 1),
        pitch=round(face.pitch, 1),
        roll=round(sign * face.roll, 1),
        proportions=proportions(face),
    )


def lab_of_skin(
    linear: NDArray[np.float32], labels: NDArray[np.uint8], calibration: Calibration, factor: int
) -> NDArray[np.float32]:
    """(H, W, 3) calibrated CIELAB where ``labels`` is not 0, zero elsewhere: only skin is worth the time."""
    lab = np.zeros(linear.shape, np.float32)
    skin = _skin_at(labels)
    lab.reshape(-1, 3)[skin] = _lab_at(skin, linear, calibration, factor)
    return lab


def _skin_at(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """(N,): where ``labels`` is not 0, as indices of the picture's pixels row by row."""
    from analyzer.erythema import window_of

    down, across = window_of(labels)
    rows, columns = np.nonzero(labels[down, across])
    return np.asarray((rows + down.start) * labels.shape[1] + columns + across.start)


def _lab_at(
    pixels: NDArray[np.intp], linear: NDArray[np.float32], calibration: Calibration, factor: int
) -> NDArray[np.float32]:
    """(N, 3) calibrated CIELAB of the ``pixels`` (N,), indices as of :func:`_skin_at`."""
    rows, columns = np.divmod(pixels, linear.shape[1])
    places = np.column_stack([columns, rows]).astype(np.float64) * factor + (factor - 1) / 2
    return calibration.to_lab(np.take(linear.reshape(-1, 3), pixels, axis=0), places)


def _full_size(labels: NDArray[np.uint8], factor: int, photo: Photo) -> NDArray[np.uint8]:
    """The working label map in pixels of the upright photograph."""
    if factor == 1:
        return labels
    grown = labels.repeat(factor, axis=1).repeat(factor, axis=0)
    return np.ascontiguousarray(grown[: photo.height, : photo.width])
