"""Which spectrum lies behind a colour: skin like measured skins, everything else smooth.

A portrait gives three numbers for each pixel, a lamp and a camera need a whole spectrum. Skin is looked up in a table
made for one person: the spectrum of a few measured people like this one, and for each place of a grid over
chromaticity the same with as much less or more melanin and blood as leads there: places of one face differ by little
else. Spectra bent or modelled into a colour are no skin's: a calibration that reads measured skin to half an a* is
off by twice that on them. Between the places of the grid the spectra are mixed linearly and scaled with the pixel's
luminance, so that a pixel under D65 is exactly the portrait's. A third axis of the table is added blood.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration import holdout, spectra
from calibration.cielab import WHITE_D65, lab_to_xyz, xyz_to_lab
from calibration.skin_optics import blood_absorbance, melanin_absorbance, melanin_filter, tan

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]
SkinPool = Literal["held_out", "prior", "all"]

# The grid over X/Y and Z/Y, both relative to D65's white: measured skins lie within 1.05-1.23 and 0.53-0.78.
_RED = np.linspace(0.96, 1.46, 41)
_BLUE = np.linspace(0.12, 1.08, 49)
# How near a known skin must be to this person's to stand model: in X/Y, in Z/Y and in L*.
_NEAR_RED, _NEAR_BLUE, _NEAR_LIGHTNESS = 0.015, 0.03, 4.5
# Melanosome fractions (volume) by which the measured people are made lighter and darker, as few of them are either.
_LIGHTER, _DARKER = (-0.04, -0.01), ((0.0, 0.1), (0.1, 0.3), (0.2, 0.6))
# No skin reflects more, at any wavelength.
_BRIGHTEST = 0.9
# How far places of one face may differ in melanin (volume fraction) and blood (doses).
_MELANIN_RANGE, _BLOOD_RANGE = (-0.15, 0.5), (-0.4, 3.0)
# What melanin and blood leave to be corrected may bend a spectrum by this factor; bent more, it is no skin any more.
_MOST_BENT = 2.2
# Newton's steps towards a colour, and the longest of them.
_STEPS, _LONGEST_STEP = 12, 0.3
# Step of the dose axis: linear interpolation between reddened spectra is then good to 2e-4.
_DOSE_STEP = 0.04


@dataclass(frozen=True)
class SkinModel:
    """One person's skin beyond its colour, and the blood that is added to it.

    ``pool`` says which measured skins may stand model (``calibration.holdout``), ``seed`` which of them this person
    resembles most. ``oxygenation`` and ``shortening`` are the added blood's. ``surface`` is the reflectance of the
    skin's surface alone, which no blood reaches: much of what dark skin sends back. ``melanin`` is a volume fraction
    added to the epidermis everywhere: the skin after it has darkened.
    """

    pool: SkinPool = "held_out"
    seed: int = 0
    oxygenation: float = 0.9
    shortening: float = 0.5
    surface: float = 0.02
    melanin: float = 0.0


def known_skins(model: SkinModel) -> tuple[Array, Array]:
    """Reflectances (skins, wavelengths) that this person's skin is mixed from, and how much each counts (skins,).

    Measured people first, as they are; then the same people lighter and darker.
    """
    rng = np.random.default_rng([model.seed, 1])
    table = spectra.skins()
    if model.pool == "held_out":
        table = table.only(holdout.HELD_OUT_SKINS)
    elif model.pool == "prior":
        table = holdout.skins_for_prior()
    measured, many = table.values, len(table.names)
    others = [
        tan(measured, rng.uniform(low, high, many), melanin_slope=rng.uniform(2.0, 3.33, many))
        for low, high in (_LIGHTER, *_DARKER)
    ]
    skins = np.concatenate([measured, *others])
    lifelike = (skins.max(axis=1) < _BRIGHTEST) | (np.arange(len(skins)) < many)
    return skins[lifelike], rng.lognormal(0, 0.8, len(skins))[lifelike]


@dataclass(frozen=True, eq=False)
class SkinTable:
    """One person's skin for each chromaticity: spectra with Y = 1, what of them is the surface's, and where they are
    believable (0..1).
    """

    model: SkinModel
    spectra: Array
    surface: Array
    believable: Pixels

    @classmethod
    def of(cls, model: SkinModel, median_lab: Array) -> SkinTable:
        """The table of a person whose skin has ``median_lab`` (3,) on the whole."""
        own = _own_spectrum(model, median_lab)
        nodes_red, nodes_blue = (axis.ravel()[:, None] for axis in np.meshgrid(_RED, _BLUE, indexing="ij"))
        wanted = np.concatenate([nodes_red, np.ones_like(nodes_red), nodes_blue], axis=1) * WHITE_D65
        bent, bend = _bend_to(_places_of_one_face(own, model, wanted), wanted)
        worst = np.maximum(bend, 1 / np.maximum(bend, 1e-3)).max(axis=1)
        shape = (len(_RED), len(_BLUE))
        believable = np.clip((_MOST_BENT - worst) / (0.3 * _MOST_BENT), 0, 1).astype(np.float32).reshape(shape)
        seen = (spectra.WAVELENGTHS >= 400) & (spectra.WAVELENGTHS <= 700)
        surface = np.minimum(model.surface / lab_to_xyz(median_lab)[1], 0.7 * bent[:, seen].min(axis=1))
        return cls(model, bent.reshape(*shape, -1), surface.reshape(*shape, 1), believable)

    def believe(self, xyz: Pixels) -> Pixels:
        """How far (0..1) the table can stand for colours (N, 3)."""
        return _interpolate(
            self.believable[..., None],
            [_place(xyz[:, 0] / xyz[:, 1] / WHITE_D65[0], _RED), _place(xyz[:, 2] / xyz[:, 1] / WHITE_D65[2], _BLUE)],
        )[:, 0]

    def seen(self, xyz: Pixels, dose: Pixels, weights: Array, melanin: Pixels | None = None) -> Pixels:
        """What sensors ``weights`` (sensors, wavelengths) see of skin ``xyz`` (N, 3) with ``dose`` (N,) of blood.

        ``melanin`` (N,) is a volume fraction that single places have more than the whole skin. Gives (N, sensors). The
        same spectra for any sensors: so truth and photograph belong to one skin.
        """
        plain = self._seen(xyz, dose, weights, self.model.melanin)
        most = 0.0 if melanin is None else float(melanin.max(initial=0))
        if melanin is None or most <= 0:
            return plain
        # Absorption is a matter of the logarithm: between a light and a dark rendering of one place it runs straight.
        some = melanin > 0
        light = np.maximum(plain[some], np.float32(1e-6))
        dark = self._seen(xyz[some], dose[some], weights, self.model.melanin + most)
        share = (melanin[some] / np.float32(most))[:, None]
        plain[some] = light * (np.maximum(dark, np.float32(1e-6)) / light) ** share
        return plain

    def _seen(self, xyz: Pixels, dose: Pixels, weights: Array, melanin: float) -> Pixels:
        doses = np.arange(0, float(dose.max(initial=0)) + 2 * _DOSE_STEP, _DOSE_STEP)
        absorbance = blood_absorbance(self.model.oxygenation, self.model.shortening)
        inside = (self.spectra - self.surface) * melanin_filter(melanin)
        above = self.surface * weights.sum(axis=1)
        table = np.stack([above + inside @ (weights * np.exp(-one * absorbance)).T for one in doses]).astype(np.float32)
        places = [
            _place(dose, doses),
            _place(xyz[:, 0] / xyz[:, 1] / np.float32(WHITE_D65[0]), _RED),
            _place(xyz[:, 2] / xyz[:, 1] / np.float32(WHITE_D65[2]), _BLUE),
        ]
        return np.asarray(_interpolate(table, places) * xyz[:, 1:2], np.float32)


def _chromaticity(xyz: Array) -> tuple[Array, Array]:
    return xyz[:, 0] / xyz[:, 1] / WHITE_D65[0], xyz[:, 2] / xyz[:, 1] / WHITE_D65[2]


def _own_spectrum(model: SkinModel, median_lab: Array) -> Array:
    """(wavelengths,): the spectrum of known skins that are most like ``median_lab`` (3,), Y = 1."""
    skins, count = known_skins(model)
    xyz = spectra.xyz_d65(skins)
    red, blue = _chromaticity(xyz)
    own_red, own_blue = _chromaticity(lab_to_xyz(median_lab)[None])
    distance = (
        ((red - own_red) / _NEAR_RED) ** 2
        + ((blue - own_blue) / _NEAR_BLUE) ** 2
        + ((xyz_to_lab(xyz)[:, 0] - median_lab[0]) / _NEAR_LIGHTNESS) ** 2
    )
    log_weight = np.log(count) - distance / 2
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum() @ (skins / xyz[:, 1:2]))


def _places_of_one_face(own: Array, model: SkinModel, wanted: Array) -> Array:
    """Spectra (N, wavelengths), Y = 1: ``own`` with the melanin and blood that bring it to ``wanted`` XYZ (N, 3), or,
    within what a face has, as near as can be."""
    absorbances = np.stack([melanin_absorbance(), blood_absorbance(model.oxygenation, model.shortening)])
    low, high = np.transpose([_MELANIN_RANGE, _BLOOD_RANGE])
    to_xyz = spectra.xyz_d65(np.eye(len(own)))
    target = np.log(wanted[:, [0, 2]] / wanted[:, 1:2])
    amounts = np.zeros((len(wanted), 2))
    for _ in range(_STEPS):
        filtered = own * np.exp(-amounts @ absorbances)
        xyz = filtered @ to_xyz
        # How ln X, ln Y and ln Z answer to a little more of either.
        slopes = -np.einsum("nw,kw,wc->nkc", filtered, absorbances, to_xyz) / xyz[:, None]
        answer = slopes[..., [0, 2]] - slopes[..., 1:2]
        missing = target - np.log(xyz[:, [0, 2]] / xyz[:, 1:2])
        step = np.linalg.solve(np.swapaxes(answer, 1, 2), missing[..., None])[..., 0]
        amounts = np.clip(amounts + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), low, high)
    filtered = own * np.exp(-amounts @ absorbances)
    return np.asarray(filtered / (filtered @ to_xyz)[:, 1:2])


def _bend_to(mixed: Array, wanted: Array) -> tuple[Array, Array]:
    """Spectra (N, wavelengths) times a parabola over the wavelength, so that their XYZ is ``wanted`` (N, 3) exactly."""
    across = np.linspace(-1, 1, len(spectra.WAVELENGTHS))
    parabola = np.stack([np.ones_like(across), across, across**2])
    system = np.einsum("nw,pw,wc->ncp", mixed, parabola, spectra.xyz_d65(np.eye(len(across))))
    factors = np.linalg.solve(system, wanted[..., None])[..., 0]
    seen = (spectra.WAVELENGTHS >= 400) & (spectra.WAVELENGTHS <= 700)
    bend = factors @ parabola
    return mixed * np.maximum(bend, 0), bend[:, seen]


def _place(values: Pixels, axis: Array) -> Pixels:
    """Position (N,) of ``values`` on an even ``axis``, in steps, kept inside."""
    position = (values - axis[0]) / (axis[1] - axis[0])
    return np.asarray(np.clip(position, 0, len(axis) - 1.001), np.float32)


def _interpolate(table: Pixels, places: list[Pixels]) -> Pixels:
    """Multilinear interpolation in the leading axes of ``table`` (..., channels) at ``places``: (N, channels)."""
    lower = [place.astype(np.int32) for place in places]
    share = [place - low for place, low in zip(places, lower, strict=True)]
    flat = table.reshape(-1, table.shape[-1])
    strides = [int(np.prod(table.shape[axis + 1 : -1])) for axis in range(len(places))]
    result = np.zeros((len(places[0]), table.shape[-1]), np.float32)
    for corner in range(2 ** len(places)):
        index = np.zeros(len(places[0]), np.int64)
        weight = np.ones(len(places[0]), np.float32)
        for axis, (low, part, stride) in enumerate(zip(lower, share, strides, strict=True)):
            upper = corner >> axis & 1
            index += (low + upper) * stride
            weight *= part if upper else 1 - part
        result += flat[index] * weight[:, None]
    return result


@cache
def _smoothest_basis() -> Array:
    """(3, wavelengths): ``xyz @ basis`` is the smoothest spectrum with that XYZ under D65, 1 throughout for white."""
    count = len(spectra.WAVELENGTHS)
    curvature = np.diff(np.eye(count), n=2, axis=0)
    slope = np.diff(np.eye(count), axis=0)
    rough = curvature.T @ curvature + 1e-3 * slope.T @ slope
    xyz = spectra.xyz_d65(np.eye(count)).T
    system = np.block([[rough, xyz.T], [xyz, np.zeros((3, 3))]])
    solution = np.linalg.solve(system, np.concatenate([np.zeros((count, 3)), np.eye(3)]))
    return np.asarray(solution[:count].T)


def smooth_surface_seen(weights: Array) -> Array:
    """(3, sensors): ``xyz @ this`` is what sensors ``weights`` (sensors, wavelengths) see of other surfaces."""
    return np.asarray(_smoothest_basis() @ weights.T)
