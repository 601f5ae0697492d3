"""How much light a soft reflection may have added to each field of a card.

A reflection is smooth and adds the same light to whatever it falls on: most visibly to the dark gaps, and as a slope
within the fields. One smooth surface of light is laid through the gaps' levels and the fields' slopes. But a card's
ground may be glossy where its fields are mat. So how much of the surface lies on the fields, too, is asked twice: do
the fields slope as it does, and do their colours fit the card better without it?
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from calibration.card_check import colour_residuals, gap_light, luminance
from calibration.card_fit import FittedCard, FlatCard, places
from calibration.card_patches import PatchColours
from calibration.cards import ReferenceCard

Floats = NDArray[np.float64]

# Nodes of the surface to a step of the card: a reflection narrower than that shows as a stain.
_NODES = 2
# How far the surface may bend from node to node, and what it reaches at most, in linear light.
_BEND, _REACH = 0.006, 0.3
# What gaps and fields differ by without any reflection: a level, and shares of the light beside and of their own.
_NOISE, _BLEED_NOISE, _PAINT_NOISE = 0.003, 0.01, 0.02
_EVEN_SLOPE = 0.1
# So little the surface rises by noise alone.
_TRIFLE = 0.002
_BLOCKS, _FINE, _INNER = 4, 4, 0.7
# Shares of the surface that are tried on the fields; how far the slopes' answer is off at least (tone curves bend it).
_SHARES = np.linspace(0, 1, 5)
_SHARE_ERROR = 0.3
# A field has no more glare than it has light in its darkest channel: an error between nothing and all of that.
_OF_ALL = 0.5
_KNOWN = 0.3


def glare(flat: FlatCard, fitted: FittedCard, patches: PatchColours, card: ReferenceCard) -> Floats:
    """(24,) linear light that a reflection may have added to each field, as a standard error."""
    x, y, ground, around = (values.ravel() for values in gap_light(flat, fitted, card))
    blocks, local = _field_blocks(flat, fitted, card)
    middle = places(card)
    at_fields = (middle[:, None] + local).reshape(-1, 2)
    within = _centred(_basis(at_fields, card).reshape(*blocks.shape, -1))
    sloped = blocks - blocks.mean(axis=1, keepdims=True)
    level = np.median(blocks, axis=1)
    even = level[:, None, None] * local
    surface = _surface(np.stack([x, y], axis=-1), ground, around, within, sloped, even, level, card)
    light = _basis(middle, card) @ surface
    added = np.maximum(light - float(np.quantile(surface, 0.1)), 0)
    share = _share_on_fields(added, within @ surface, sloped, even, patches, card)
    darkest = np.maximum(patches.rgb.min(axis=1), 0)
    added *= added / (added + _TRIFLE)
    return np.asarray(np.minimum(share * added, _OF_ALL * darkest))


def _surface(
    at_gaps: Floats,
    ground: Floats,
    around: Floats,
    within: Floats,
    sloped: Floats,
    even: Floats,
    level: Floats,
    card: ReferenceCard,
) -> Floats:
    """(nodes,) the smooth surface that explains the gaps' levels and the slopes within fields best.

    Beside it there are a share of the light beside that bleeds into the gaps, and the slope of the light itself, which
    all fields show in proportion to their own light.
    """
    gaps, nodes = len(ground), within.shape[2]
    design = np.zeros((gaps + sloped.size, nodes + 3))
    design[:gaps, :nodes] = _basis(at_gaps, card)
    design[:gaps, nodes] = around
    design[gaps:, :nodes] = within.reshape(-1, nodes)
    design[gaps:, nodes + 1 :] = even.reshape(-1, 2)
    # The ground's own level is a surface without any bend, and costs nothing.
    base = float(np.median(ground))
    wanted = np.concatenate([ground - base, sloped.ravel()])
    noise = np.concatenate([_NOISE + _BLEED_NOISE * around, np.repeat(_NOISE + _PAINT_NOISE * level, sloped.shape[1])])
    prior = np.diag([_REACH**-2] * nodes + [4.0, _EVEN_SLOPE**-2, _EVEN_SLOPE**-2])
    prior[:nodes, :nodes] += _bending(card.columns, card.rows) / _BEND**2
    weight = 1 / noise
    answer: Floats = np.zeros(nodes + 3)
    for _ in range(3):
        scaled = design * weight[:, None]
        answer = np.asarray(np.linalg.solve(scaled.T @ scaled + prior, scaled.T @ (wanted * weight)))
        rest = (wanted - design @ answer) / noise
        weight = 1 / (noise * np.sqrt(1 + (rest / 3) ** 2))
    return answer[:nodes]


def _share_on_fields(
    added: Floats, slope: Floats, sloped: Floats, even: Floats, patches: PatchColours, card: ReferenceCard
) -> float:
    """How much of the surface lies on the fields, too, 0..1: the root mean square of what is likely."""
    told, error = _share_by_slopes(slope, sloped, even)
    likely = -0.5 * ((_SHARES - told) / np.hypot(error, _SHARE_ERROR)) ** 2
    known = patches.burnt < _KNOWN
    misfit = np.array(
        [
            colour_residuals(np.maximum(patches.rgb - share * added[:, None], 1e-3), card)[known].mean()
            for share in _SHARES
        ]
    )
    likely -= known.sum() * np.log(misfit + 0.1)
    weight = np.exp(likely - likely.max())
    return float(np.sqrt((weight * _SHARES**2).sum() / weight.sum()))


def _share_by_slopes(slope: Floats, sloped: Floats, even: Floats) -> tuple[float, float]:
    """How much of the surface's slopes within fields, (24, blocks), is there, and its standard error."""
    fields = len(slope)
    scale = 1 / (_NOISE + np.abs(even).max(axis=(1, 2)))[:, None, None]
    design = np.concatenate([slope[..., None], even], axis=2) * scale
    wanted = sloped * scale[..., 0]
    normal = np.einsum("fbi,fbj->ij", design, design) + np.diag([1e-6, 1e-6, 1e-6])
    inverse = np.linalg.inv(normal)
    answer = inverse @ np.einsum("fbi,fb->i", design, wanted)
    # Blocks of one field share its paint: the error comes from fields, not from blocks.
    by_field = np.einsum("fbi,fb->fi", design, wanted - design @ answer)
    variance = inverse @ (by_field.T @ by_field) @ inverse * fields / max(fields - 3, 1)
    return float(answer[0]), float(np.sqrt(variance[0, 0]))


def _field_blocks(flat: FlatCard, fitted: FittedCard, card: ReferenceCard) -> tuple[Floats, Floats]:
    """(24, 16) linear luminance of parts of each field, and (16, 2) where they lie about the field's middle."""
    reach = _INNER * np.array(fitted.half)
    line = (np.arange(_BLOCKS * _FINE) + 0.5) / (_BLOCKS * _FINE) * 2 - 1
    across, down = np.meshgrid(line * reach[0], line * reach[1])
    middle = places(card)
    light = luminance(flat.at(middle[:, 0, None, None] + across, middle[:, 1, None, None] + down))
    blocks = light.reshape(len(middle), _BLOCKS, _FINE, _BLOCKS, _FINE).mean(axis=(2, 4))
    coarse = line.reshape(_BLOCKS, _FINE).mean(axis=1)
    local = np.stack(np.meshgrid(coarse * reach[0], coarse * reach[1]), axis=-1).reshape(-1, 2)
    return blocks.reshape(len(middle), -1), local


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def _basis(at: Floats, card: ReferenceCard) -> Floats:
    """(N, nodes) weights of the surface's nodes at places (N, 2), column and row: linear between them."""
    across, down = _NODES * card.columns + 1, _NODES * card.rows + 1
    place = np.clip((at + 0.5) * _NODES, 0, np.array([across, down]) - 1 - 1e-9)
    first = place.astype(np.int64)
    part = place - first
    weights: Floats = np.zeros((len(at), down, across))
    index = np.arange(len(at))
    for right in (0, 1):
        for below in (0, 1):
            x = part[:, 0] if right else 1 - part[:, 0]
            y = part[:, 1] if below else 1 - part[:, 1]
            weights[index, first[:, 1] + below, first[:, 0] + right] = x * y
    return weights.reshape(len(at), -1)


@cache
def _bending(columns: int, rows: int) -> Floats:
    """(nodes, nodes) the sum of all squared second differences, as a quadratic form."""
    across, down = _NODES * columns + 1, _NODES * rows + 1
    bend_x = np.kron(np.eye(down), np.diff(np.eye(across), 2, axis=0))
    bend_y = np.kron(np.diff(np.eye(down), 2, axis=0), np.eye(across))
    twist = np.kron(np.diff(np.eye(down), axis=0), np.diff(np.eye(across), axis=0))
    return np.asarray(sum(one.T @ one for one in (bend_x, bend_y, twist)))
