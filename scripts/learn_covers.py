"""Teach the network of ``analyzer.covers`` from painted faces. NumPy only, some minutes on one core.

Usage: python scripts/learn_covers.py [--faces 2000] [--rounds 12] [--seed 1] [--seconds 900] [--go-on] [--out FILE]

The weights that are shipped come from lessons that go on from each other: three with the four people as they are, then
two (13 and 10 minutes) with 2680 faces in relief, with other features and blended.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from covers_to_learn import cover
from numpy.typing import NDArray
from people_to_learn import HEIGHT, WIDTH, Base, blended

from analyzer import covers, mesh
from analyzer.covers import COLUMNS, FINE, ROWS
from analyzer.face import find_face
from calibration.cielab import xyz_to_linear_srgb
from calibration.simulated_face import Portrait, paint
from calibration.simulation import random_person

ROOT = Path(__file__).resolve().parent.parent
PORTRAITS = ROOT / "samples" / "portraits"
TRUTH = ROOT / "tests" / "data" / "portrait_truth" / "polygons.json"
# The people that thresholds are chosen on; all others are for judging.
PEOPLE = ("boris_morukov__russia", "daniel_tani__usa", "jose_hernandez__usa", "stephanie_wilson__usa")
TONES = ((55.0, 62.0), (41.0, 55.0), (28.0, 41.0), (10.0, 28.0), (-30.0, 10.0), (-70.0, -30.0))
# Channels that are seen, after the first mixing, and on each level.
CHANNELS, FIRST, SIZES = 10, 16, (20, 28, 40)
BATCH = 8
Floats = NDArray[np.float32]


@cache
def truth() -> dict[str, dict[str, list[list[list[float]]]]]:
    """Hand-drawn polygons by portrait and part."""
    document: dict[str, dict[str, list[list[list[float]]]]] = json.loads(TRUTH.read_text(encoding="utf-8"))
    return document


def bases(people: Sequence[str], each: int, seed: int) -> Iterator[Base]:
    """Every person in every tone, ``each`` times, on the network's grid."""
    for name in people:
        portrait = Portrait.read(PORTRAITS, name)
        face = find_face(portrait.srgb).face
        if face is None:
            raise SystemExit(f"no face is found in {name}")
        points = face.landmarks[: mesh.SKIN_POINTS, :2]
        to_fine = covers.grid_of(points, FINE)
        off, unsure = _hand_drawn(name, portrait.srgb.shape[:2])
        rng = np.random.default_rng([seed, len(name)])
        for tone, angles in enumerate(TONES):
            for _ in range(each):
                person = random_person(rng, name, held_out=False, ita=angles)
                # A studio's light makes more contrast, a sky's less.
                person = replace(person, contrast=float(rng.uniform(0.6, 1.3)))
                xyz = paint(portrait, person).xyz
                rgb = np.clip(xyz_to_linear_srgb(xyz), 1e-4, None).astype(np.float32)
                planes = [
                    np.asarray(cv2.warpAffine(one, to_fine, (WIDTH, HEIGHT), flags=cv2.INTER_AREA,
                                              borderMode=cv2.BORDER_REPLICATE), np.float32)
                    for one in (rgb, off, unsure)
                ]  # fmt: skip
                yield Base(planes[0], planes[1], planes[2], points @ to_fine[:, :2].T + to_fine[:, 2], tone)


def with_blends(people: Sequence[Base], count: int, seed: int) -> list[Base]:
    """The people, and ``count`` more who have their looks from two of the same tone."""
    rng = np.random.default_rng([seed, 6])
    more = []
    for _ in range(count):
        tone = int(rng.integers(len(TONES)))
        alike = [number for number in range(len(people)) if people[number].tone == tone]
        first, second = rng.choice(alike, 2, replace=False)
        more.append(blended(people[first], people[second], rng))
    return [*people, *more]


def _hand_drawn(name: str, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Where hair, beard and background are (brows, eyes and lips are known to the mesh), and where nobody can say."""
    drawn = {part: np.zeros(shape[:2], np.uint8) for part in ("skin", "beard", "unsure")}
    for part, mask in drawn.items():
        for polygon in truth()[name].get(part, []):
            cv2.fillPoly(mask, [np.round(polygon).astype(np.int32)], 1)
    off = ((drawn["skin"] == 0) | (drawn["beard"] > 0)).astype(np.float32)
    return off, drawn["unsure"].astype(np.float32)


@dataclass
class Lessons:
    """(N, ROWS, COLUMNS, channels) seen, and of each cell whether it is covered and how much it counts."""

    seen: NDArray[np.float16]
    covered: NDArray[np.float16]
    counts: NDArray[np.float16]


def lessons(people: Sequence[Base], count: int, seed: int) -> Lessons:
    """``count`` painted faces."""
    rng = np.random.default_rng([seed, 5])
    seen = np.empty((count, ROWS, COLUMNS, CHANNELS), np.float16)
    covered, counts = np.empty((2, count, ROWS, COLUMNS), np.float16)
    for number in range(count):
        shown = cover(people[int(rng.integers(len(people)))], rng)
        seen[number] = covers.what_is_seen(shown.rgb, covers.drawn_features(shown.points))
        share = shown.cover.reshape(ROWS, FINE, COLUMNS, FINE).mean(axis=(1, 3))
        # Half a cell is neither; nobody is asked about the background.
        sure = np.where((share > 0.12) & (share < 0.3), 0.3, 1.0)
        sure = sure * (1 - np.minimum(1, shown.unsure.reshape(ROWS, FINE, COLUMNS, FINE).mean(axis=(1, 3)) * 2))
        covered[number] = np.clip((share - 0.1) / 0.2, 0, 1)
        counts[number] = sure * _inside(shown.points)
    return Lessons(seen, covered, counts)


def _inside(points: NDArray[np.float64]) -> Floats:
    drawn = np.zeros((ROWS, COLUMNS), np.uint8)
    cv2.fillPoly(drawn, [np.round((points[list(mesh.OVAL)] + 0.5) / FINE - 0.5).astype(np.int32)], 1)
    return np.asarray(0.1 * cv2.dilate(drawn, np.ones((7, 7), np.uint8)) + 0.9 * drawn, np.float32)


def untaught(seed: int) -> covers.Weights:
    """Random weights of the right size (He's)."""
    rng = np.random.default_rng([seed, 9])
    learnt: covers.Weights = {}

    def layer(name: str, taken: int, given: int) -> None:
        learnt[name + ".w"] = (rng.standard_normal((taken, given)) * np.sqrt(2 / taken)).astype(np.float32)
        learnt[name + ".b"] = np.zeros(given, np.float32)

    layer("in", 4 * CHANNELS, FIRST)
    before = FIRST
    for level, size in enumerate(SIZES):
        layer(f"down{level}a", 9 * before, size)
        layer(f"down{level}b", 9 * size, size)
        before = size
    for level in reversed(range(len(SIZES) - 1)):
        layer(f"up{level}", 9 * (before + SIZES[level]), SIZES[level])
        before = SIZES[level]
    layer("out", before, 4)
    learnt["out.w"] *= 0.1
    return learnt


@dataclass
class Teacher:
    """The network forwards and backwards, and Adam."""

    learnt: covers.Weights
    steps: int = 0
    first: covers.Weights = field(default_factory=dict)
    second: covers.Weights = field(default_factory=dict)

    def loss(self, seen: Floats, covered: Floats, counts: Floats) -> tuple[float, covers.Weights]:
        """Mean cross-entropy and its gradient."""
        tape: dict[str, tuple[Floats, Floats]] = {}
        kept: list[Floats] = []
        now = self._forward(covers.blocks(seen), "in", tape)
        last = len(SIZES) - 1
        for level in range(last + 1):
            for half in "ab":
                now = self._forward(covers.unfolded(now), f"down{level}{half}", tape)
            if level < last:
                kept.append(now)
                now = covers.pooled(now)
        for level in reversed(range(last)):
            both = np.concatenate([covers.enlarged(now), kept[level]], axis=-1)
            now = self._forward(covers.unfolded(both), f"up{level}", tape)
        logit = covers.unblocked(now @ self.learnt["out.w"] + self.learnt["out.b"])[..., 0]
        total = float(counts.sum()) + 1e-6
        chance = 1 / (1 + np.exp(-logit))
        loss = float((counts * (np.logaddexp(0, logit) - covered * logit)).sum()) / total
        back = covers.blocks(((chance - covered) * counts / np.float32(total)).astype(np.float32)[..., None])
        slope: covers.Weights = {
            "out.w": now.reshape(-1, now.shape[-1]).T @ back.reshape(-1, 4),
            "out.b": back.sum(axis=(0, 1, 2)),
        }
        flow = back @ self.learnt["out.w"].T
        kept_flow: dict[int, Floats] = {}
        for level in range(last):
            flow = self._folded(self._backward(flow, f"up{level}", tape, slope), f"up{level}")
            deep = flow.shape[-1] - SIZES[level]
            kept_flow[level] = flow[..., deep:]
            flow = covers.pooled(flow[..., :deep]) * np.float32(4)
        for level in reversed(range(last + 1)):
            if level < last:
                flow = covers.enlarged(flow) * np.float32(0.25) + kept_flow[level]
            for half in "ba":
                flow = self._folded(self._backward(flow, f"down{level}{half}", tape, slope), f"down{level}{half}")
        self._backward(flow, "in", tape, slope)
        return loss, slope

    def _forward(self, seen: Floats, name: str, tape: dict[str, tuple[Floats, Floats]]) -> Floats:
        out = covers.layer(seen, self.learnt, name)
        tape[name] = (seen, out)
        return out

    def _backward(
        self, flow: Floats, name: str, tape: dict[str, tuple[Floats, Floats]], slope: covers.Weights
    ) -> Floats:
        """The slope of one layer's weights, and what flows back to its sums."""
        seen, out = tape[name]
        flow = np.where(out > 0, flow, np.float32(covers.LEAK) * flow)
        slope[name + ".w"] = seen.reshape(-1, seen.shape[-1]).T @ flow.reshape(-1, flow.shape[-1])
        slope[name + ".b"] = flow.sum(axis=(0, 1, 2))
        return flow

    def _folded(self, flow: Floats, name: str) -> Floats:
        """What flows back through a 3 x 3 convolution."""
        given = flow.shape[-1]
        there = self.learnt[name + ".w"].reshape(9, -1, given)
        turned = there[::-1].transpose(0, 2, 1).reshape(9 * given, -1)
        return covers.unfolded(flow) @ turned

    def step(self, slope: covers.Weights, rate: float) -> None:
        """One step of Adam with a little decay."""
        self.steps += 1
        for name, way in slope.items():
            first = self.first.setdefault(name, np.zeros_like(way))
            second = self.second.setdefault(name, np.zeros_like(way))
            first += 0.1 * (way - first)
            second += 0.002 * (way**2 - second)
            move = (first / (1 - 0.9**self.steps)) / (np.sqrt(second / (1 - 0.998**self.steps)) + 1e-8)
            self.learnt[name] -= (rate * (move + 1e-3 * self.learnt[name])).astype(np.float32)


def teach(teacher: Teacher, some: Lessons, rounds: int, rate: float, seconds: float, seed: int) -> None:
    """Go through the lessons ``rounds`` times, or until ``seconds`` are over, with a falling rate."""
    rng, start, size = np.random.default_rng([seed, 3]), time.monotonic(), BATCH
    steps = rounds * (len(some.seen) // size)
    order = np.concatenate([rng.permutation(len(some.seen))[: len(some.seen) // size * size] for _ in range(rounds)])
    losses = []
    for step in range(steps):
        done = max(step / steps, (time.monotonic() - start) / seconds)
        if done >= 1:
            break
        pick = order[step * size : (step + 1) * size]
        seen, covered, counts = (np.asarray(one[pick], np.float32) for one in (some.seen, some.covered, some.counts))
        if rng.random() < 0.5:  # the mirror image, in which the place across changes its sign
            seen, covered, counts = (np.ascontiguousarray(one[:, :, ::-1]) for one in (seen, covered, counts))
            seen[..., -2] *= -1
        # Cameras and lamps stretch light and colour, and roughen or smooth what they show.
        seen[..., :3] *= np.exp(rng.normal(0, 0.12, (size, 1, 1, 3))).astype(np.float32)
        seen[..., 3:6] += rng.normal(0, 0.1, (size, 1, 1, 3)).astype(np.float32)
        loss, slope = teacher.loss(seen, covered, counts)
        teacher.step(slope, rate * 0.5 * (1 + np.cos(np.pi * done)) + 1e-5)
        losses.append(loss)
        if step % 50 == 49:
            print(f"{step + 1} of {steps}: {np.mean(losses[-50:]):.4f}, {time.monotonic() - start:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop by then, the rate having fallen to nothing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--go-on", action="store_true", help="start from what --out has learnt already")
    parser.add_argument("--out", type=Path, default=ROOT / "analyzer" / "models" / "covers.npz")
    options = parser.parse_args()
    people = with_blends(list(bases(PEOPLE, 2, options.seed)), 2 * len(TONES) * len(PEOPLE), options.seed)
    some = lessons(people, options.faces, options.seed)
    learnt = untaught(options.seed)
    if options.go_on:
        with np.load(options.out) as before:
            learnt = {name: before[name].astype(np.float32) for name in before.files}
    teacher = Teacher(learnt)
    teach(teacher, some, options.rounds, options.rate, options.seconds, options.seed)
    stored = {name: one.astype(np.float16) for name, one in teacher.learnt.items()}
    np.savez_compressed(options.out, allow_pickle=False, **stored)


if __name__ == "__main__":
    main()
