"""Choose the patches of our own printable card by simulation, and write ``calibration/cards/rubor.toml``.

    python scripts/choose_printed_card.py

Which printable colours, seen together, best tell lamps and cameras apart *for skin*? The candidates are ink areas on a
grid, as the usual printer of ``calibration.printed_card_inks`` prints them (an assumption), inside sRGB, so that a home
printer can be asked for them. The fixed patches are two skin tones, paper and seven greys. The others are chosen one
by one: each time the candidate that leaves the smallest expected error of skin's red-green axis, when pairs of lamp and
camera are weighted by how well a 3x3 brings their view of the patches to that of the true pair.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import WHITE_D65, encode_srgb, xyz_to_lab, xyz_to_linear_srgb
from calibration.holdout import cameras_for_prior, lamps_for_prior, skins_for_prior
from calibration.printed_card_inks import USUAL
from calibration.skin_optics import redden, tan

Floats = NDArray[np.float64]

TARGET = Path(__file__).resolve().parents[1] / "calibration" / "cards" / "rubor.toml"
SEED, TRUTHS, RIVALS = 20261122, 24, 240
COLUMNS, ROWS = 6, 4
# As the vote counts: error of a patch in cube-root units, and how many residuals are independent.
PATCH_ERROR, INDEPENDENT = 0.015, 0.3
GREY_AREAS = (0.0, 0.18, 0.38, 0.58, 0.78, 1.0)
END_GREYS = (0.25, 0.5)
CHOSEN = COLUMNS * ROWS - len(GREY_AREAS) - len(END_GREYS)


def candidates() -> Floats:
    """Ink areas (N, 4) of printable colours that sRGB can name, no two alike."""
    steps = (0.0, 0.2, 0.4, 0.65, 0.9)
    areas = np.array([(*cmy, k) for cmy in product(steps, repeat=3) for k in (0.0, 0.3) if sum(cmy) + k <= 2.2])
    rgb = xyz_to_linear_srgb(spectra.xyz_d65(USUAL.spectra(areas)))
    coloured = np.ptp(areas[:, :3], axis=1) > 0.15
    return np.asarray(areas[coloured & (rgb.min(axis=1) > 0.004) & (rgb.max(axis=1) < 0.95)])


def judged_skins(rng: np.random.Generator) -> Floats:
    """Plain and reddened skins (N, wavelengths) of every tone."""
    plain = skins_for_prior().values[::10]
    darker = np.concatenate([plain, tan(plain, np.full(len(plain), 0.08)), tan(plain, np.full(len(plain), 0.3))])
    red = redden(darker, rng.uniform(0.15, 0.45, len(darker)), 0.85, shortening=rng.uniform(0.4, 0.8, len(darker)))
    return np.concatenate([darker, red])


def views(surfaces: Floats, rng: np.random.Generator) -> Floats:
    """(pairs, N, 3) white-balanced raw RGB of surfaces for random pairs of lamp and camera."""
    lamps, cameras = lamps_for_prior().values, np.stack([spectra.camera(name) for name in cameras_for_prior()])
    pairs = rng.permutation(len(lamps) * len(cameras))[:RIVALS]
    weights = lamps[pairs // len(cameras), None] * cameras[pairs % len(cameras)]
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.asarray((weights.reshape(-1, weights.shape[-1]) @ surfaces.T).reshape(RIVALS, 3, -1).transpose(0, 2, 1))


def red_green_error(patches: Floats, skins: Floats) -> float:
    """Root mean square error of log(R / G) of skin after the vote on ``patches`` (pairs, P, 3)."""
    total = 0.0
    for true in range(TRUTHS):
        weight = 1 / np.cbrt(patches[true].mean(axis=1)) ** 2 / 3
        seen, wanted = patches * weight[:, None], patches[true] * weight[:, None]
        gram = seen.transpose(0, 2, 1) @ seen + 1e-7 * np.eye(3)
        matrices = np.linalg.solve(gram, seen.transpose(0, 2, 1) @ wanted)
        squares = ((seen @ matrices - wanted) ** 2).sum(axis=(1, 2))
        likely = np.exp(-0.5 * INDEPENDENT * squares / PATCH_ERROR**2)
        likely[true] = 0.0
        shown = np.maximum(skins @ matrices, 1e-4)
        error = np.log(shown[..., 0] / shown[..., 1]) - np.log(skins[true, :, 0] / skins[true, :, 1])
        total += float((likely * (error**2).mean(axis=1)).sum() / (likely.sum() + 1e-12))
    return float(np.sqrt(total / TRUTHS))


def main() -> None:
    rng = np.random.default_rng(SEED)
    offered = candidates()
    greys = np.array([(0.0, 0.0, 0.0, k) for k in (*GREY_AREAS, *END_GREYS)])
    skins = judged_skins(rng)
    seen = views(np.concatenate([USUAL.spectra(offered), USUAL.spectra(greys), skins]), rng)
    of_offered, of_greys, of_skins = np.split(seen, [len(offered), len(offered) + len(greys)], axis=1)
    # Two patches like skin, light and brown, so that the eye and the vote have skin-like colours whatever is chosen.
    lab = xyz_to_lab(spectra.xyz_d65(USUAL.spectra(offered)))
    chosen = [int(np.argmin(((lab - wanted) ** 2).sum(axis=1))) for wanted in ((66.0, 16.0, 18.0), (40.0, 14.0, 17.0))]
    while len(chosen) < CHOSEN:
        left = [index for index in range(len(offered)) if index not in chosen]
        errors = [
            red_green_error(np.concatenate([of_greys, of_offered[:, [*chosen, one]]], axis=1), of_skins) for one in left
        ]
        chosen.append(left[int(np.argmin(errors))])
        print(len(chosen), offered[chosen[-1]], f"{min(errors):.5f}", flush=True)
    areas = np.concatenate(
        [
            greys[len(GREY_AREAS) :][:1],
            offered[chosen[:4]],
            greys[len(GREY_AREAS) + 1 :],
            offered[chosen[4:]],
            greys[: len(GREY_AREAS)],
        ]
    )
    write(areas)


def write(areas: Floats) -> None:
    """The card's data: ink areas, and the sRGB that a printer is asked for, relative to bare paper."""
    xyz = spectra.xyz_d65(USUAL.spectra(areas))
    paper = spectra.xyz_d65(USUAL.spectra(np.zeros((1, 4))))[0]
    rgb = np.round(255 * encode_srgb(xyz_to_linear_srgb(xyz / paper * WHITE_D65)))
    lines = [
        "# Our own printable card. The patches were chosen by scripts/choose_printed_card.py, which wrote this file.",
        'title = "Rubor card, printed at home"',
        "version = 1",
        f"rows = {ROWS}",
        f"columns = {COLUMNS}",
        "patch_mm = 14.0",
        "gap_mm = 3.0",
        "# Ink areas, cyan magenta yellow black, and the sRGB that a printer is asked for; row by row.",
    ]
    for number, (inks, code) in enumerate(zip(areas, rgb.astype(int), strict=True), start=1):
        shown = ", ".join(f"{value:.2f}" for value in inks)
        lines += [
            "[[patch]]",
            f'name = "{number}"',
            f"inks = [{shown}]",
            f'srgb = "#{code[0]:02x}{code[1]:02x}{code[2]:02x}"',
        ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
