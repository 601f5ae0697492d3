"""Simulated patients for ``benchmarks/face_map.py``: small photographs, kept on disk because they are slow to make.

Every patient has one phone; lamp, tone curve, framing, card and the turn of the head change from photograph to
photograph. Redness rises with the treatment and fades; from day 2 on, each photograph is taken twice: as it is, and
with a spot that stays.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analyzer import mesh
from calibration import spectra
from calibration.cielab import xyz_to_lab
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulated_face import bare_face, dose_map, fill_outlines, paint
from calibration.simulation import (
    REGION_LABELS,
    Blood,
    Framing,
    Isp,
    Person,
    Phone,
    Portrait,
    Scene,
    Spot,
    random_person,
    random_scene,
    render,
)

Floats = NDArray[np.float64]

PORTRAITS = Path(__file__).parent.parent / "samples" / "portraits"
FRAMING = Framing(width=720, height=960, face_width=0.56)
DAYS = (-2.0, -0.1, 0.2, 1.0, 2.0, 3.0, 5.0)
SPOT_DAYS = (2.0, 3.0, 5.0)
SPOT_CM, SPOT_A = 1.2, 4.0
# ITA in degrees, from - to, by class.
TONES = {
    "very_light": (55.0, 65.0),
    "light": (41.0, 55.0),
    "intermediate": (28.0, 41.0),
    "tan": (10.0, 28.0),
    "brown": (-30.0, 10.0),
    "dark": (-65.0, -30.0),
}
# Redness beyond this dose is no spot that a clinic would call one of 4 a*: very dark skin does not become so red.
MOST_DOSE = 1.5


@dataclass(frozen=True)
class Picture:
    """One photograph: its file, its day, whether the spot is there, and where the mesh truly lies in it (468, 2)."""

    path: Path
    day: float
    spot: bool
    points: Floats


@dataclass(frozen=True)
class Patient:
    """``spot_point`` is the mesh point nearest to the spot's centre, ``spot_a`` how much redder the spot is (a*)."""

    seed: int
    portrait: str
    tone: str
    spot_place: tuple[float, float]
    spot_a: float
    pictures: tuple[Picture, ...]

    def course(self, spot: bool) -> list[Picture]:
        """The series without or with the spot, in order of time."""
        return [one for one in self.pictures if one.spot == (spot and one.day in SPOT_DAYS)]


def portraits() -> list[str]:
    """The portraits' names; even places are for setting thresholds, odd ones for reporting."""
    return sorted(path.stem for path in PORTRAITS.glob("*.jpg"))


def patient(seed: int, held: bool, cache: Path) -> Patient:
    """The patient of ``seed``: read from ``cache``, or rendered into it (some twenty seconds)."""
    folder = cache / f"{'report' if held else 'tune'}_{seed:03d}"
    record = folder / "patient.json"
    if not record.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _render_patient(seed, held, folder)
    document = json.loads(record.read_text())
    pictures = tuple(
        Picture(folder / one["file"], one["day"], one["spot"], np.array(one["points"])) for one in document["pictures"]
    )
    place = document["spot_place"]
    return Patient(seed, document["portrait"], document["tone"], (place[0], place[1]), document["spot_a"], pictures)


def _render_patient(seed: int, held: bool, folder: Path) -> None:
    rng = np.random.default_rng([seed, int(held), 77])
    names = portraits()[1::2] if held else portraits()[0::2]
    name, tone = names[seed % len(names)], list(TONES)[seed % len(TONES)]
    portrait = Portrait.read(PORTRAITS, name)
    person = random_person(rng, name, ita=TONES[tone])
    phone, taste = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
    peak, half_life = rng.uniform(0.18, 0.45), rng.uniform(0.5, 1.1)
    place = _spot_place(portrait, rng)
    blood_seed = int(rng.integers(2**31))
    pictures, spot_a = [], 0.0
    for day in DAYS:
        dose = 0.0 if day < 0 else round(peak * 2 ** (-day / half_life), 4)
        blood = Blood(dose, seed=blood_seed)
        for spot in (False, True) if day in SPOT_DAYS else (False,):
            shown = blood
            if spot:
                width = SPOT_CM / _face_cm(name)
                extra, spot_a = _spot_dose(portrait, person, blood, place, width)
                shown = replace(blood, spots=(Spot(*place, width, extra),))
            scene = random_scene(rng, person, blood=shown, phone=phone, isp=taste, framing=FRAMING, mixed=0.1)
            file = f"d{day:+05.1f}{'_spot' if spot else ''}.jpg"
            data, points = _photograph(scene, portrait, rng)
            (folder / file).write_bytes(data)
            pictures.append({"file": file, "day": day, "spot": spot, "points": np.round(points, 2).tolist()})
    document = {"portrait": name, "tone": tone, "spot_place": place, "spot_a": spot_a, "pictures": pictures}
    (folder / "patient.json").write_text(json.dumps(document))


def _face_cm(name: str) -> float:
    """Width of the oval of a portrait's face: its irises are 1.17 cm wide, as people's are."""
    document = json.loads((PORTRAITS / "landmarks.json").read_text())
    points = np.array(document["portraits"][name])
    irises = [float(np.hypot(*(points[one] - points[other]))) for one, other in ((469, 471), (474, 476))]
    return float(np.ptp(points[list(mesh.OVAL), 0])) / (float(np.mean(irises)) / 1.17)


def _spot_place(portrait: Portrait, rng: np.random.Generator) -> tuple[float, float]:
    """Somewhere in a measured region, half a spot from its edge, in the units of ``Spot``."""
    height, width = portrait.srgb.shape[:2]
    inside = fill_outlines(portrait.outlines, list(REGION_LABELS), (height, width)) & bare_face(portrait)
    reach = SPOT_CM / _face_cm(portrait.name) * portrait.face_width / 2
    deep = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5) > reach
    rows, columns = np.nonzero(deep)
    one = int(rng.integers(len(rows)))
    x, y = (np.array([columns[one], rows[one]]) - portrait.face_centre) / portrait.face_width
    return round(float(x), 4), round(float(y), 4)


def _spot_dose(
    portrait: Portrait, person: Person, blood: Blood, place: tuple[float, float], width: float
) -> tuple[float, float]:
    """The blood that makes the middle of the spot ``SPOT_A`` redder, and how much redder it then is."""
    face = paint(portrait, person)
    x, y = np.round(portrait.face_centre + portrait.face_width * np.array(place)).astype(int)
    r = max(2, round(width * portrait.face_width / 6))
    window = np.s_[y - r : y + r, x - r : x + r]
    xyz, base = face.xyz[window].reshape(-1, 3), dose_map(face, blood)[window].ravel()
    weights = spectra.xyz_d65(np.eye(len(spectra.WAVELENGTHS))).T

    def a_star(dose: float) -> float:
        return float(xyz_to_lab(face.table.seen(xyz, base + np.float32(dose), weights))[:, 1].mean())

    plain = a_star(0.0)
    doses = np.linspace(0.0, MOST_DOSE, 61)
    rise = np.array([a_star(one) - plain for one in doses])
    enough = np.flatnonzero(rise >= SPOT_A)
    at = int(enough[0]) if len(enough) else int(rise.argmax())
    return round(float(doses[at]), 4), round(float(rise[at]), 2)


def _photograph(scene: Scene, portrait: Portrait, rng: np.random.Generator) -> tuple[bytes, Floats]:
    """The file, its head turned a little, and where the mesh's points lie in it."""
    picture = render(scene, portrait)
    document = json.loads((PORTRAITS / "landmarks.json").read_text())
    points = _placed(np.array(document["portraits"][scene.person.portrait])[: mesh.SKIN_POINTS], portrait, scene)
    moved = points + _turn(points, np.radians(rng.normal(0, 3.0)), np.radians(rng.normal(0, 2.5)))
    turned = _warp(picture.rgb8, points, moved)
    out = io.BytesIO()
    Image.fromarray(turned).save(out, "JPEG", quality=scene.sensor.jpeg_quality, subsampling=scene.sensor.subsampling)
    return out.getvalue(), moved


def _placed(points: Floats, portrait: Portrait, scene: Scene) -> Floats:
    """Points of the portrait in the photograph's pixels (as ``simulation`` places it)."""
    framing = scene.framing
    scale = framing.face_width * framing.width / portrait.face_width
    angle = np.radians(framing.roll_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    goal = np.array([framing.face_x * framing.width, framing.face_y * framing.height])
    return np.asarray((points - portrait.face_centre) @ turn.T + goal)


def _turn(points: Floats, yaw: float, pitch: float) -> Floats:
    """How far each point moves in the picture when the head turns about the middle of its depth (468, 2)."""
    average = mesh.average_face().points
    size = np.ptp(points[:, 0]) / np.ptp(average[:, 0])
    depth = (average[:, 2] - average[:, 2].mean()) * size
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    across, down = x * (np.cos(yaw) - 1) + depth * np.sin(yaw), y * (np.cos(pitch) - 1) - depth * np.sin(pitch)
    return np.column_stack([across, down])


def _warp(picture: NDArray[np.uint8], before: Floats, after: Floats) -> NDArray[np.uint8]:
    """Move the face's points from ``before`` to ``after``; what lies outside of the face stays."""
    from scipy.interpolate import LinearNDInterpolator

    height, width = picture.shape[:2]
    middle, oval = after.mean(axis=0), after[list(mesh.OVAL)]
    around = middle + (oval - middle) * 1.6
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
    shift = np.concatenate([before - after, np.zeros((len(around) + 4, 2))])
    field = LinearNDInterpolator(np.concatenate([after, around, corners]), shift, fill_value=0.0)
    x, y = np.meshgrid(np.arange(0, width, 6), np.arange(0, height, 6))
    coarse = cv2.GaussianBlur(field(x, y).astype(np.float32), (0, 0), 1.0)
    to_x, to_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    fine = cv2.remap(coarse, to_x / 6, to_y / 6, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(
        cv2.remap(picture, to_x + fine[..., 0], to_y + fine[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    )


def spot_in_portrait(one: Patient) -> tuple[Floats, Floats]:
    """The portrait's mesh points (468, 2) and the spot's middle (2,), in the portrait's pixels."""
    document = json.loads((PORTRAITS / "landmarks.json").read_text())
    points = np.array(document["portraits"][one.portrait])[: mesh.SKIN_POINTS]
    oval = points[list(mesh.OVAL)]
    centre = (oval.min(axis=0) + oval.max(axis=0)) / 2
    return points, centre + float(np.ptp(oval[:, 0])) * np.array(one.spot_place)
