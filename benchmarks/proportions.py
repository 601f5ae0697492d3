"""How one person's proportions of the head stray, and how far apart two people's are: the figures of ``same_person``.

The portraits, their meshes moved in three dimensions: heads turned up to 12 degrees, the lens at 25 to 100 cm, smiles,
open mouths, raised brows, other sizes and JPEG qualities.

    python benchmarks/proportions.py [--pictures 20]
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator

import cv2
import numpy as np
from face_map_patients import portraits, warped
from numpy.typing import NDArray
from PIL import Image
from sitters import PORTRAITS

from analyzer import mesh
from analyzer.face import find_face
from analyzer.same_person import FAR, VERY_FAR, _shape_apart, proportions

Floats = NDArray[np.float64]
LENS_CM = (25, 30, 35, 45, 60, 100)
FACE, SIZE = 330, (720, 900)


def moved(points: Floats, rng: np.random.Generator, lens_cm: float) -> Floats:
    """Where the points (468, 2) lie with the head turned, the lens at another distance, and another face made."""
    average = mesh.average_face().points
    per_cm = np.ptp(points[:, 0]) / np.ptp(average[:, 0])
    depth = (average[:, 2] - average[:, 2].mean()) * per_cm
    yaw, pitch = np.radians(np.clip(rng.normal(0, [6, 5]), -12, 12))
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    near = depth * np.cos(yaw) * np.cos(pitch) - x * np.sin(yaw) + y * np.sin(pitch)
    larger = (1 - near / per_cm / 100) / (1 - near / per_cm / lens_cm)
    turned = np.column_stack([x * np.cos(yaw) + depth * np.sin(yaw), y * np.cos(pitch) - depth * np.sin(pitch)])
    placed = turned * larger[:, None] + middle
    smile, mouth, brows = rng.uniform(0, 1, 3) * (rng.random(3) < 0.5)
    for corner, way in ((61, -1), (291, 1)):
        placed += _near(points, points[corner], per_cm)[:, None] * np.array([0.5 * way, -0.45]) * per_cm * smile
    below = np.clip((points[:, 1] - points[13, 1]) / per_cm / 3, 0, 1)
    placed[:, 1] += below * np.exp(-(((points[:, 0] - points[13, 0]) / per_cm / 4) ** 2)) * 0.8 * per_cm * mouth
    for brow in (mesh.LEFT_BROW, mesh.RIGHT_BROW):
        placed[:, 1] -= _near(points, points[list(brow)].mean(axis=0), per_cm) * 0.5 * per_cm * brows
    return np.asarray(placed)


def _near(points: Floats, place: Floats, per_cm: float) -> Floats:
    return np.asarray(np.exp(-((np.hypot(*(points - place).T) / per_cm / 1.6) ** 2)))


def seen(name: str, count: int) -> Iterator[tuple[float, ...]]:
    """The proportions that are found in ``count`` pictures of one portrait."""
    document = json.loads((PORTRAITS / "landmarks.json").read_text())
    points = np.array(document["portraits"][name])[: mesh.SKIN_POINTS]
    scale = FACE / np.ptp(points[:, 0])
    move = np.column_stack([np.eye(2) * scale, np.array(SIZE) * [0.5, 0.49] - scale * points.mean(axis=0)])
    with Image.open(PORTRAITS / f"{name}.jpg") as picture:
        srgb = np.asarray(picture.convert("RGB"))
    plain = np.asarray(cv2.warpAffine(srgb, move, SIZE, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE))
    placed = points @ move[:, :2].T + move[:, 2]
    rng = np.random.default_rng(5)
    for k in range(count):
        changed = warped(plain.astype(np.uint8), placed, moved(placed, rng, LENS_CM[k % len(LENS_CM)]))
        smaller = rng.uniform(0.5, 1.0)
        size = (round(SIZE[0] * smaller), round(SIZE[1] * smaller))
        file = io.BytesIO()
        Image.fromarray(changed).resize(size).save(file, "JPEG", quality=int(rng.integers(75, 95)))
        face = find_face(np.asarray(Image.open(file))).face
        if face is not None and max(abs(face.yaw), abs(face.pitch)) <= 12:
            yield proportions(face)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=20)
    count = parser.parse_args().pictures
    people = {name: np.array(list(seen(name, count))) for name in portraits()}
    middle = {name: np.median(table, axis=0) for name, table in people.items()}
    strays = np.concatenate([table - middle[name] for name, table in people.items()])
    sd, ways = np.linalg.eigh(np.cov(strays.T))
    print("ways in which one person's lengths stray, with their SD (these pictures, without glasses and hair):")
    for k in (-1, -2, -3):
        print(f"  {np.sqrt(sd[k]):.4f}", np.round(ways[:, k], 2).tolist())
    own = _shape_apart(strays)
    others = np.concatenate(
        [_shape_apart(people[one] - middle[other]) for one in people for other in people if one != other]
    )
    print(f"one person: median {np.median(own):.2f}, 99 % below {np.quantile(own, 0.99):.2f}, largest {own.max():.2f}")
    print(f"two people: 1 % below {np.quantile(others, 0.01):.2f}, median {np.median(others):.2f}")
    for limit in (FAR, VERY_FAR):
        print(
            f"beyond {limit:.1f}: {np.mean(own > limit):.1%} of {len(own)}, {np.mean(others > limit):.0%} of strangers"
        )


if __name__ == "__main__":
    main()
