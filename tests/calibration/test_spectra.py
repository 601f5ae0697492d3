"""The spectral tables, against colour-science and published values."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from calibration import spectra
from calibration.cielab import WHITE_D65, individual_typology_angle, xyz_to_lab
from calibration.skin_optics import blood_absorbance, redden, skin_reflectance, tan


def test_a_perfect_diffuser_is_white() -> None:
    assert spectra.xyz_d65(np.ones(len(spectra.WAVELENGTHS))) == pytest.approx(WHITE_D65)


def test_card_patches_under_d65_agree_with_colour_science() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import colour

        patches = colour.SDS_COLOURCHECKERS["BabelColor Average"]
        d65, observer = colour.SDS_ILLUMINANTS["D65"], colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
        theirs = np.array([colour.sd_to_XYZ(patch, observer, d65) / 100 for patch in patches.values()])
    ours = spectra.xyz_d65(spectra.patches().values)
    lab_theirs = xyz_to_lab(theirs)
    assert np.abs(xyz_to_lab(ours) - lab_theirs).max() < 0.03


@pytest.mark.parametrize(
    ("lamp", "kelvin"), [("D65", 6504), ("A", 2856), ("D50", 5003), ("FL11", 4000), ("LED-B3", 4103)]
)
def test_colour_temperatures_are_the_published_ones(lamp: str, kelvin: float) -> None:
    # CIE 15:2018, tables of illuminants; McCamy's formula is good to about 1 % here.
    assert spectra.correlated_colour_temperature(spectra.lamps()[lamp]) == pytest.approx(kelvin, rel=0.012)


def test_a_blackbody_has_its_own_temperature() -> None:
    assert spectra.correlated_colour_temperature(spectra.blackbody(2856)) == pytest.approx(2856, rel=0.005)
    assert spectra.blackbody(2856) == pytest.approx(spectra.lamps()["A"], rel=0.01)


def test_every_table_is_whole() -> None:
    for table in (spectra.lamps(), spectra.skins(), spectra.patches(), spectra.absorbers()):
        assert table.values.shape == (len(table.names), len(spectra.WAVELENGTHS))
        assert np.isfinite(table.values).all()
        assert (table.values >= 0).all()
    assert len(spectra.camera_names()) == 52
    assert len(spectra.skins().names) == 197
    assert spectra.patches().names[0] == "dark skin"


def test_haemoglobin_absorbs_in_its_known_bands() -> None:
    # Oxyhaemoglobin's peaks at 542 and 577 nm with the dip at 560 between them (Prahl's tables).
    band = blood_absorbance(oxygenation=1.0, shortening=0.0)
    at = dict(zip(spectra.WAVELENGTHS.tolist(), band, strict=True))
    assert at[540] > at[560] < at[575]
    assert at[415] > 5 * at[560]
    assert at[650] < 0.05 * at[560]


def test_blood_reddens_and_melanin_darkens_every_measured_skin() -> None:
    plain = spectra.skins().values
    lab = xyz_to_lab(spectra.xyz_d65(plain))
    red = xyz_to_lab(spectra.xyz_d65(redden(plain, 0.3, shortening=0.5)))
    dark = xyz_to_lab(spectra.xyz_d65(tan(plain, 0.1)))
    assert (red[:, 1] > lab[:, 1] + 0.3).all()
    assert (red[:, 0] < lab[:, 0]).all()
    assert (individual_typology_angle(dark) < individual_typology_angle(lab)).all()


def test_the_same_blood_shows_less_on_darker_skin() -> None:
    melanin = np.array([0.02, 0.1, 0.2, 0.4])
    plain = skin_reflectance(melanin, 0.008)
    delta = xyz_to_lab(spectra.xyz_d65(redden(plain, 0.3)))[:, 1] - xyz_to_lab(spectra.xyz_d65(plain))[:, 1]
    assert (np.diff(delta) < 0).all()
    assert delta[-1] < 0.6 * delta[0]
