"""A card reading becomes a :class:`Calibration`: linear RGB to CIELAB, with an uncertainty and the lamp.

The way: greys undo the phone's tone curve (``tone``), the 24 patches vote for lamps and cameras (``prior``) and settle
all of it together (``joint_fit``); how that sensor would show skin fits the mapping to CIELAB (``skin_mapping``).
Without a card the photograph's own sRGB is taken at its word, with the wide uncertainty that this deserves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.alike_patches import AlikePatches, alike_patches
from calibration.card_light import LightField, fall_off, first_look, levelled, light_field
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import delta_e00, encode_srgb, linear_srgb_to_lab, xyz_to_lab
from calibration.filter_effects import Effects, likely_effects
from calibration.joint_fit import JointFit, fit_jointly
from calibration.light_problems import card_doubts
from calibration.problems import Problem, problem
from calibration.skin_mapping import SkinMapping, fit_skin_mapping
from calibration.tone import GREYS, Pixels, ToneCurve, hypothesis
from calibration.training_skins import training_skins

Floats = NDArray[np.float64]

# Up to the first share of clipped pixels a patch is a good measurement, from the second on it is none.
_HARDLY_CLIPPED, _CLIPPED = 0.02, 0.2
# The least channel of a colourful patch, as linear sRGB: outside of sRGB it is cut off at zero, and storing the file
# in another space or with loss moves it about there. What is well outside was never cut off.
_CUT_OFF, _CLEAR_OF_IT, _OUTSIDE, _WELL_OUTSIDE = 0.002, 0.006, -0.006, -0.012
_HARDLY_COLOURFUL, _COLOURFUL = 0.03, 0.06
# With fewer patches left the fit of lamp and camera is not determined. A patch counts when it is trusted by this much.
_FEWEST_PATCHES, _COUNTS = 10, 0.3


@dataclass(frozen=True)
class PatchFit:
    """How a plain 3x3 reproduces the card, in CIEDE2000; ``left_out_mean`` with each patch predicted by the others."""

    mean: float
    max: float
    left_out_mean: float


@dataclass(frozen=True)
class LampEstimate:
    """Correlated colour temperature in kelvin, and the lamp of the library that the light is most like."""

    cct_k: float
    like: str


@dataclass(frozen=True, eq=False)
class OtherWay:
    """Another history of the picture that explains the card about as well; ``share`` is how far it is believed."""

    share: float
    tone: ToneCurve
    mapping: SkinMapping


@dataclass(frozen=True)
class ForChanges:
    """a* of some skin on the scale for changes (``calibration.change_scale``), its standard error, and ``gain``: what a
    rise of that scale has to be multiplied with."""

    a: float
    a_se: float
    gain: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """Linear sRGB of one photograph to CIELAB (D65, 2 degrees, card white = 100).

    ``tone`` and ``mapping`` tell the likeliest history of the picture, ``others`` those that are likely too.
    """

    search: CardSearch
    method: str
    tone: ToneCurve | None
    mapping: SkinMapping | None
    patch_fit: PatchFit | None
    lamp: LampEstimate | None
    extra_a_se: float
    problems: tuple[Problem, ...]
    light: LightField | None = None
    others: tuple[OtherWay, ...] = ()
    alike: AlikePatches | None = None

    @property
    def found(self) -> bool:
        """Whether the colours rest on a card."""
        return self.mapping is not None

    @property
    def mirrored(self) -> bool:
        """Whether the card shows that the picture is a mirror image."""
        return self.search.reading is not None and self.search.reading.mirrored

    @property
    def white_level(self) -> float | None:
        """Linear green level of the card's white patch in the file; None without a card."""
        reading = self.search.reading
        return float(reading.rgb[GREYS][0, 1]) if reading is not None else None

    def to_lab(self, linear: Pixels, places: Floats | None = None) -> Pixels:
        """Linear sRGB ``(..., 3)`` as decoded from the file to calibrated CIELAB ``(..., 3)``; keeps the float type.

        With ``places`` (..., 2), x and y in pixels of the upright photograph, the light's fall-off from the card to
        there is divided out.
        """
        if self.mapping is None or self.tone is None:
            return linear_srgb_to_lab(linear)
        shade: Pixels | None = None
        if self.light is not None and places is not None:
            shade = self.light.colour_at(places).astype(linear.dtype)
        lab = _through(self.tone, self.mapping, linear, shade)
        lab *= 1 - sum(other.share for other in self.others)
        for other in self.others:
            lab += other.share * _through(other.tone, other.mapping, linear, shade)
        return lab

    def a_se(self, lab: Floats, place: Floats | None = None) -> float:
        """Standard error of a* that calibration gives skin of colour ``lab`` (3,) at ``place`` (2,) of the picture."""
        variance = sum(share * mapping.a_se_at(lab) ** 2 for share, mapping in self._ways())
        return self._se(variance, lab, place)

    def for_changes(self, lab: Floats, place: Floats | None = None) -> ForChanges:
        """What to compare other photographs of the same skin with: ``lab`` (3,) at ``place`` (2,), as for ``a_se``."""
        variance = sum(share * mapping.change_se_at(lab) ** 2 for share, mapping in self._ways())
        a, gain = self.scale_of_changes(lab)
        return ForChanges(float(a), self._se(variance, lab, place), float(gain))

    def scale_of_changes(self, lab: Floats) -> tuple[Floats, Floats]:
        """Calibrated colours (..., 3) on the scale for changes: a* there, and the gain of what rose, each (...)."""
        ways = self._ways()
        if not ways:
            return lab[..., 1], np.ones(lab.shape[:-1])
        a = sum(share * mapping.change.a_star(lab) for share, mapping in ways)
        gain = sum(share * mapping.change.gain(lab) for share, mapping in ways)
        return np.asarray(a), np.asarray(gain)

    def _ways(self) -> list[tuple[float, SkinMapping]]:
        """All histories that are believed, each with its share; none without a card."""
        ways = [(one.share, one.mapping) for one in self.others]
        if self.mapping is not None:
            ways.append((1 - sum(share for share, _ in ways), self.mapping))
        return ways

    def _se(self, of_mapping: float, lab: Floats, place: Floats | None) -> float:
        light = abs(float(lab[1])) / 3 * self.light.log_se(place) if self.light and place is not None else 0.0
        alike = _SHARED_BY_SKIN * self.alike.mean_square(lab) if self.alike else 0.0
        return float(np.sqrt(_LIGHT_TAILS**2 * of_mapping + self.extra_a_se**2 + light**2 + alike))

    def to_json(self) -> dict[str, Any]:
        """The ``calibration`` object of ``rubor.photo/1``."""
        reading, fit, lamp = self.search.reading, self.patch_fit, self.lamp
        return {
            "card": reading.card if reading else None,
            "found": reading is not None,
            "corners": [[round(float(v), 2) for v in corner] for corner in reading.corners] if reading else None,
            "mirrored": self.mirrored,
            "method": self.method,
            "delta_e00": {
                "mean": round(fit.mean, 2),
                "max": round(fit.max, 2),
                "left_out_mean": round(fit.left_out_mean, 2),
            }
            if fit
            else None,
            "lamp": {"cct_k": round(lamp.cct_k / 10) * 10, "like": lamp.like} if lamp else None,
            "edition": reading.edition if reading else None,
            "a_uncertainty": round(self.a_se(_TYPICAL_SKIN), 2),
            # The part of it that is the same in every photograph with this very card.
            "a_uncertainty_shared": round(reading.patches.shared_a_se, 2) if reading and reading.patches else 0.0,
        }


def _through(tone: ToneCurve, mapping: SkinMapping, linear: Pixels, shade: Pixels | None) -> Pixels:
    light = tone.linearise(linear)
    if shade is not None:
        light = light / shade
    return mapping.to_lab(light)


_TYPICAL_SKIN = np.array([60.0, 14.0, 17.0])


def calibrate(search: CardSearch) -> Calibration:
    """Calibrate from what was found of the card."""
    if search.reading is None:
        return uncalibrated(search)
    other = search.reading.patches
    return _calibrate_with(search, search.reading, prior.library_for(other.reflectance) if other else prior.library())


def uncalibrated(search: CardSearch) -> Calibration:
    """The photograph's own sRGB at its word."""
    return Calibration(search, "srgb", None, None, None, None, _NO_CARD_A_SE, search.problems)


# Root mean square error of a* of a phone's own picture of skin over simulated phones and lamps
# (benchmarks/accuracy.py, row "sRGB").
_NO_CARD_A_SE = 6.0


def _calibrate_with(search: CardSearch, reading: CardReading, pool: prior.Library) -> Calibration:
    trust = trust_in_patches(reading)
    usable = trust > _COUNTS
    problems = list(search.problems)
    if _too_bright_or_dark(reading) and all(one.code != "card_clipped" for one in problems):
        problems.append(problem("card_clipped"))
    if usable.sum() < _FEWEST_PATCHES or not usable[GREYS][1:5].all():
        return Calibration(search, "srgb", None, None, None, None, _NO_CARD_A_SE, tuple(problems))

    card = reading.patches
    surfaces = card.reflectance if card else spectra.patches().values
    reflectance = spectra.xyz_d65(surfaces)
    told = _histories(reading, trust, reflectance[:, 1], pool)
    likeliest = told[0]
    linear, outcome, total = likeliest.linear, likeliest.outcome, likeliest.slopes
    misfit = sum(one.share * one.joint.misfit for one in told)
    extra = float(np.hypot(_EXTRA_A_SE * max(1.0, misfit / _ORDINARY_MISFIT), card.a_se if card else 0.0))
    doubts = card_doubts(
        outcome,
        pool,
        linear,
        usable,
        total,
        card.reflectance if card else None,
        undone=likeliest.joint.tone,
        unexplained=misfit,
    )
    problems.extend(doubts.problems)
    extra = float(np.hypot(extra, doubts.a_se))
    mapping = fit_skin_mapping(likeliest.joint.sensor, likeliest.joint.draws, training_skins())
    return Calibration(
        search,
        "spectral-prior",
        likeliest.joint.tone,
        mapping,
        _patch_fit(linear, reflectance, usable),
        _lamp(outcome, pool),
        extra,
        tuple(problems),
        light_field(reading.centres, np.asarray(sum(one.share * one.slopes for one in told))),
        tuple(
            OtherWay(one.share, one.joint.tone, fit_skin_mapping(one.joint.sensor, one.joint.draws, training_skins()))
            for one in told[1:]
        ),
        alike_patches(linear, surfaces @ likeliest.joint.sensor.T, trust, mapping),
    )


def trust_in_patches(reading: CardReading) -> Floats:
    """(24,) from 0 for patches that are clipped to 1 for good ones, without a jump between."""
    by_pixels = _ramp(reading.clipped, _CLIPPED, _HARDLY_CLIPPED)
    least, largest = reading.rgb.min(axis=1), reading.rgb.max(axis=1)
    whole = np.maximum(_ramp(least, _CUT_OFF, _CLEAR_OF_IT), _ramp(least, _OUTSIDE, _WELL_OUTSIDE))
    # A dark patch lies near zero in all channels: that is no edge.
    return np.asarray(by_pixels * np.maximum(whole, _ramp(largest, _COLOURFUL, _HARDLY_COLOURFUL)))


def _ramp(values: Floats, nothing: float, all_of_it: float) -> Floats:
    return np.asarray(np.clip((values - nothing) / (all_of_it - nothing), 0, 1))


def _too_bright_or_dark(reading: CardReading) -> bool:
    """Whether exposure spoilt the card; a coloured patch with a channel at zero is only outside of sRGB, as cyan is."""
    spoilt = reading.clipped > _SPOILT
    # Bright yellow may have lost its blue to the edge of sRGB: only what is at the very top is burnt then.
    top = np.where(reading.rgb.min(axis=1) < _CLEAR_OF_IT, _WHITE, _NEARLY_WHITE)
    return bool((spoilt & (reading.rgb.max(axis=1) > top)).any() or spoilt[GREYS].any())


_SPOILT = 0.05
_NEARLY_WHITE, _WHITE = 0.9, 0.97


@dataclass(frozen=True, eq=False)
class _History:
    """One history of the picture, told to the end: ``linear`` (24, 3) patches in even light, and what stood before.

    ``share`` is how far it is believed beside the others.
    """

    linear: Floats
    outcome: prior.Vote
    slopes: Floats
    joint: JointFit
    share: float = 1.0


def _histories(reading: CardReading, trust: Floats, luminance: Floats, pool: prior.Library) -> list[_History]:
    """As a phone would have it that bends its channels, and as one that bends its luminance; likelier first.

    Neither is dropped before it is hardly believed any more, so that a step in the patches makes no jump in a*.
    """
    told = [_history(reading, trust, luminance, pool, on_luminance=kind) for kind in (False, True)]
    told.sort(key=lambda one: one.joint.unlikely)
    unlikely = np.array([one.joint.unlikely for one in told])
    likelihood = np.exp(-0.5 * (unlikely - unlikely[0]) / _REPEATED) - _UNBELIEVED
    share = likelihood / likelihood[likelihood > 0].sum()
    return [replace(one, share=float(part)) for one, part in zip(told, share, strict=True) if part > 0]


# The 72 numbers of the patches are worth about a quarter as many independent ones. A history this unlikely is dropped.
_REPEATED, _UNBELIEVED = 4.0, 0.1


def _history(
    reading: CardReading, trust: Floats, luminance: Floats, pool: prior.Library, *, on_luminance: bool
) -> _History:
    """Tone curve, lamp and the light's fall-off in turn; then all of them together."""
    slopes = first_look(reading)
    rgb = levelled(reading.rgb, None, slopes)
    for look in range(_LOOKS):
        tone = _undo_phone(rgb, luminance, trust, pool, on_luminance)
        outcome = prior.vote(tone.linearise(rgb), trust, pool)
        if look == _LOOKS - 1:
            break
        expected = prior.expected_patches(outcome, pool)
        step = fall_off(tone.linearise(rgb), expected, trust, looked=reading.gradient is not None)
        size = float(np.abs(step).max())
        # The first look took the fall-off out of the file's values; once the tone curve is known, it is done in light.
        if size < _EVEN and (look or not slopes.any()):
            break
        # What is left to the joint fit anyway is left to it here, too: no jump where the looking ends.
        slopes = slopes + step * float(np.clip(size / _EVEN - 1, 0.0, 1.0))
        rgb = levelled(reading.rgb, tone, slopes)
    joint = fit_jointly(rgb, reading.rgb_se, trust, tone, outcome, pool)
    slopes = slopes + joint.slopes
    return _History(joint.tone.linearise(levelled(reading.rgb, joint.tone, slopes)), outcome, slopes, joint)


def _undo_phone(rgb: Floats, luminance: Floats, trust: Floats, pool: prior.Library, on_luminance: bool) -> ToneCurve:
    """What the phone did, with the boost of colour averaged over those whose patches some lamp and camera explain; and
    what a filter did after it, as far as the card speaks for one."""
    greys = rgb[GREYS], luminance[GREYS], trust[GREYS]
    jury = prior.jury(pool)

    def told(effects: Effects) -> ToneCurve:
        return hypothesis(*greys, *effects, on_luminance=on_luminance)

    def cost(effects: Effects) -> float:
        curve = told(effects)
        variance, _ = prior.misfits(curve.linearise(rgb), trust, jury)
        return float(np.partition(variance, _JUDGES)[:_JUDGES].mean()) + curve.residual**2

    return told(likely_effects(cost, float(encode_srgb(np.maximum(rgb.min(), 0.0)))))


# Tone curve, lamp and the light's fall-off over the card explain each other, so they are looked at in turn, until what
# is left of the fall-off (a natural logarithm, from edge to edge) is small.
_LOOKS, _EVEN = 3, 0.01
# How many of the best pairs judge a hypothesis: one alone could be a lucky misfit.
_JUDGES = 5


# What the fit's own spread does not know of: cameras unlike the library's, local tone mapping, gloss.
_EXTRA_A_SE = 0.3
# The mapping's errors have light tails (their kurtosis is 2.6, a bell's is 3), and the doses that it is judged by
# reach further than most redness. In trials with cameras, lamps and people taken out of the training set this keeps
# 98 % and more of plain and 93 to 97 % of reddened skin inside twice a_se; other people are further off than those.
_LIGHT_TAILS = 0.93
_ORDINARY_MISFIT = 0.012
# How much of what the patches most like skin are off by, squared, skin is off by. From 400 cards of cameras, lamps and
# people taken out of the training set, most of them with a random filter: 0.7 to 1.4 are about as likely, and this
# keeps 95 % of skins under filters without a name.
_SHARED_BY_SKIN = 1.0


def _patch_fit(linear: Floats, xyz: Floats, usable: NDArray[np.bool_]) -> PatchFit:
    """A plain 3x3 from linear RGB to XYZ, judged on the patches themselves and on each patch left out."""
    rgb, xyz = linear[usable], xyz[usable]
    weight = 1 / np.cbrt(xyz[:, 1:2]) ** 2
    truth = xyz_to_lab(xyz)

    def predict(rows: NDArray[np.bool_] | slice) -> Floats:
        matrix, *_ = np.linalg.lstsq(rgb[rows] * weight[rows], xyz[rows] * weight[rows], rcond=None)
        return xyz_to_lab(rgb @ matrix)

    fitted = delta_e00(predict(slice(None)), truth)
    left_out = [delta_e00(predict(np.arange(len(rgb)) != i)[i], truth[i]) for i in range(len(rgb))]
    return PatchFit(float(fitted.mean()), float(fitted.max()), float(np.mean(left_out)))


def _lamp(outcome: prior.Vote, pool: prior.Library) -> LampEstimate:
    """The likeliest lamp, and the colour temperature averaged in mireds over all likely lamps."""
    lamps = pool.lamp_of(outcome.pairs)
    share = np.bincount(lamps, outcome.probability, minlength=len(pool.lamp_names))
    cct = np.array([spectra.correlated_colour_temperature(pool.lamps[i]) for i in lamps])
    mired = float(np.sum(outcome.probability * 1e6 / cct))
    return LampEstimate(1e6 / mired, pool.lamp_names[int(share.argmax())])
