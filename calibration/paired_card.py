"""A home print's own colours as a record: written by ``rubor card --pair``, read wherever a card is named."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import PatchSpectra
from calibration.cards import PRINTED
from calibration.cielab import xyz_to_lab
from calibration.errors import UnknownCard
from calibration.printed_card import printed_patches

Floats = NDArray[np.float64]

SCHEMA = "rubor.paired_card/1"
# Root mean square error of a* that is left after pairing, and of a change of a* (benchmarks/card_colours.py).
PAIRED_A_SE, PAIRED_CHANGE_SE = 0.8, 0.6
_GRID = np.arange(400.0, 701.0, 10.0)


@dataclass(frozen=True, eq=False)
class PairedCard:
    """One print's own patches: ``reflectance`` (24, wavelengths), learned in ``photo`` beside ``reference``."""

    version: int
    photo: str
    reference: str
    reflectance: Floats

    @property
    def lab(self) -> Floats:
        """(24, 3) CIELAB, D65, 2 degrees."""
        return xyz_to_lab(spectra.xyz_d65(self.reflectance))

    def spectra(self) -> PatchSpectra:
        """What calibration needs."""
        return PatchSpectra(self.reflectance, PAIRED_A_SE, PAIRED_CHANGE_SE)

    def to_json(self) -> dict[str, Any]:
        """The document of ``rubor card --pair --json``; the same keys are in the TOML file."""
        on_grid = [np.interp(_GRID, spectra.WAVELENGTHS, row) for row in self.reflectance]
        return {
            "schema": SCHEMA,
            "card": PRINTED,
            "version": self.version,
            "photo": self.photo,
            "reference": self.reference,
            "a_se": PAIRED_A_SE,
            "lab": [[round(float(value), 2) for value in row] for row in self.lab],
            "wavelengths": [int(value) for value in _GRID],
            "reflectance": [[round(float(value), 4) for value in row] for row in on_grid],
        }

    def to_toml(self) -> str:
        """The file that ``--card FILE.toml`` reads."""
        lines = ["# A print of the Rubor card and its colours, learned by: rubor card --pair"]
        for key, value in self.to_json().items():
            if isinstance(value, list) and isinstance(value[0], list):
                lines += [f"{key} = [", *(f"  {json.dumps(row)}," for row in value), "]"]
            else:
                lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        return "\n".join(lines) + "\n"


def read_paired(path: Path) -> PairedCard:
    """The print described in ``path``. Raises ``UnknownCard`` for a file that is not there or not of this kind."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnknownCard(f"{path.name} is not a file that rubor card --pair has written.") from None
    except OSError as error:
        raise UnknownCard(f"The card file {path.name} cannot be read: {error.strerror or error}.") from None
    return parse_paired(text, path.name)


def parse_paired(text: str, name: str) -> PairedCard:
    """The print described by ``text``, what :meth:`PairedCard.to_toml` wrote; ``name`` is for the message.

    Raises ``UnknownCard`` for anything else.
    """
    try:
        table = tomllib.loads(text)
        known = np.array(table["wavelengths"], dtype=np.float64)
        rows = np.array(table["reflectance"], dtype=np.float64)
        paired = PairedCard(
            int(table["version"]),
            str(table["photo"]),
            str(table["reference"]),
            np.stack([np.interp(spectra.WAVELENGTHS, known, row) for row in rows]),
        )
    except (ValueError, KeyError, TypeError):
        raise UnknownCard(f"{name} is not a file that rubor card --pair has written.") from None
    in_order = known.ndim == 1 and len(known) > 1 and bool(np.all(np.diff(known) > 0))
    if table.get("schema") != SCHEMA or paired.reflectance.shape[0] != len(printed_patches().inks) or not in_order:
        raise UnknownCard(f"{name} is not a file that rubor card --pair has written.")
    if not (
        np.isfinite(paired.reflectance).all() and paired.reflectance.min() >= 0 and paired.reflectance.max() <= 1.2
    ):
        raise UnknownCard(f"{name} holds reflectances that no print has.")
    return paired
