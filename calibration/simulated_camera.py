"""A phone's camera as a forward model: surfaces under a lamp become the sRGB numbers that the phone would write.

No phone is among the measured cameras, so one of them is bent into a phone's (:class:`Phone`). What the phone does
with the raw values is :class:`Isp`: white balance, colour matrix, exposure, tone curve, saturation. The same
code makes single patches (:func:`simulate_patches`) and whole photographs (``calibration.simulation``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import WHITE_D65, XYZ_TO_SRGB, Floats, decode_srgb, encode_srgb

Array = NDArray[np.float64]
ToneCurve = Literal["none", "gamma", "s_curve", "shoulder", "film"]

# A camera that sees as the standard observer does: for checks, no such sensor exists.
IDEAL_CAMERA = "CIE 1931"
# Above this a photosite overflows, in units of a perfect diffuser at exposure 1: what highlight recovery has left.
_OVERFLOW = 1.6
# Bradford's cone responses, as ICC.1 adapts whites with.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# Rec. 709 luma.
_LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class Phone:
    """A measured camera (a name of ``spectra.camera_names()``, or ``IDEAL_CAMERA``) bent into a phone's.

    ``infrared_cut_nm`` is where the phone's filter passes half the light (None: the camera's own filter alone),
    over ``infrared_slope_nm``. ``filter_width`` scales the width of the red, green and blue filter about its centre,
    ``peak_shift_nm`` moves it: small sensors have thinner, broader filters and no two makers' agree.
    """

    camera: str = IDEAL_CAMERA
    infrared_cut_nm: float | None = None
    infrared_slope_nm: float = 8.0
    filter_width: tuple[float, float, float] = (1.0, 1.0, 1.0)
    peak_shift_nm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def sensitivity(self) -> Array:
        """Spectral sensitivities (3, wavelengths), R G B."""
        plain = spectra.observer() if self.camera == IDEAL_CAMERA else spectra.camera(self.camera)
        return bend(plain, self.infrared_cut_nm, self.infrared_slope_nm, self.filter_width, self.peak_shift_nm)

    @classmethod
    def random(cls, rng: np.random.Generator, cameras: tuple[str, ...]) -> Phone:
        """One of ``cameras``, bent as far as phones differ from each other."""
        width, shift = rng.normal(1.0, 0.05, 3), rng.normal(0.0, 3.0, 3)
        return cls(
            camera=str(rng.choice(cameras)),
            infrared_cut_nm=round(float(rng.uniform(635, 690)), 1),
            infrared_slope_nm=round(float(rng.uniform(5, 14)), 1),
            filter_width=_three(np.clip(width, 0.88, 1.14), 3),
            peak_shift_nm=_three(np.clip(shift, -7, 7), 2),
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Phone:
        width, shift = document["filter_width"], document["peak_shift_nm"]
        return replace(cls(**document), filter_width=tuple(width), peak_shift_nm=tuple(shift))


def bend(
    sensitivity: Array,
    infrared_cut_nm: float | None,
    infrared_slope_nm: float,
    filter_width: tuple[float, float, float],
    peak_shift_nm: tuple[float, float, float],
) -> Array:
    """Sensitivities (3, wavelengths) with moved, widened filters and another infrared filter, maximum 1 again."""
    nm = spectra.WAVELENGTHS
    bent = np.empty_like(sensitivity)
    for channel, (width, shift) in enumerate(zip(filter_width, peak_shift_nm, strict=True)):
        curve = sensitivity[channel]
        centre = float(curve @ nm / curve.sum())
        bent[channel] = np.interp(centre + (nm - centre - shift) / width, nm, curve, left=0.0, right=0.0)
    if infrared_cut_nm is not None:
        bent *= 1 / (1 + np.exp((nm - infrared_cut_nm) / infrared_slope_nm))
    return np.asarray(bent / bent.max())


@dataclass(frozen=True)
class Isp:
    """What a phone's image signal processor does with one photograph.

    - ``exposure``: linear value of a perfect diffuser in the card's light.
    - ``white_balance``: error of the red and of the blue gain, in log2 units.
    - ``adaptation``: share of the lamp's colour that the white balance takes out; phones leave warm light
      a little warm.
    - ``cct_error_mired``: error of the colour temperature by which the phone mixes its two matrices (D65 and A).
    - ``tone``, ``tone_strength``: tone curve on top of sRGB's, 0 = none; ``tone_on_luminance``: one gain for all three
      channels instead of a curve for each.
    - ``saturation``: distance from grey, 1 = untouched, in coded values or (``saturate_linear``) in linear ones.
    - ``local_tone``: strength of local tone mapping, 0 = none; has no meaning for single patches.
    """

    exposure: float = 1.0
    white_balance: tuple[float, float] = (0.0, 0.0)
    adaptation: float = 1.0
    cct_error_mired: float = 0.0
    tone: ToneCurve = "none"
    tone_strength: float = 0.0
    tone_on_luminance: bool = False
    saturation: float = 1.0
    saturate_linear: bool = False
    local_tone: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> Isp:
        """As phones of different makers do, without local tone mapping."""
        tones: tuple[ToneCurve, ...] = ("none", "gamma", "s_curve", "shoulder", "film")
        red, blue = np.clip(rng.normal(0, 0.06, 2), -0.15, 0.15)
        return cls(
            exposure=round(float(np.clip(rng.lognormal(np.log(0.78), 0.13), 0.55, 1.0)), 3),
            white_balance=(round(float(red), 4), round(float(blue), 4)),
            adaptation=round(float(rng.uniform(0.82, 1.0)), 3),
            cct_error_mired=round(float(rng.normal(0, 20)), 1),
            tone=tones[int(rng.choice(5, p=[0.1, 0.2, 0.3, 0.2, 0.2]))],
            tone_strength=round(float(rng.uniform(0.1, 0.8)), 3),
            tone_on_luminance=bool(rng.random() < 0.15),
            saturation=round(float(rng.uniform(1.0, 1.22)), 3),
            saturate_linear=bool(rng.random() < 0.3),
        )

    def next_picture(self, rng: np.random.Generator) -> Isp:
        """The same phone's next photograph: its taste stays; exposure, white balance and guessed light are new."""
        new = Isp.random(rng)
        return replace(
            self,
            exposure=new.exposure,
            white_balance=new.white_balance,
            adaptation=new.adaptation,
            cct_error_mired=new.cct_error_mired,
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Isp:
        return replace(cls(**document), white_balance=tuple(document["white_balance"]))


@dataclass(frozen=True, eq=False)
class Development:
    """How one phone turns raw values under one lamp into linear sRGB.

    ``raw @ combined.T`` is linear sRGB at exposure 1, where raw is scaled so that the green channel of a perfect
    diffuser is 1. ``white`` (3,) is the raw value of that diffuser.
    """

    white: Array
    combined: Array


def raw_white(sensitivity: Array, lamp: Array) -> Array:
    """Raw values (3,) of a perfect diffuser, green = 1."""
    seen = sensitivity @ lamp
    return np.asarray(seen / seen[1])


def raw_of(reflectance: Array, sensitivity: Array, lamp: Array) -> Array:
    """Raw values (..., 3) of surfaces (..., wavelengths): a perfect diffuser's green is 1."""
    weights = sensitivity * lamp
    return np.asarray(reflectance @ (weights / weights[1].sum()).T)


def plan_development(sensitivity: Array, lamp: Array, isp: Isp) -> Development:
    """What the phone decides when it meets this light: gains from the light's white, a matrix from its guessed CCT."""
    white = raw_white(sensitivity, lamp)
    red, blue = isp.white_balance
    gains = np.array([2.0**red, 1.0, 2.0**blue]) / white
    anchors = spectra.lamps()
    cool, warm = (_mired(anchors[name]) for name in ("D65", "A"))
    guess = _mired(lamp) + isp.cct_error_mired
    share = float(np.clip((guess - cool) / (warm - cool), 0, 1))
    matrix = (1 - share) * _fit_matrix(sensitivity, "D65") + share * _fit_matrix(sensitivity, "A")
    combined = _left_over(lamp, isp.adaptation)[:, None] * (matrix * gains)
    return Development(white=white, combined=combined)


def _left_over(lamp: Array, adaptation: float) -> Array:
    """The tint (3,), green 1, that white turns out with when only a share of the lamp's colour is taken out."""
    tint = np.clip(XYZ_TO_SRGB @ spectra.xyz_of_lamp(lamp), 0.05, None)
    return np.asarray((tint / tint[1]) ** ((1 - adaptation) * 0.5))


def _mired(lamp: Array) -> float:
    return 1e6 / float(np.clip(spectra.correlated_colour_temperature(lamp), 1800, 20_000))


def _fit_matrix(sensitivity: Array, anchor: str) -> Array:
    """The (3, 3) from balanced raw to linear sRGB that a maker fits on the card under ``anchor``; white stays white."""
    lamp = spectra.lamps()[anchor]
    card = spectra.patches().values
    seen = raw_of(card, sensitivity, lamp) / raw_white(sensitivity, lamp)
    wanted = _adapted_srgb(anchor)
    matrix = np.empty((3, 3))
    for row in range(3):
        others = [channel for channel in range(3) if channel != row]
        weights, *_ = np.linalg.lstsq(seen[:, others] - seen[:, [row]], wanted[:, row] - seen[:, row], rcond=None)
        matrix[row, others], matrix[row, row] = weights, 1 - weights.sum()
    return matrix


@cache
def _adapted_srgb(anchor: str) -> Array:
    """Linear sRGB (24, 3) of the card under ``anchor`` for an eye that has got used to it."""
    lamp = spectra.lamps()[anchor]
    white = spectra.xyz_of_lamp(lamp)
    xyz = spectra.response(spectra.patches().values, lamp, spectra.observer()) * white
    scale = (_BRADFORD @ WHITE_D65) / (_BRADFORD @ white)
    return np.asarray(xyz @ (np.linalg.inv(_BRADFORD) @ (scale[:, None] * _BRADFORD)).T @ XYZ_TO_SRGB.T)


def effective_sensor(sensitivity: Array, lamp: Array, isp: Isp) -> Array:
    """(3, wavelengths): a reflectance times it is linear sRGB at exposure 1, before saturation and tone curve."""
    return plan_development(sensitivity, lamp, isp).combined @ raw_of(np.eye(len(lamp)), sensitivity, lamp).T


def develop(raw: Floats, development: Development, isp: Isp) -> Floats:
    """Raw (..., 3) to linear sRGB (..., 3), exposed, not yet toned or clipped. Floating types are kept."""
    full = np.minimum(raw, (_OVERFLOW * development.white / isp.exposure).astype(raw.dtype))
    return full @ (isp.exposure * development.combined.T).astype(raw.dtype)


def code(linear: Floats, isp: Isp) -> Floats:
    """Exposed linear sRGB (..., 3) to coded sRGB 0..1: saturation and tone curve, clipped. Floating types are kept."""
    if isp.saturate_linear:
        linear = _saturate(linear, isp.saturation)
    if isp.tone_on_luminance:
        luma = np.maximum(linear @ _LUMA.astype(linear.dtype), 1e-5)[..., None].astype(linear.dtype)
        toned = decode_srgb(tone_curve(encode_srgb(luma), isp.tone, isp.tone_strength))
        coded = encode_srgb((linear * (toned / luma)).astype(linear.dtype))
    else:
        coded = tone_curve(encode_srgb(linear), isp.tone, isp.tone_strength)
    return coded if isp.saturate_linear else np.clip(_saturate(coded, isp.saturation), 0, 1)


def _saturate(rgb: Floats, amount: float) -> Floats:
    if amount == 1.0:
        return rgb
    luma = (rgb @ _LUMA.astype(rgb.dtype))[..., None]
    return luma + rgb.dtype.type(amount) * (rgb - luma)


def tone_curve(coded: Floats, tone: ToneCurve, strength: float) -> Floats:
    """Coded 0..1 to coded 0..1, rising, ends kept; ``strength`` 0 is no change.

    ``gamma`` brightens, ``s_curve`` adds contrast, ``shoulder`` lifts the middle and bends the highlights over,
    ``film`` is a shoulder with a darker toe.
    """
    if tone == "none" or strength == 0:
        return coded
    if tone == "gamma":
        return coded ** (1 - 0.25 * strength)
    if tone == "s_curve":
        return coded + strength * 0.5 * (coded * coded * (3 - 2 * coded) - coded)
    bent: Floats = coded * (1 + 0.5 * strength) / (1 + 0.5 * strength * coded)
    if tone == "shoulder":
        return bent
    return bent + strength * 0.6 * (bent * bent * (3 - 2 * bent) - bent)


def simulate_patches(sensitivity: Array, lamp: Array, isp: Isp, reflectances: Array) -> Array:
    """What a picture's sRGB decodes to: linear sRGB 0..1 (..., 3) of evenly lit surfaces (..., wavelengths).

    ``sensitivity`` (3, wavelengths) as of :meth:`Phone.sensitivity`, ``lamp`` (wavelengths,). No noise, no rounding.
    """
    development = plan_development(sensitivity, lamp, isp)
    return decode_srgb(code(develop(raw_of(reflectances, sensitivity, lamp), development, isp), isp))


def _three(values: Array, digits: int) -> tuple[float, float, float]:
    first, second, third = (round(float(value), digits) for value in values)
    return first, second, third
