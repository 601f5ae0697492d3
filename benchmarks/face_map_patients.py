"""Simulated patients for ``benchmarks/face_map.py``: small photographs, kept on disk because they are slow to make.

Every patient has one phone; lamp, tone curve, framing, card and the turn of the head change from photograph to
photograph, and some stand in light from one side after the treatment. Redness rises with the treatment and fades. Some
photographs are taken again as they would be if the skin had healed otherwise (``CASES``): the same moment, lamp and
noise, so that the card need not be read anew.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sitters import PORTRAITS, TONES

from analyzer import mesh
from analyzer.surface.layout import layout
from calibration import spectra
from calibration.cielab import xyz_to_lab
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulated_face import bare_face, dose_map, fill_outlines, paint
from calibration.simulation import (
    REGION_LABELS,
    USUAL_BLOOD,
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

FRAMING = Framing(width=540, height=720, face_width=0.62)
# Twice the pixels that the photograph has of the face, at most: more would be thrown away.
MOST_FACE_WIDTH = 420.0
EARLY, BEFORE, AFTER = -2.0, -0.1, (0.3, 2.0, 3.2, 5.0)
# On which days the skin is seen otherwise: a spot that stays red, a patch that darkens, one cheek that stays red.
CASES: Mapping[str, tuple[float, ...]] = {"spot": (2.0, 3.2), "pigment": (3.2, 5.0), "sided": (2.0, 3.2)}
SPOT_CM, SPOT_A = 1.2, 4.0
# Melanin of a dark patch (volume fraction), on the first of its days and on the second: light skin loses 6 and 8 L*.
PATCH_MELANIN = (0.045, 0.06)
# Redness beyond this dose is no spot that a clinic would call one of 4 a*: very dark skin does not become so red.
MOST_DOSE = 1.5
# Share of patients who are lit from one side after the treatment, and by how many stops over the picture's width.
SIDE_LIT, SIDE_STOPS = 0.2, (0.6, 1.2)
# Share of patients with two photographs from before the treatment; the others have one.
TWO_BEFORE = 0.5


@dataclass(frozen=True)
class Picture:
    """One photograph: its file, its day, its case ("" for the clean one), where the mesh truly lies in it (468, 2)."""

    path: Path
    day: float
    case: str
    points: Floats


@dataclass(frozen=True)
class Patient:
    """``spot_place`` and ``dark_place`` are the middles of the red and of the dark patch in the units of ``Spot``,
    ``spot_a`` how much redder the spot is (a*), ``side`` the cheek that stays red in the case "sided".
    """

    seed: int
    portrait: str
    tone: str
    spot_place: tuple[float, float]
    dark_place: tuple[float, float]
    spot_a: float
    side: str
    side_lit: bool
    pictures: tuple[Picture, ...]

    def course(self, case: str = "") -> list[Picture]:
        """The clean series, or the one of a case: it ends on the case's last day. In order of time."""
        days = CASES.get(case, ())
        kept = [one for one in self.pictures if one.case == (case if one.day in days else "")]
        return [one for one in kept if not days or one.day <= days[-1]]


def portraits() -> list[str]:
    """The portraits' names; even places are for setting thresholds, odd ones for reporting."""
    return sorted(path.stem for path in PORTRAITS.glob("*.jpg"))


@lru_cache(maxsize=8)
def portrait_and_points(name: str) -> tuple[Portrait, Floats]:
    """The portrait, no larger than is of use, and its mesh points (478, 2)."""
    portrait = Portrait.read(PORTRAITS, name)
    document = json.loads((PORTRAITS / "landmarks.json").read_text())
    points = np.array(document["portraits"][name])[:, :2]
    shrink = min(1.0, MOST_FACE_WIDTH / portrait.face_width)
    if shrink == 1.0:
        return portrait, points
    small = cv2.resize(portrait.srgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    outlines = {part: (one + 0.5) * shrink - 0.5 for part, one in portrait.outlines.items()}
    return Portrait(name, np.asarray(small, np.uint8), outlines), (points + 0.5) * shrink - 0.5


def patient(seed: int, held: bool, cache: Path, *, clean: bool = False) -> Patient:
    """The patient of ``seed``: read from ``cache``, or rendered into it (some six seconds).

    ``clean``: the clean series alone, which is the same and takes half the time.
    """
    folder = cache / f"{'report' if held else 'tune'}_{seed:03d}{'_clean' if clean else ''}"
    record = folder / "patient.json"
    if not record.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _render_patient(seed, held, folder, clean)
    document = json.loads(record.read_text())
    pictures = tuple(
        Picture(folder / one["file"], one["day"], one["case"], np.array(one["points"])) for one in document["pictures"]
    )
    (x, y), (dark_x, dark_y) = document["spot_place"], document["dark_place"]
    return Patient(
        seed, document["portrait"], document["tone"], (x, y), (dark_x, dark_y), document["spot_a"], document["side"],
        document["side_lit"], pictures,
    )  # fmt: skip


def _render_patient(seed: int, held: bool, folder: Path, clean: bool) -> None:
    rng = np.random.default_rng([seed, int(held), 78])
    names = portraits()[1::2] if held else portraits()[0::2]
    name, tone = names[seed // len(TONES) % len(names)], list(TONES)[seed % len(TONES)]
    portrait, _ = portrait_and_points(name)
    person = random_person(rng, name, ita=TONES[tone])
    phone, taste = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
    peak, half_life = rng.uniform(0.18, 0.45), rng.uniform(0.5, 1.1)
    spot_place, dark_place = (_spot_place(portrait, person, rng) for _ in range(2))
    blood_seed, side = int(rng.integers(2**31)), str(rng.choice(["left_cheek", "right_cheek"]))
    side_lit, two_before = bool(rng.random() < SIDE_LIT), rng.random() < TWO_BEFORE
    # Every patient has a spot in one story; a dark patch or a red cheek in another.
    cases = ("spot", str(rng.choice(["pigment", "sided"])))
    towards, stops = float(rng.choice([0.0, 180.0])), float(rng.uniform(*SIDE_STOPS))
    pictures, spot_a = [], 0.0
    for day in (*((EARLY,) if two_before else ()), BEFORE, *AFTER):
        dose = 0.0 if day < 0 else round(peak * 2 ** (-day / half_life), 4)
        blood = Blood(dose, seed=blood_seed)
        scene = random_scene(rng, person, blood=blood, phone=phone, isp=taste, framing=FRAMING, mixed=0.1)
        if side_lit and day > 0:
            lit = replace(scene.light, gradient_stops=stops, direction_deg=towards + float(rng.normal(0, 20)))
            scene = replace(scene, light=lit)
        yaw, pitch = np.radians(rng.normal(0, 3.0)), np.radians(rng.normal(0, 2.5))
        for case in ("", *(one for one in cases if day in CASES[one] and not clean)):
            shown = blood
            if case == "spot":
                width = SPOT_CM / _face_cm(name)
                extra, spot_a = _spot_dose(portrait, person, blood, spot_place, width)
                shown = replace(blood, spots=(Spot(*spot_place, width, extra),))
            elif case == "pigment":
                melanin = PATCH_MELANIN[CASES[case].index(day)]
                shown = replace(blood, spots=(Spot(*dark_place, SPOT_CM / _face_cm(name), 0.0, melanin),))
            elif case == "sided":
                # The cheek is as red as on the first day.
                still = peak * 2 ** (-AFTER[0] / half_life) / max(dose, 1e-6)
                shown = replace(blood, by_region={**USUAL_BLOOD, side: USUAL_BLOOD[side] * still})
            file = f"d{day:+05.1f}{'_' + case if case else ''}.jpg"
            points = _photograph(replace(scene, blood=shown), portrait, (yaw, pitch), folder / file)
            pictures.append({"file": file, "day": day, "case": case, "points": np.round(points, 2).tolist()})
    document = {
        "portrait": name, "tone": tone, "spot_place": spot_place, "dark_place": dark_place, "spot_a": spot_a,
        "side": side, "side_lit": side_lit, "pictures": pictures,
    }  # fmt: skip
    (folder / "patient.json").write_text(json.dumps(document))


def _face_cm(name: str) -> float:
    """Width of the oval of a portrait's face: its irises are 1.17 cm wide, as people's are."""
    _, points = portrait_and_points(name)
    irises = [float(np.hypot(*(points[one] - points[other]))) for one, other in ((469, 471), (474, 476))]
    return float(np.ptp(points[list(mesh.OVAL), 0])) / (float(np.mean(irises)) / 1.17)


def _spot_place(portrait: Portrait, person: Person, rng: np.random.Generator) -> tuple[float, float]:
    """Somewhere in a measured region, half a spot from its edge, on skin and not beard, in the units of ``Spot``."""
    height, width = portrait.srgb.shape[:2]
    face = paint(portrait, person)
    reddens = dose_map(face, Blood(1.0, dict.fromkeys(REGION_LABELS, 1.0), 0.0)) > 0.8
    inside = fill_outlines(portrait.outlines, list(REGION_LABELS), (height, width)) & bare_face(portrait)
    inside &= reddens & (face.skin > 0.8)
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
    xyz, base = face.xyz[window].reshape(-1, 3)[::3], dose_map(face, blood)[window].ravel()[::3]
    weights = spectra.xyz_d65(np.eye(len(spectra.WAVELENGTHS))).T

    def a_star(dose: float) -> float:
        return float(xyz_to_lab(face.table.seen(xyz, base + np.float32(dose), weights))[:, 1].mean())

    plain = a_star(0.0)
    steps = np.linspace(0.0, MOST_DOSE, 11)
    doses = np.linspace(0.0, MOST_DOSE, 151)
    rise = np.interp(doses, steps, [a_star(one) - plain for one in steps])
    enough = np.flatnonzero(rise >= SPOT_A)
    at = int(enough[0]) if len(enough) else int(rise.argmax())
    return round(float(doses[at]), 4), round(float(rise[at]), 2)


def _photograph(scene: Scene, portrait: Portrait, turned: tuple[float, float], path: Path) -> Floats:
    """Write the file, its head turned by yaw and pitch, and beside it the true a* on the map; where the mesh lies."""
    picture = render(scene, portrait)
    points = in_the_scene(portrait_and_points(portrait.name)[1][: mesh.SKIN_POINTS], portrait, scene)
    moved = points + turned_by(points, *turned)
    shown = warped(picture.rgb8, points, moved)
    out = io.BytesIO()
    Image.fromarray(shown).save(out, "JPEG", quality=scene.sensor.jpeg_quality, subsampling=scene.sensor.subsampling)
    path.write_bytes(out.getvalue())
    at = layout().spread(points).astype(np.float32)
    soft = cv2.GaussianBlur(picture.lab[..., 1], (0, 0), 0.7)
    true_a = cv2.remap(soft, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    np.savez_compressed(path.with_suffix(".truth.npz"), a=true_a.astype(np.float16))
    return moved


def in_the_scene(points: Floats, portrait: Portrait, scene: Scene) -> Floats:
    """Points of the portrait in the photograph's pixels (as ``simulation`` places it)."""
    framing = scene.framing
    scale = framing.face_width * framing.width / portrait.face_width
    angle = np.radians(framing.roll_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    goal = np.array([framing.face_x * framing.width, framing.face_y * framing.height])
    return np.asarray((points - portrait.face_centre) @ turn.T + goal)


def turned_by(points: Floats, yaw: float, pitch: float) -> Floats:
    """How far each point moves in the picture when the head turns about the middle of its depth (468, 2)."""
    average = mesh.average_face().points
    size = np.ptp(points[:, 0]) / np.ptp(average[:, 0])
    depth = (average[:, 2] - average[:, 2].mean()) * size
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    across, down = x * (np.cos(yaw) - 1) + depth * np.sin(yaw), y * (np.cos(pitch) - 1) - depth * np.sin(pitch)
    return np.column_stack([across, down])


def warped(picture: NDArray[np.uint8], before: Floats, after: Floats) -> NDArray[np.uint8]:
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


def place_in_portrait(one: Patient, place: tuple[float, float]) -> tuple[Floats, Floats]:
    """The portrait's mesh points (468, 2) and a place in the units of ``Spot`` (2,), in the portrait's pixels."""
    portrait, points = portrait_and_points(one.portrait)
    return points[: mesh.SKIN_POINTS], portrait.face_centre + portrait.face_width * np.array(place)
