"""Simulated people photographed through a week, for ``series_doubts.py``; kept on disk because they are slow to make.

Eighteen people: the portraits and the ITA classes in turn, each with one phone. Every photograph is taken under
another held-out lamp, the light falling off to another side, framed anew, the head turned by some 5 degrees; redness
rises and fades. Two photographs more of each: one with glasses on, one with the lens nearer and another face made.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from face_map_patients import in_the_scene, portraits, turned_by, warped
from numpy.typing import NDArray
from PIL import Image
from proportions import moved
from sitters import PORTRAITS, TONES

from analyzer import mesh
from analyzer.photo_analysis import analyze_photo_bytes
from analyzer.reading import Reading
from analyzer.surface.difference import masked_blur
from analyzer.surface.face_map import _FIRST, _STEP, FaceMap
from analyzer.surface.layout import layout
from calibration.cielab import lab_to_xyz, linear_srgb_to_xyz, xyz_to_lab, xyz_to_linear_srgb
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulated_film import Film, film_optics
from calibration.simulated_occluders import COLOURS, Occluder
from calibration.simulation import Blood, Framing, Isp, Phone, Portrait, random_person, random_scene, render
from calibration.spectra import WAVELENGTHS

Floats = NDArray[np.float64]
FRAMING = Framing(width=600, height=800, face_width=0.6)
DAYS = (-2.0, -0.1, 1.0, 3.0, 5.0, 7.0)
# Day and what is odd about it.
ODD = ((4.0, "glasses"), (4.5, "near"))
MOST_STOPS = 0.6
NEAR_CM = (27, 45)
# Nanometres that red, green and blue of a map stand for when a film is laid on it.
BANDS = ((590, 660), (510, 585), (430, 490))


@dataclass(frozen=True, eq=False)
class Taken:
    """One photograph of person ``person``, measured; ``kind`` is "bare", one of ``ODD``, or a film's name."""

    person: int
    portrait: str
    tone: str
    kind: str
    reading: Reading
    face: FaceMap


def people(count: int, cache: Path) -> list[list[Taken]]:
    """Each person's photographs that could be measured, in order of time, the odd ones last."""
    return [[one for one in _photographs(seed, cache) if one is not None] for seed in range(count)]


def _photographs(seed: int, cache: Path) -> list[Taken | None]:
    rng = np.random.default_rng([seed, 777])
    name, tone = portraits()[seed % len(portraits())], list(TONES)[seed % len(TONES)]
    portrait = Portrait.read(PORTRAITS, name)
    person = random_person(rng, name, ita=TONES[tone])
    phone, taste = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
    peak, half_life, blood_seed = rng.uniform(0.18, 0.45), rng.uniform(0.5, 1.1), int(rng.integers(2**31))
    taken: list[Taken | None] = []
    for number, (day, kind) in enumerate((*((day, "bare") for day in DAYS), *ODD)):
        file = cache / f"{seed:02d}_{number}_{kind}"
        if not file.with_suffix(".json").exists():
            each = np.random.default_rng([seed, number, 778])
            dose = 0.0 if day < 0 else round(peak * 2 ** (-day / half_life), 4)
            scene = random_scene(
                each, person, blood=Blood(dose, seed=blood_seed), phone=phone, isp=taste, framing=FRAMING, mixed=0.1
            )
            light = replace(
                scene.light,
                gradient_stops=float(each.uniform(0, MOST_STOPS)),
                direction_deg=float(each.uniform(0, 360)),
            )
            worn = Occluder("glasses", str(each.choice(list(COLOURS["glasses"]))), int(each.integers(2**31)))
            scene = replace(scene, light=light, occluders=(worn,) if kind == "glasses" else ())
            picture = render(scene, portrait).rgb8
            document = json.loads((PORTRAITS / "landmarks.json").read_text())
            points = np.array(document["portraits"][name])[: mesh.SKIN_POINTS, :2]
            placed = in_the_scene(points, portrait, scene)
            if kind == "near":
                goal = moved(placed, each, float(each.uniform(*NEAR_CM)))
            else:
                goal = placed + turned_by(placed, *np.radians(each.normal(0, [5.0, 4.0])))
            out = io.BytesIO()
            Image.fromarray(warped(picture, placed, goal)).save(out, "JPEG", quality=scene.sensor.jpeg_quality)
            _keep(file, out.getvalue())
        taken.append(_read(file, seed, name, tone, kind))
    return taken


def _keep(file: Path, photograph: bytes) -> None:
    analysis = analyze_photo_bytes(photograph, file.name)
    if analysis.face_map is not None:
        file.with_suffix(".png").write_bytes(analysis.face_map.to_bytes())
    file.with_suffix(".jpg").write_bytes(photograph)
    file.with_suffix(".json").write_text(json.dumps(analysis.reading.to_json()))


def _read(file: Path, seed: int, name: str, tone: str, kind: str) -> Taken | None:
    reading = Reading.from_json(json.loads(file.with_suffix(".json").read_text()))
    if not reading.usable or not file.with_suffix(".png").exists():
        return None
    # What one photograph alone showed is not what is asked here.
    reading = replace(reading, file=file.name, problems=())
    return Taken(seed, name, tone, kind, reading, FaceMap.from_bytes(file.with_suffix(".png").read_bytes()))


def filmed(one: Taken, kind: str, film: Film, rng: np.random.Generator) -> Taken:
    """The photograph as it were with ``film`` on the skin: Kubelka-Munk in three bands, in the face's own shade."""
    reflected, passed = (
        np.array([band[(low <= WAVELENGTHS) & (high >= WAVELENGTHS)].mean() for low, high in BANDS])
        for band in film_optics(film)
    )
    skin = layout().skin
    linear = np.asarray(xyz_to_linear_srgb(lab_to_xyz(one.face.lab.astype(float))))
    light = (linear @ np.array([0.2126, 0.7152, 0.0722])).astype(np.float32)
    shade = masked_blur(light, skin, 2.7)[0]
    shade = np.clip(shade / np.median(light[skin]), 0.1, 2.5)[..., None]
    bare = np.maximum(linear, 1e-3) / shade
    under = shade * (reflected + passed**2 * bare / np.maximum(1 - reflected * bare, 0.05))
    noise = cv2.GaussianBlur(rng.standard_normal(skin.shape).astype(np.float32), (0, 0), 5)
    even = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 1.5)
    cover = np.clip(even * (1 + 0.1 * noise / noise.std()), 0, 1)[..., None]
    lab = xyz_to_lab(linear_srgb_to_xyz(linear + cover * (under - linear)))
    codes = np.clip(np.round((lab - _FIRST) / _STEP), 0, 255).astype(np.uint8)
    reading = replace(one.reading, file=f"{one.reading.file}_{kind}")
    return replace(one, kind=kind, reading=reading, face=replace(one.face, codes=codes))


def skin_colour(one: Taken) -> Floats:
    """Median CIELAB of the bare skin."""
    return np.asarray(np.median(one.face.lab[one.face.seen], axis=0), np.float64)


def bare(taken: Sequence[Taken]) -> list[Taken]:
    return [one for one in taken if one.kind == "bare"]
