"""Make the sample patients again: ``python -m samples.make_samples``, from the checkout.

Every photograph is a simulation (``calibration.simulation``): a portrait with another skin, a known amount of blood, a
phone, a lamp. Beside ``NAME.jpg`` stands ``NAME.json`` with the scene it was made from and what is true of it.
``--landmarks`` first finds the faces' points again and writes ``portraits/landmarks.json``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulation import (
    Blood,
    Framing,
    Isp,
    Person,
    Phone,
    Portrait,
    Rendered,
    Scene,
    SkinModel,
    dose_for_delta_a,
    random_scene,
    region_means,
    render,
)

HERE = Path(__file__).parent
PORTRAITS = HERE / "portraits"


@dataclass(frozen=True)
class Moment:
    """One photograph: its file's stem, when it was taken, under which lamp, how red (a* above the skin's own)."""

    stem: str
    taken: str
    lamp: str
    redness: float


@dataclass(frozen=True)
class Plan:
    """One sample patient. ``blood_of`` names another plan whose amounts of blood are used instead of its redness."""

    folder: str
    person: Person
    treated_at: str
    treatment: str
    moments: tuple[Moment, ...]
    seed: int
    face_width: float
    blood_of: str | None = None


def _person(portrait: str, lab: tuple[float, float, float], seed: int, oxygenation: float, shortening: float) -> Person:
    return Person(portrait, lab, model=SkinModel("held_out", seed, oxygenation, shortening))


NORMAL_LIGHT = Plan(
    folder="p01_light_skin",
    person=_person("daniel_tani__usa", (66.5, 10.5, 15.5), 101, 0.92, 0.5),
    treated_at="2026-05-01T10:30:00+02:00",
    treatment="needle_depth_mm = 1.0\npasses = 4\n",
    moments=(
        Moment("before_1", "2026-04-29T18:42:10+02:00", "LED-B1", 0.0),
        Moment("before_2", "2026-05-01T08:15:31+02:00", "D55", 0.25),
        Moment("d00", "2026-05-01T13:20:05+02:00", "ID65", 7.0),
        Moment("d01", "2026-05-02T09:48:52+02:00", "FL11", 4.1),
        Moment("d02", "2026-05-03T07:55:17+02:00", "LED-B3", 2.2),
        Moment("d03", "2026-05-04T19:30:44+02:00", "Incandescent", 0.9),
        Moment("d04", "2026-05-05T12:05:36+02:00", "D75", 0.6),
        Moment("d05", "2026-05-06T21:12:03+02:00", "LED-V1", 0.3),
        Moment("d07", "2026-05-08T08:27:49+02:00", "F32T8/TL830 (Triphosphor)", 0.1),
    ),
    seed=1,
    face_width=0.55,
)
NORMAL_DARK = Plan(
    folder="p02_dark_skin",
    person=_person("robert_satcher__usa", (39.0, 11.0, 14.5), 202, 0.92, 0.5),
    treated_at="2026-05-11T16:00:00+02:00",
    treatment="needle_depth_mm = 1.0\npasses = 4\n",
    moments=(
        Moment("before_1", "2026-05-09T11:24:40+02:00", "D75", 0.0),
        Moment("before_2", "2026-05-11T07:36:12+02:00", "LED-B3", 0.25),
        Moment("d00", "2026-05-11T18:51:27+02:00", "LED-B1", 7.0),
        Moment("d01", "2026-05-12T15:20:58+02:00", "ID65", 4.1),
        Moment("d02", "2026-05-13T13:45:33+02:00", "D55", 2.2),
        Moment("d03", "2026-05-15T01:10:09+02:00", "F32T8/TL830 (Triphosphor)", 0.9),
        Moment("d04", "2026-05-15T17:39:21+02:00", "PHOS-3", 0.6),
        Moment("d05", "2026-05-17T08:02:15+02:00", "Phosphor LED YAG", 0.3),
        Moment("d07", "2026-05-18T20:18:42+02:00", "Incandescent", 0.1),
    ),
    seed=2,
    face_width=0.46,
    blood_of="p01_light_skin",
)
REBOUND = Plan(
    folder="p03_rebound",
    person=_person("jose_hernandez__usa", (57.0, 12.5, 18.5), 303, 0.88, 0.6),
    treated_at="2026-05-18T09:00:00+02:00",
    treatment="needle_depth_mm = 1.5\npasses = 5\n",
    moments=(
        Moment("before_1", "2026-05-16T17:05:28+02:00", "ID65", 0.0),
        Moment("before_2", "2026-05-18T07:10:50+02:00", "LED-B1", 0.2),
        Moment("d00", "2026-05-18T12:33:14+02:00", "D55", 7.4),
        Moment("d01", "2026-05-19T08:21:39+02:00", "LED-B3", 4.6),
        Moment("d02", "2026-05-20T11:50:07+02:00", "D75", 3.1),
        Moment("d03", "2026-05-21T07:44:55+02:00", "FL11", 2.2),
        Moment("d04", "2026-05-22T18:26:31+02:00", "Incandescent", 6.3),
        Moment("d05", "2026-05-23T10:14:20+02:00", "ID65", 6.9),
        Moment("d06", "2026-05-24T16:58:46+02:00", "LED-V1", 6.4),
        Moment("d07", "2026-05-25T09:37:02+02:00", "D55", 5.2),
    ),
    seed=3,
    face_width=0.46,
)
PLANS = (NORMAL_LIGHT, NORMAL_DARK, REBOUND)

# Name tags, badges and marks on the portraits: left, top, right, bottom. A patient wears no name, and a badge
# would look like an endorsement.
HIDDEN = {
    "boris_morukov__russia": [[870, 1260, 1008, 1380]],
    "daniel_tani__usa": [[575, 1110, 892, 1285]],
    "frederick_sturckow__usa": [[830, 1270, 993, 1400]],
    "jose_hernandez__usa": [[545, 1045, 840, 1225], [260, 1015, 490, 1215]],
    "linda_godwin__usa": [[105, 1150, 450, 1355], [690, 1145, 1016, 1400]],
    "robert_satcher__usa": [[270, 955, 455, 1160], [580, 965, 840, 1145]],
    "stephanie_wilson__usa": [[515, 940, 745, 1105]],
}


def find_landmarks() -> None:
    """Write ``portraits/landmarks.json``: the mesh points of every portrait and the outlines that they form."""
    from PIL import Image

    from analyzer import mesh
    from analyzer.face import find_face

    outlines = {
        "oval": mesh.OVAL,
        "lips": mesh.LIPS,
        "left_eye": mesh.LEFT_EYE,
        "right_eye": mesh.RIGHT_EYE,
        "left_brow": mesh.LEFT_BROW,
        "right_brow": mesh.RIGHT_BROW,
        "left_nostril": mesh.LEFT_NOSTRIL,
        "right_nostril": mesh.RIGHT_NOSTRIL,
        **mesh.OUTLINES,
    }
    points = {}
    for path in sorted(PORTRAITS.glob("*.jpg")):
        with Image.open(path) as picture:
            face = find_face(np.asarray(picture.convert("RGB"))).face
        if face is None:
            raise SystemExit(f"no face found in {path.name}")
        points[path.stem] = np.round(face.landmarks[:, :2], 1).tolist()
    document = {
        "outlines": {name: list(map(int, index)) for name, index in outlines.items()},
        "hidden": HIDDEN,
        "portraits": points,
    }
    (PORTRAITS / "landmarks.json").write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")


def plan_scenes(plan: Plan) -> list[Scene]:
    """The scenes of one patient, in order of time: one phone, everything else as the day brings it."""
    rng = np.random.default_rng(plan.seed)
    phone, taste = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
    # Portraits are taken with the chin at the same height: the card lies below it.
    framing = Framing(face_width=plan.face_width)
    scenes = []
    for moment, dose in zip(plan.moments, _doses(plan), strict=True):
        scene = random_scene(
            rng,
            plan.person,
            blood=Blood(dose=dose, seed=plan.seed),
            phone=phone,
            isp=taste,
            framing=framing,
            lamps=(moment.lamp,),
            mixed=0.0,
        )
        quality = replace(scene.sensor, jpeg_quality=88, subsampling="4:2:0")
        scenes.append(replace(scene, sensor=quality, captured_at=moment.taken))
    return scenes


def _doses(plan: Plan) -> list[float]:
    """How much blood makes each moment as red as planned, by the model and not by hand."""
    source = next(one for one in PLANS if one.folder == (plan.blood_of or plan.folder))
    portrait = Portrait.read(PORTRAITS, source.person.portrait)
    scene = Scene(source.person, Blood(seed=source.seed), framing=Framing(600, 800, source.face_width))
    return [round(dose_for_delta_a(scene, portrait, moment.redness), 4) for moment in source.moments]


def truth_of(scene: Scene, picture: Rendered) -> dict[str, Any]:
    """What stands in ``NAME.json``, but for the differences from the baseline."""
    means = region_means(picture.lab, picture.regions)
    assert picture.corners is not None
    return {
        "about": "simulated: no patient was photographed",
        "lamp": scene.light.lamp,
        "camera": scene.phone.camera,
        "dose": scene.blood.dose,
        "corners": np.round(picture.corners, 2).tolist(),
        "regions": {
            name: dict(zip(("L", "a", "b"), (round(value, 3) for value in lab), strict=True))
            for name, lab in means.items()
        },
        "scene": scene.to_json(),
    }


def make_patient(plan: Plan) -> None:
    """Write one patient's folder."""
    folder = HERE / plan.folder
    folder.mkdir(exist_ok=True)
    portrait = Portrait.read(PORTRAITS, plan.person.portrait)
    truths: dict[str, dict[str, Any]] = {}
    for moment, scene in zip(plan.moments, plan_scenes(plan), strict=True):
        picture = render(scene, portrait)
        (folder / f"{moment.stem}.jpg").write_bytes(picture.jpeg)
        truths[moment.stem] = truth_of(scene, picture)
    baseline = [truth["regions"] for stem, truth in truths.items() if stem.startswith("before")]
    for stem, truth in truths.items():
        for name, region in truth["regions"].items():
            own = sum(one[name]["a"] for one in baseline) / len(baseline)
            region["delta_a"] = round(region["a"] - own, 3)
        text = json.dumps(truth, indent=1) + "\n"
        (folder / f"{stem}.json").write_text(text, encoding="utf-8")
    (folder / "treatment.toml").write_text(
        f'treated_at = {plan.treated_at}\nprocedure = "microneedling"\n{plan.treatment}body_area = "face"\n'
        'skin_tone = "auto"\nsensitive_skin = false\nconditions = []\n',
        encoding="utf-8",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make the sample patients again.")
    parser.add_argument("--landmarks", action="store_true", help="find the points of the portraits' faces again first")
    parser.add_argument("--only", metavar="FOLDER", help="one patient's folder")
    options = parser.parse_args(arguments)
    if options.landmarks:
        find_landmarks()
    for plan in PLANS:
        if options.only in (None, plan.folder):
            make_patient(plan)


if __name__ == "__main__":
    main()
