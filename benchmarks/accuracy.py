"""How far off is a*, and the change of a*, on what the calibration has never seen? Prints tables for docs/accuracy.md.

Two judges. *Patches*: simulated phones, lamps and skins that no fit has seen (``calibration.holdout``), the card read
with a little noise, thousands of skins, by ITA class, beside simpler methods. *Samples*: whole photographs through
the whole program (finding the card and the face too), against the truth that the simulation wrote beside them.

Usage: python benchmarks/accuracy.py [--phones 25] [--skins 100] [--seed 7]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analyzer.reading import DARKEST_CLASS, TONE_CLASSES
from calibration import spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import (
    WHITE_D65,
    decode_srgb,
    encode_srgb,
    individual_typology_angle,
    linear_srgb_to_lab,
    xyz_to_lab,
    xyz_to_linear_srgb,
)
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS, HELD_OUT_SKINS
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.skin_optics import redden, tan

Floats = NDArray[np.float64]
ToLab = Callable[[Floats], Floats]
SeOf = Callable[[Floats], float]

CLASSES = (*(name for _, name in TONE_CLASSES), DARKEST_CLASS)
CLASS_LIMITS = tuple(limit for limit, _ in TONE_CLASSES)
PICTURES_PER_PHONE = 6
SAMPLES = Path(__file__).parent.parent / "samples"


@dataclass(frozen=True)
class Skins:
    """Skins that no fit has seen: plain and reddened reflectances (N, wavelengths), true a* (N,), ITA class (N,)."""

    plain: Floats
    red: Floats
    plain_a: Floats
    red_a: Floats
    tone: NDArray[np.intp]


def held_out_skins(per_class: int, rng: np.random.Generator) -> Skins:
    """``per_class`` skins of each ITA class: measured ones, and the same people with more melanin or other blood."""
    measured = spectra.skins().only(HELD_OUT_SKINS).values
    pool = [measured]
    for low, high in ((0.0, 0.03), (0.02, 0.1), (0.1, 0.3), (0.2, 0.6)):
        for _ in range(8):
            count = len(measured)
            darker = tan(measured, rng.uniform(low, high, count), melanin_slope=rng.uniform(2.0, 3.33, count))
            pool.append(redden(darker, rng.uniform(-0.12, 0.12, count), 0.8, shortening=0.6))
    reflectance = np.concatenate(pool)
    lab = xyz_to_lab(spectra.xyz_d65(reflectance))
    tones = np.digitize(-individual_typology_angle(lab), [-limit for limit in CLASS_LIMITS])
    lifelike = (lab[:, 1] > 2) & (lab[:, 1] < 24) & (lab[:, 2] > 4)
    chosen = np.concatenate(
        [rng.permutation(np.flatnonzero(lifelike & (tones == tone)))[:per_class] for tone in range(len(CLASSES))]
    )
    plain = reflectance[chosen]
    count = len(plain)
    # A face is seldom lit just as the card is, nor the same on two days.
    lit = np.exp(rng.normal(np.log(0.88), 0.15, (count, 1)))
    other_day = np.exp(rng.normal(0, 0.08, (count, 1)))
    dose, oxygenation = rng.uniform(0.15, 0.45, count), rng.uniform(0.8, 0.98, count)
    red = redden(plain, dose, oxygenation, shortening=rng.uniform(0.35, 0.85, count)) * lit * other_day
    plain = plain * lit
    true = [xyz_to_lab(spectra.xyz_d65(skins))[:, 1] for skins in (plain, red)]
    return Skins(plain, red, true[0], true[1], tones[chosen])


def pictures(phones: int, rng: np.random.Generator) -> Iterator[tuple[int, Floats, Floats, Isp]]:
    """(phone, sensitivity, lamp, processing) of photographs: each phone under several lamps."""
    lamps = spectra.lamps()
    for number in range(phones):
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        for _ in range(PICTURES_PER_PHONE):
            isp = isp.next_picture(rng)
            yield number, phone.sensitivity(), lamps[str(rng.choice(HELD_OUT_LAMPS))], isp


def read_card(rgb: Floats, rng: np.random.Generator) -> CardReading:
    """The card's patches as a photograph would give them: print differences, noise, 8 bit averaged over pixels."""
    seen = np.clip(rgb * (1 + rng.normal(0, 0.004, (24, 1))) + rng.normal(0, 5e-4, (24, 3)), 0, 1)
    coded = np.round(encode_srgb(seen) * 255 * 8) / 8 / 255
    clipped = ((coded >= 1) | (coded <= 0)).any(axis=1).astype(float)
    nowhere = np.zeros((24, 2))
    return CardReading("classic-24", nowhere[:4], False, decode_srgb(coded), np.full((24, 3), 5e-4), clipped, nowhere)


def as_is(_reading: CardReading) -> ToLab:
    """The phone's own sRGB."""
    return linear_srgb_to_lab


def grey_balance(reading: CardReading) -> ToLab:
    """White balance on the second grey, exposure on the same."""
    grey = spectra.xyz_d65(spectra.patches().values)[19, 1]
    gain = grey / reading.rgb[19]
    return lambda rgb: linear_srgb_to_lab(rgb * gain)


def matrix_3x3(reading: CardReading) -> ToLab:
    """Least-squares 3x3 on the 24 patches, linear light."""
    return _fitted(reading, lambda rgb: rgb)


def root_polynomial(reading: CardReading) -> ToLab:
    """Root polynomial of degree 2 on the 24 patches (Finlayson, Mackiewicz and Hurlbert 2015)."""

    def terms(rgb: Floats) -> Floats:
        r, g, b = (np.maximum(rgb[..., i], 0) for i in range(3))
        return np.concatenate([rgb, np.stack([np.sqrt(r * g), np.sqrt(g * b), np.sqrt(r * b)], axis=-1)], axis=-1)

    return _fitted(reading, terms)


def affine_coded(reading: CardReading) -> ToLab:
    """Affine in coded sRGB: the way of PlantCV's auto_correct_color, written anew."""
    wanted = encode_srgb(np.clip(_card_srgb(), 0, 1))
    matrix, *_ = np.linalg.lstsq(_with_one(encode_srgb(reading.rgb)), wanted, rcond=None)
    return lambda rgb: linear_srgb_to_lab(decode_srgb(np.clip(_with_one(encode_srgb(rgb)) @ matrix, 0, 1)))


def _card_srgb() -> Floats:
    return xyz_to_linear_srgb(spectra.xyz_d65(spectra.patches().values))


def _with_one(rgb: Floats) -> Floats:
    return np.concatenate([rgb, np.ones((*rgb.shape[:-1], 1))], axis=-1)


def _fitted(reading: CardReading, terms: Callable[[Floats], Floats]) -> ToLab:
    matrix, *_ = np.linalg.lstsq(terms(reading.rgb), spectra.xyz_d65(spectra.patches().values), rcond=None)
    return lambda rgb: xyz_to_lab(np.maximum(terms(rgb) @ matrix, 1e-6 * WHITE_D65))


METHODS: dict[str, Callable[[CardReading], ToLab]] = {
    "the phone's sRGB": as_is,
    "grey balance": grey_balance,
    "3x3": matrix_3x3,
    "root polynomial 2": root_polynomial,
    "affine in coded RGB": affine_coded,
}
OURS = "Rubor"


@dataclass(frozen=True)
class Errors:
    """Errors of a* of plain and of reddened skin, (pictures, skins) each, and the standard errors promised."""

    plain: Floats
    red: Floats
    promised: Floats


def judge(skins: Skins, phones: int, rng: np.random.Generator) -> tuple[dict[str, Errors], NDArray[np.intp]]:
    """Every method on every picture; and the phone of each picture."""
    count = len(skins.plain)
    surfaces = np.concatenate([spectra.patches().values, skins.plain, skins.red])
    rows: dict[str, list[tuple[Floats, Floats, Floats]]] = {name: [] for name in (*METHODS, OURS)}
    owners = []
    for phone, sensitivity, lamp, isp in pictures(phones, rng):
        rgb = simulate_patches(sensitivity, lamp, isp, surfaces)
        reading = read_card(rgb[:24], rng)
        calibration = calibrate(CardSearch("auto", reading))
        ways: dict[str, ToLab] = {name: way(reading) for name, way in METHODS.items()} | {OURS: calibration.to_lab}
        owners.append(phone)
        for name, to_lab in ways.items():
            plain, red = to_lab(rgb[24 : 24 + count]), to_lab(rgb[24 + count :])
            promised = np.array([calibration.a_se(one) for one in plain]) if name == OURS else np.zeros(count)
            rows[name].append((plain[:, 1] - skins.plain_a, red[:, 1] - skins.red_a, promised))
    errors = {name: Errors(*(np.array(column) for column in zip(*found, strict=True))) for name, found in rows.items()}
    return errors, np.array(owners)


def step_errors(errors: Errors, owners: NDArray[np.intp]) -> Floats:
    """Errors of delta a*: reddened skin in one photograph less plain skin in another of the same phone."""
    steps = [
        errors.red[late] - errors.plain[early]
        for early in range(len(owners))
        for late in range(len(owners))
        if early != late and owners[early] == owners[late]
    ]
    return np.array(steps)


def print_patches(phones: int, per_class: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    skins = held_out_skins(per_class, rng)
    errors, owners = judge(skins, phones, rng)
    counts = np.bincount(skins.tone, minlength=len(CLASSES))
    step = (skins.red_a - skins.plain_a).mean()
    print(f"Held-out phones x lamps x skins: {len(owners)} pictures of {phones} phones, {len(skins.plain)} skins")
    by_class = ", ".join(f"{name} {count}" for name, count in zip(CLASSES, counts, strict=True))
    print(f"(by class: {by_class}), true step {step:.1f} a*\n")
    print("| method | mean abs. error of a* | p95 | mean abs. error of delta a* | p95 | SD over lamps |")
    print("|---|---|---|---|---|---|")
    for name, found in errors.items():
        size, steps = np.abs(found.plain), np.abs(step_errors(found, owners))
        spread = np.mean([found.plain[owners == phone].std(axis=0).mean() for phone in np.unique(owners)])
        cells = [size.mean(), np.quantile(size, 0.95), steps.mean(), np.quantile(steps, 0.95), spread]
        print(f"| {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    ours = errors[OURS]
    steps = np.abs(step_errors(ours, owners))
    columns = ("skins", "error of a*", "error of delta a*", "p95", "inside 2 a_se", "median a_se", "RMS error")
    print(f"\n| Rubor by ITA class | {' | '.join(columns)} |")
    print("|---|---|---|---|---|---|---|---|")
    for tone, name in [*enumerate(CLASSES), (None, "all")]:
        of = np.ones(len(skins.tone), bool) if tone is None else skins.tone == tone
        error, promised = ours.plain[:, of], ours.promised[:, of]
        inside = (np.abs(error) <= 2 * promised).mean()
        rms = np.sqrt((error**2).mean())
        print(
            f"| {name} | {of.sum()} | {np.abs(error).mean():.2f} | {steps[:, of].mean():.2f} | "
            f"{np.quantile(steps[:, of], 0.95):.2f} | {inside:.1%} | {np.median(promised):.2f} | {rms:.2f} |"
        )


def print_samples() -> None:
    """Each sample patient's regions through the whole program, against the truth beside the photographs."""
    from analyzer.pipeline import analyze_photo

    print("\n| sample patient | ITA class | photographs | error of a* | error of delta a* | p95 | inside 2 a_se |")
    print("|---|---|---|---|---|---|---|")
    for folder in sorted(path for path in SAMPLES.iterdir() if (path / "treatment.toml").exists()):
        found, truth, promised, tones = [], [], [], []
        photographs = sorted(folder.glob("*.jpg"))
        for path in photographs:
            reading = analyze_photo(path).reading
            true = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["regions"]
            found.append([reading.regions[name].a for name in true])
            promised.append([reading.regions[name].a_se for name in true])
            truth.append([one["a"] for one in true.values()])
            if path.name.startswith("before") and reading.skin_tone:
                tones.append(reading.skin_tone.tone_class)
        early = np.array([path.name.startswith("before") for path in photographs])
        error = np.array(found) - np.array(truth)
        steps = np.abs(error[~early] - error[early].mean(axis=0))
        inside = (np.abs(error) <= 2 * np.array(promised)).mean()
        print(
            f"| {folder.name} | {tones[0] if tones else '-'} | {len(photographs)} | {np.abs(error).mean():.2f} | "
            f"{steps.mean():.2f} | {np.quantile(steps, 0.95):.2f} | {inside:.0%} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=25)
    parser.add_argument("--skins", type=int, default=100, help="skins of each ITA class")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    print_patches(arguments.phones, arguments.skins, arguments.seed)
    print_samples()


if __name__ == "__main__":
    main()
