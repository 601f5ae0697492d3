"""Ra and R9 agree with an independent library and with the values that CIE 15 prints."""

from __future__ import annotations

import warnings

import pytest

from calibration import spectra
from calibration.colour_rendering import rendering

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

LAMPS = spectra.lamps()


@pytest.mark.parametrize("name", LAMPS.names[::4])
def test_the_indices_agree_with_colour_science(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        power = colour.SpectralDistribution(dict(zip(spectra.WAVELENGTHS, LAMPS[name], strict=True)))
        wanted = colour.colour_rendering_index(power, additional_data=True)
    found = rendering(LAMPS[name])
    assert found.ra == pytest.approx(wanted.Q_a, abs=0.4)
    assert found.r9 == pytest.approx(wanted.Q_as[9].Q_a, abs=1.5)


@pytest.mark.parametrize(
    ("name", "ra"), [("D65", 100), ("A", 100), ("FL2", 64), ("FL4", 51), ("FL7", 90), ("FL11", 83)]
)
def test_the_general_index_is_what_tables_of_lamps_print(name: str, ra: float) -> None:
    assert rendering(LAMPS[name]).ra == pytest.approx(ra, abs=1.0)
