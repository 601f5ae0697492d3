"""Make-up as it is simulated: it evens out the face, leaves the rest alone, and has the colour it is sold as."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from calibration import spectra
from calibration.cielab import xyz_to_lab
from calibration.simulated_film import film_optics
from calibration.simulation import Film, Framing, Person, Portrait, Rendered, Scene, region_means, render

FACES = Path(__file__).parents[2] / "samples" / "portraits"
NAME = "stephanie_wilson__usa"
PLAIN = Scene(Person(NAME, (60.0, 13.0, 19.0)), framing=Framing(300, 400, 0.56), card=None)
BEIGE = (61.0, 11.0, 20.0)


@cache
def rendered(film: Film | None) -> Rendered:
    return render(replace(PLAIN, film=film), Portrait.read(FACES, NAME))


@pytest.mark.parametrize("hiding", [0.3, 0.6, 0.9])
def test_a_film_hides_the_share_that_it_is_asked_to(hiding: float) -> None:
    reflected, passed = film_optics(Film(hiding, BEIGE))
    green = int(np.argmin(np.abs(spectra.WAVELENGTHS - 550)))
    assert 1 - passed[green] ** 2 == pytest.approx(hiding, abs=1e-6)
    assert (reflected + passed <= 1 + 1e-9).all()


def test_a_thick_film_has_the_colour_that_it_is_sold_as() -> None:
    reflected, _ = film_optics(Film(0.99999, BEIGE))
    assert xyz_to_lab(spectra.xyz_d65(reflected[None]))[0] == pytest.approx(BEIGE, abs=1.0)


def test_no_film_is_no_change() -> None:
    assert np.abs(rendered(Film(1e-6, BEIGE)).lab - rendered(None).lab).max() < 0.6


def test_a_film_evens_out_the_face_and_leaves_the_rest() -> None:
    bare, filmed = rendered(None), rendered(Film(0.8, BEIGE))
    here, there = (region_means(one.lab, one.regions) for one in (bare, filmed))
    # Cheeks are redder than the forehead; under foundation they are less so.
    assert here["left_cheek"][1] - here["forehead"][1] > 2.0
    assert there["left_cheek"][1] - there["forehead"][1] < 0.6 * (here["left_cheek"][1] - here["forehead"][1])
    outside = bare.bare & ~bare.skin
    away = np.zeros_like(outside)
    away[:20] = away[-20:] = True
    assert np.abs(filmed.lab - bare.lab)[away].max() < 0.01
    assert np.array_equal(filmed.regions, bare.regions)


def test_white_takes_the_yellow_of_skin() -> None:
    bare, white = (region_means(one.lab, one.regions)["forehead"] for one in (rendered(None), rendered(Film(0.3))))
    assert white[0] > bare[0] + 5
    assert white[2] < bare[2] - 6


def test_a_scene_with_a_film_is_read_back() -> None:
    for film in (Film(0.5, BEIGE), Film(0.2)):
        scene = replace(PLAIN, film=film)
        assert Scene.from_json(scene.to_json()) == scene
