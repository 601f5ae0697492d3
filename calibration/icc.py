"""Read ICC profiles made of three tone curves and a matrix; say of any other kind that it is another kind.

Source: ICC.1:2022 (v4.4) and ICC.1:2001-04 (v2): header 7.2, ``curv`` 10.6, ``para`` 10.18, ``XYZ`` 10.31.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CURVE_SAMPLES = 4096

Kind = Literal["matrix", "other", "broken"]


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """``curves`` (3, 4096): linear value of the coded value ``i / 4095``; ``to_pcs`` (3, 3): linear RGB to D50 XYZ."""

    name: str
    curves: NDArray[np.float64]
    to_pcs: NDArray[np.float64]


class NotAMatrixProfile(ValueError):
    """A sound profile of another kind: lookup tables, grey, CMYK."""


class BrokenProfile(ValueError):
    """Not an ICC profile, or one that contradicts itself."""


def data_space(profile: bytes) -> str:
    """The profile's colour space, four letters: ``RGB ``, ``GRAY``, ``CMYK``. Raises ``BrokenProfile``."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        raise BrokenProfile("no ICC header")
    return profile[16:20].decode("latin-1")


def parse(profile: bytes) -> MatrixProfile:
    """Read a matrix profile. Raises ``NotAMatrixProfile`` for other sound ones, ``BrokenProfile`` otherwise."""
    space, pcs = data_space(profile), profile[20:24]
    tags = _tags(profile)
    wanted = ("rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC")
    if space != "RGB " or pcs != b"XYZ " or not all(name in tags for name in wanted):
        raise NotAMatrixProfile(f"{space} profile without matrix and curves")
    try:
        to_pcs = np.stack([_xyz(tags[f"{channel}XYZ"]) for channel in "rgb"], axis=1)
        with np.errstate(all="ignore"):  # what a broken curve gives is judged below
            curves = np.stack([_curve(tags[f"{channel}TRC"]) for channel in "rgb"])
    except (struct.error, IndexError, ValueError, ArithmeticError) as error:
        raise BrokenProfile(str(error)) from error
    white = to_pcs.sum(axis=1)
    # Colorants are adapted to D50 (0.964, 1, 0.825), so their sum tells a real profile from random bytes.
    sane = bool(np.abs(curves).max() < 2.0) and bool((curves[:, -1] > curves[:, 0]).all())
    if not sane or np.abs(white - (0.9642, 1.0, 0.8249)).max() > 0.1:
        raise BrokenProfile("colorants that do not add up to white, or a curve that does not rise")
    if abs(np.linalg.det(to_pcs)) < 1e-3:
        raise BrokenProfile("colorants that lie on one line")
    return MatrixProfile(_description(tags.get("desc", b"")), curves, to_pcs)


def _tags(profile: bytes) -> dict[str, bytes]:
    count = struct.unpack_from(">I", profile, 128)[0]
    tags: dict[str, bytes] = {}
    for index in range(min(count, 1000)):
        if len(profile) < 144 + 12 * index:
            raise BrokenProfile("tag table is cut")
        name, offset, size = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if offset + size > len(profile):
            raise BrokenProfile("a tag lies outside the profile")
        tags[name.decode("latin-1")] = profile[offset : offset + size]
    return tags


def _fixed(tag: bytes, at: int, count: int) -> NDArray[np.float64]:
    """``count`` numbers of type s15Fixed16."""
    values = struct.unpack_from(f">{count}i", tag, at)
    return np.array(values, dtype=np.float64) / 65536.0


def _xyz(tag: bytes) -> NDArray[np.float64]:
    if tag[:4] != b"XYZ ":
        raise ValueError("a colorant of unknown type")
    return _fixed(tag, 8, 3)


def _curve(tag: bytes) -> NDArray[np.float64]:
    """(4096,) linear values of a ``curv`` or ``para`` tag."""
    x = np.linspace(0.0, 1.0, CURVE_SAMPLES)
    if tag[:4] == b"curv":
        return _sampled_curve(tag, x)
    if tag[:4] == b"para":
        return _parametric_curve(tag, x)
    raise ValueError("a tone curve of unknown type")


def _sampled_curve(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    count = struct.unpack_from(">I", tag, 8)[0]
    if count == 0:
        return x
    if count == 1:
        return np.asarray(x ** (struct.unpack_from(">H", tag, 12)[0] / 256.0))
    table = np.frombuffer(tag, dtype=">u2", count=count, offset=12).astype(np.float64) / 65535.0
    return np.asarray(np.interp(x, np.linspace(0.0, 1.0, count), table))


def _parametric_curve(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Function types 0 to 4: ``(a x + b)^g + e`` above ``d``, ``c x + f`` below it, with most of these zero."""
    function = struct.unpack_from(">H", tag, 8)[0]
    number_of_parameters = (1, 3, 4, 5, 7)[function]
    given = list(_fixed(tag, 12, number_of_parameters))
    g, a, b, c, d, e, f = [given[0], 1.0, 0.0, 0.0, -1.0, 0.0, 0.0] if function == 0 else (given + [0.0] * 4)[:7]
    if function in (1, 2):  # the third number is an offset of the whole curve here, and the break is where a x + b = 0
        e = f = c if function == 2 else 0.0
        c, d = 0.0, -b / a
    power = np.maximum(a * x + b, 0.0) ** g + e
    return np.asarray(np.where(x >= d, power, c * x + f))


def _description(tag: bytes) -> str:
    """The profile's name: ``desc`` (v2) or ``mluc`` (v4); for people only."""
    if tag[:4] == b"desc" and len(tag) >= 12:
        length = struct.unpack_from(">I", tag, 8)[0]
        return tag[12 : 12 + length].split(b"\0")[0].decode("ascii", "replace")
    if tag[:4] == b"mluc" and len(tag) >= 28:
        length, offset = struct.unpack_from(">II", tag, 20)
        return tag[offset : offset + length].decode("utf-16-be", "replace")
    return "ICC profile"
