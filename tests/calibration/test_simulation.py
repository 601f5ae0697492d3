"""The simulation is the judge of everything else, so its truth is checked by other means than its own."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from analyzer.reading import LABELS
from calibration import holdout, spectra
from calibration.cielab import decode_srgb, encode_srgb, individual_typology_angle, lab_to_xyz, xyz_to_linear_srgb
from calibration.simulated_camera import simulate_patches, tone_curve
from calibration.simulated_card import draw_card
from calibration.simulated_skin import SkinTable
from calibration.simulation import (
    REGION_LABELS,
    Blood,
    CardPlacement,
    Framing,
    Isp,
    Light,
    Person,
    Phone,
    Portrait,
    Rendered,
    Scene,
    Sensor,
    SkinModel,
    Spot,
    dose_for_delta_a,
    random_person,
    random_scene,
    region_means,
    render,
    true_lab,
)
from calibration.skin_optics import blood_absorbance

PORTRAITS = Path(__file__).parents[2] / "samples" / "portraits"
LIGHT_SKIN, DARK_SKIN = (66.0, 11.0, 15.5), (38.0, 11.0, 14.0)
SMALL = Framing(width=480, height=640)


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    """A portrait at half size: what is checked here does not need more."""
    full = Portrait.read(PORTRAITS, "daniel_tani__usa")
    small = cv2.resize(full.srgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Portrait(full.name, small, {name: points / 2 - 0.25 for name, points in full.outlines.items()})


@pytest.fixture(scope="module")
def person(portrait: Portrait) -> Person:
    return Person(portrait.name, LIGHT_SKIN)


@pytest.fixture(scope="module")
def ideal(portrait: Portrait, person: Person) -> Rendered:
    return render(Scene(person, Blood(0.4), framing=SMALL, card=CardPlacement(shadow=0)), portrait)


def _as_coded(lab: np.ndarray) -> np.ndarray:
    return encode_srgb(xyz_to_linear_srgb(lab_to_xyz(lab.astype(np.float64)))) * 255


def test_an_eye_for_a_camera_sees_the_truth(ideal: Rendered) -> None:
    """The observer's own curves, D65, no tone curve, no noise: the picture is the truth, rounded to 8 bits."""
    wanted = _as_coded(ideal.lab)
    inside = ((wanted > 0.5) & (wanted < 254.5)).all(axis=-1)
    assert inside.mean() > 0.9
    assert np.abs(ideal.rgb8 - wanted)[inside].max() < 0.51


def test_more_light_on_the_card_brightens_it_alone_and_moves_no_truth(
    ideal: Rendered, portrait: Portrait, person: Person
) -> None:
    turned = render(Scene(person, Blood(0.4), framing=SMALL, card=CardPlacement(shadow=0, stops=-0.5)), portrait)
    assert np.array_equal(turned.lab, ideal.lab)
    changed = (turned.rgb8 != ideal.rgb8).any(axis=-1)
    rows, columns = np.nonzero(changed)
    assert ideal.corners is not None
    low, high = ideal.corners.min(axis=0), ideal.corners.max(axis=0)
    margin = 0.2 * (high - low)
    assert (columns > (low - margin)[0]).all()
    assert (columns < (high + margin)[0]).all()
    assert (rows > (low - margin)[1]).all()
    ratio = decode_srgb(turned.rgb8[changed] / 255.0).sum() / decode_srgb(ideal.rgb8[changed] / 255.0).sum()
    assert ratio == pytest.approx(2**-0.5, abs=0.02)


def test_the_cards_truth_is_that_of_its_spectra(ideal: Rendered) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it regrets that there is no plotting library
        import colour

    chart = colour.SDS_COLOURCHECKERS["BabelColor Average"]
    shape = colour.SpectralShape(380, 730, 5)
    d65 = colour.SDS_ILLUMINANTS["D65"].copy().align(shape)
    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    for centre, patch in zip(_centres(ideal), chart.values(), strict=True):
        xyz = colour.sd_to_XYZ(patch.copy().align(shape), observer, d65, method="Integration") / 100
        wanted = colour.XYZ_to_Lab(xyz, colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"])
        x, y = np.round(centre).astype(int)
        seen = ideal.lab[y - 3 : y + 4, x - 3 : x + 4].mean(axis=(0, 1))
        assert np.abs(seen - wanted).max() < 0.35, patch.name


def _centres(picture: Rendered) -> np.ndarray:
    """Centres of the 24 patches by the corners alone: the outer corners span 6 patches and 5 gaps of 0.16 each way."""
    assert picture.corners is not None
    span = np.array([[0, 0], [6.8, 0], [6.8, 4.48], [0, 4.48]], np.float32)
    to_picture = cv2.getPerspectiveTransform(span, picture.corners.astype(np.float32))
    grid = [[0.5 + 1.16 * column, 0.5 + 1.16 * row] for row in range(4) for column in range(6)]
    return cv2.perspectiveTransform(np.array([grid], np.float32), to_picture)[0]


@pytest.mark.parametrize("mirrored", [False, True])
def test_corners_are_the_corner_patches_outer_ones(portrait: Portrait, person: Person, mirrored: bool) -> None:
    card = CardPlacement(x=0.5, y=0.8, width=0.6, turn_deg=12, tilt_x_deg=20, tilt_y_deg=-15, texture=0)
    framing = replace(SMALL, mirrored=mirrored, face_y=0.25, face_width=0.3)
    picture = render(Scene(person, framing=framing, card=card), portrait)
    assert picture.corners is not None
    own = spectra.patches().values[[0, 5, 23, 18]]
    for corner, patch in zip(picture.corners, own, strict=True):
        towards = picture.corners.mean(axis=0) - corner
        step = towards / np.linalg.norm(towards)
        wanted = encode_srgb(xyz_to_linear_srgb(spectra.xyz_d65(patch))) * 255
        inside, outside = (np.round(corner + distance * step).astype(int) for distance in (4, -4))
        assert np.abs(picture.rgb8[inside[1], inside[0]] - wanted).max() < 4
        assert picture.rgb8[outside[1], outside[0]].max() < 70  # the dark frame
    x, y = picture.corners.T
    area = 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    assert (area < 0) == mirrored


def test_a_bare_pixel_is_the_portraits_own_colour(portrait: Portrait) -> None:
    """No blood, no new skin: the spectra give back the portrait, pixel by pixel."""
    framing = Framing(
        width=portrait.srgb.shape[1],
        height=portrait.srgb.shape[0],
        face_width=portrait.face_width / portrait.srgb.shape[1],
        face_x=float(portrait.face_centre[0]) / portrait.srgb.shape[1],
        face_y=float(portrait.face_centre[1]) / portrait.srgb.shape[0],
    )
    scene = Scene(Person(portrait.name, contrast=1.0), framing=framing, card=None)
    picture = render(scene, portrait)
    x, y = np.round(portrait.face_centre).astype(int)
    face = (slice(y - 150, y + 120), slice(x - 100, x + 100))
    assert np.abs(picture.rgb8[face].astype(int) - portrait.srgb[face]).max() <= 1
    assert (picture.regions[face] > 0).mean() > 0.4


@given(
    st.sampled_from([LIGHT_SKIN, (55.0, 14.0, 19.0), DARK_SKIN, (28.0, 7.0, 8.0)]),
    st.integers(0, 1000),
    st.floats(0.0, 0.9),
)
@settings(max_examples=15, deadline=None)
def test_spectra_behind_skin(lab: tuple[float, float, float], seed: int, dose: float) -> None:
    """They have the pixel's XYZ, lie between 0 and 1, and blood acts on what is below the surface by its absorbance."""
    model = SkinModel(seed=seed)
    table = SkinTable.of(model, np.array(lab))
    xyz = lab_to_xyz(np.array([lab, [lab[0] - 6, lab[1] + 2, lab[2] + 1]])).astype(np.float32)
    assert (table.believe(xyz) > 0.99).all()
    every = np.eye(len(spectra.WAVELENGTHS))
    plain = table.seen(xyz, np.zeros(2, np.float32), every).astype(np.float64)
    assert np.abs(spectra.xyz_d65(plain) / xyz - 1).max() < 2e-4
    assert plain.min() > 0
    assert plain.max() < 1
    red = table.seen(xyz, np.full(2, dose, np.float32), every).astype(np.float64)
    absorbed = dose * blood_absorbance(model.oxygenation, model.shortening)
    surface = (red - plain * np.exp(-absorbed)) / np.maximum(1 - np.exp(-absorbed), 1e-9)
    if dose > 0.05:
        strong = absorbed > 0.5 * absorbed.max()
        assert (surface[:, strong] > -1e-3).all()
        assert (surface[:, strong] < model.surface * 1.2 + 1e-3).all()
    # The two bands of oxygenated blood must stand out of any skin with more blood than a place of it may lack.
    if dose > 0.45:
        at = {nm: red[0, list(spectra.WAVELENGTHS).index(nm)] for nm in (540.0, 560.0, 575.0, 630.0)}
        # Melanin lets more pass the longer the wave, so the hump between the bands is told against their mean.
        assert at[560.0] > np.sqrt(at[540.0] * at[575.0])
        assert at[630.0] > 1.2 * at[575.0]


def test_the_lights_gradient_is_no_part_of_the_truth(portrait: Portrait, person: Person, ideal: Rendered) -> None:
    slanted = Scene(person, Blood(0.4), Light(gradient_stops=0.8, direction_deg=-60), framing=SMALL)
    picture = render(slanted, portrait)
    np.testing.assert_array_equal(picture.lab, ideal.lab)
    both = (ideal.regions > 0)[..., None] & (picture.rgb8 < 250)
    linear = [decode_srgb(one.rgb8 / 255.0) for one in (picture, ideal)]
    card = CardPlacement()
    y, x = np.mgrid[0 : SMALL.height, 0 : SMALL.width]
    along = (x - card.x * SMALL.width) * np.cos(np.radians(-60)) + (y - card.y * SMALL.height) * np.sin(np.radians(-60))
    wanted = np.broadcast_to(2 ** (0.8 * along / SMALL.width)[..., None], both.shape)
    assert np.median(np.abs(linear[0][both] / linear[1][both] / wanted[both] - 1)) < 0.01


def test_blood_reddens_the_face_and_nothing_else(portrait: Portrait, person: Person) -> None:
    scene = Scene(person, framing=SMALL)
    dose = dose_for_delta_a(scene, portrait, 6.0)
    plain, regions = true_lab(scene, portrait)
    red, _ = true_lab(replace(scene, blood=replace(scene.blood, dose=dose)), portrait)
    rise = red[..., 1] - plain[..., 1]
    assert rise[regions > 0].mean() == pytest.approx(6.0, abs=0.1)
    assert (rise[regions > 0] > 0).mean() > 0.995
    assert (red[..., 0] <= plain[..., 0] + 1e-3)[regions > 0].all()
    np.testing.assert_array_equal(rise[:60, :60], 0)
    means, before = region_means(red, regions), region_means(plain, regions)
    assert means["left_cheek"][1] - before["left_cheek"][1] > means["forehead"][1] - before["forehead"][1]
    with pytest.raises(ValueError, match="no dose"):
        dose_for_delta_a(scene, portrait, 80.0)


def test_the_same_blood_shows_less_on_dark_skin(portrait: Portrait) -> None:
    rises = []
    for lab in (LIGHT_SKIN, DARK_SKIN):
        scene = Scene(Person(portrait.name, lab), framing=SMALL, card=None)
        (plain, regions), (red, _) = (true_lab(replace(scene, blood=Blood(dose)), portrait) for dose in (0.0, 0.4))
        rises.append(region_means(red, regions)["face"][1] - region_means(plain, regions)["face"][1])
    assert 0.35 < rises[1] / rises[0] < 0.75


def test_one_sided_blood_stays_on_its_side(portrait: Portrait, person: Person) -> None:
    by_region = dict.fromkeys(REGION_LABELS, 0.0) | {"left_cheek": 1.0}
    for mirrored in (False, True):
        framing = replace(SMALL, mirrored=mirrored)
        picture = render(Scene(person, Blood(0.5, by_region), framing=framing, card=None), portrait)
        left, right = (picture.regions == REGION_LABELS[name] for name in ("left_cheek", "right_cheek"))
        assert picture.dose[left].mean() > 10 * picture.dose[right].mean()
        # The person's left is the picture's right, unless a selfie turned it round.
        assert (np.nonzero(left)[1].mean() < np.nonzero(right)[1].mean()) == mirrored


def test_a_patch_of_melanin_darkens_its_place_alone_as_the_whole_skin_would(portrait: Portrait) -> None:
    scene = Scene(Person(portrait.name, LIGHT_SKIN), framing=SMALL, card=None)
    patch = Spot(-0.2, 0.1, 0.12, dose=0.0, melanin=0.05)
    plain, _ = true_lab(scene, portrait)
    dark, _ = true_lab(replace(scene, blood=Blood(0.0, spots=(patch,))), portrait)
    tanned, _ = true_lab(replace(scene, person=replace(scene.person, model=SkinModel(melanin=0.05))), portrait)
    middle = np.array([SMALL.face_x * SMALL.width, SMALL.face_y * SMALL.height])
    x, y = np.round(middle + SMALL.face_width * SMALL.width * np.array([-0.2, 0.1])).astype(int)
    there = np.s_[y - 2 : y + 3, x - 2 : x + 3]
    fall = (plain - dark)[..., 0]
    assert fall[there].mean() > 4
    assert np.abs((dark - tanned)[there]).mean() < 0.5
    assert fall.max() < 1.5 * fall[there].mean()
    assert (fall > 0.5).mean() < 0.02  # and nowhere else
    half = true_lab(replace(scene, blood=Blood(0.0, spots=(replace(patch, melanin=0.025),))), portrait)[0]
    assert (plain - half)[..., 0][there].mean() == pytest.approx(fall[there].mean() / 2, rel=0.15)


def test_noise_follows_the_light(portrait: Portrait, person: Person, ideal: Rendered) -> None:
    """Shot noise: four times the electrons, half the noise."""
    x, y = np.round(_centres(ideal)[20]).astype(int)
    spreads = []
    for full_well in (500.0, 2000.0):
        scene = Scene(person, Blood(0.4), sensor=Sensor(full_well=full_well), framing=SMALL)
        grey = render(scene, portrait).rgb8[y - 7 : y + 8, x - 7 : x + 8].astype(float)
        spreads.append(grey.std())
    assert spreads[0] / spreads[1] == pytest.approx(2.0, rel=0.25)


def test_a_scene_is_plain_data_and_repeats(portrait: Portrait) -> None:
    rng = np.random.default_rng(5)
    scene = random_scene(rng, random_person(rng, portrait.name), blood=Blood(0.2), framing=SMALL)
    scene = replace(scene, captured_at="2026-05-03T08:12:31+02:00")
    again = Scene.from_json(json.loads(json.dumps(scene.to_json())))
    assert again == scene
    first, second = render(scene, portrait), render(again, portrait)
    np.testing.assert_array_equal(first.rgb8, second.rgb8)
    np.testing.assert_array_equal(first.lab, second.lab)
    np.testing.assert_array_equal(first.lab, true_lab(again, portrait)[0])
    with Image.open(io.BytesIO(first.jpeg)) as stored:
        assert stored.size == (SMALL.width, SMALL.height)
        exif = stored.getexif()
        times = exif.get_ifd(0x8769)
        assert (times[0x9003], times[0x9011], exif[0x0112]) == ("2026:05:03 08:12:31", "+02:00", 1)
        assert 0x010F not in exif  # no maker: nobody made this phone


def test_random_scenes_keep_to_their_side(person: Person) -> None:
    rng = np.random.default_rng(6)
    for held_out in (True, False):
        scenes = [random_scene(rng, person, held_out=held_out) for _ in range(60)]
        for scene in scenes:
            names = {scene.light.lamp, scene.light.second_lamp} - {None}
            assert (scene.phone.camera in holdout.HELD_OUT_CAMERAS) == held_out
            assert all((name in holdout.HELD_OUT_LAMPS) == held_out for name in names)
        assert len({scene.phone.camera for scene in scenes}) > 8


@pytest.mark.parametrize("ita", [(55, 90), (41, 55), (28, 41), (10, 28), (-30, 10), (-90, -30)])
def test_random_people_of_every_skin_tone(ita: tuple[float, float]) -> None:
    person = random_person(np.random.default_rng(7), "nobody", ita=ita)
    assert person.skin_lab is not None
    assert ita[0] < float(individual_typology_angle(np.array(person.skin_lab))) <= ita[1]


def test_region_labels_are_those_of_the_label_map() -> None:
    assert dict(REGION_LABELS) == {name: label for name, label in LABELS.items() if name in REGION_LABELS}


def test_held_out_is_apart_and_known() -> None:
    assert set(holdout.HELD_OUT_CAMERAS) <= set(spectra.camera_names())
    assert set(holdout.HELD_OUT_LAMPS) <= set(spectra.lamps().names)
    assert not set(holdout.cameras_for_prior()) & set(holdout.HELD_OUT_CAMERAS)
    assert not set(holdout.lamps_for_prior().names) & set(holdout.HELD_OUT_LAMPS)
    assert not set(holdout.skins_for_prior().names) & set(holdout.HELD_OUT_SKINS)
    for source in ("nist", "iset", "vrhel"):
        own = [name for name in spectra.skins().names if name.startswith(source)]
        assert len([name for name in own if name in holdout.HELD_OUT_SKINS]) == pytest.approx(len(own) / 3, abs=1)


class TestPhone:
    def test_white_is_grey_under_every_lamp(self) -> None:
        """A phone without errors renders a perfect diffuser neutral, whatever the lamp."""
        rng = np.random.default_rng(8)
        for name in holdout.HELD_OUT_LAMPS:
            phone = Phone.random(rng, holdout.HELD_OUT_CAMERAS)
            grey = np.full((1, len(spectra.WAVELENGTHS)), 0.18)
            seen = simulate_patches(phone.sensitivity(), spectra.lamps()[name], Isp(), grey)
            np.testing.assert_allclose(seen, 0.18, rtol=1e-3)

    def test_an_ideal_camera_reads_the_card_in_d65(self) -> None:
        card = spectra.patches().values
        seen = simulate_patches(Phone().sensitivity(), spectra.lamps()["D65"], Isp(exposure=0.8), card)
        wanted = np.clip(0.8 * xyz_to_linear_srgb(spectra.xyz_d65(card)), 0, 1)
        np.testing.assert_allclose(seen, wanted, atol=2e-5)

    def test_measured_cameras_come_close_in_daylight_and_not_in_poor_light(self) -> None:
        """Real makers reach a few per cent in daylight; a tri-colour LED lamp is beyond any matrix."""
        card = spectra.patches().values
        wanted = np.clip(xyz_to_linear_srgb(spectra.xyz_d65(card)), 0, 1)
        errors = {}
        for lamp in ("D55", "LED-RGB1"):
            seen = [
                simulate_patches(Phone(camera=name).sensitivity(), spectra.lamps()[lamp], Isp(), card)
                for name in spectra.camera_names()
            ]
            errors[lamp] = float(np.sqrt(np.mean((np.array(seen) - wanted) ** 2)))
        assert errors["D55"] < 0.03
        assert errors["LED-RGB1"] > 2 * errors["D55"]

    def test_bending_moves_the_filters_and_cuts_the_infrared(self) -> None:
        nm = spectra.WAVELENGTHS
        plain = Phone("Nikon_D850").sensitivity()
        bent = Phone("Nikon_D850", 640.0, 5.0, (1.0, 1.1, 1.0), (0.0, 0.0, 5.0)).sensitivity()
        assert bent[:, nm > 690].max() < 1e-3
        centre = [(one @ nm / one.sum()) for one in (plain[2], bent[2])]
        assert centre[1] - centre[0] == pytest.approx(5.0, abs=1.5)

        def width(curve: np.ndarray) -> float:
            below = nm < 620
            return float(np.sqrt(np.average((nm[below] - nm[curve.argmax()]) ** 2, weights=curve[below])))

        assert width(bent[1]) > 1.04 * width(plain[1])

    @given(st.sampled_from(["none", "gamma", "s_curve", "shoulder", "film"]), st.floats(0, 1))
    def test_tone_curves_rise_and_keep_their_ends(self, tone: str, strength: float) -> None:
        ramp = np.linspace(0, 1, 256)
        curve = tone_curve(ramp, tone, strength)  # type: ignore[arg-type]
        assert (np.diff(curve) > 0).all()
        assert curve[[0, -1]] == pytest.approx([0, 1], abs=1e-9)


@pytest.mark.parametrize("width", [0.28, 0.6])
def test_patch_edges_lie_where_the_corners_say(width: float) -> None:
    """Half way between patch and frame is the edge, to a tenth of a pixel: detectors are judged by these corners."""
    placement = CardPlacement(x=0.5, y=0.5, width=width, texture=0)
    card = draw_card(placement, (1200, 1600), spectra.xyz_d65(np.eye(len(spectra.WAVELENGTHS))).T, seed=0)
    square = card.patches[18]  # white, at the lower left corner
    x, y = np.round(square.mean(axis=0)).astype(int)
    luminance = card.seen[..., 1].astype(float)
    left, right = _edges(luminance[y], x)
    top, bottom = _edges(luminance[:, x], y)
    np.testing.assert_allclose([left, right], square[[0, 1], 0], atol=0.1)
    np.testing.assert_allclose([top, bottom], square[[0, 2], 1], atol=0.1)


def _edges(line: np.ndarray, inside: int) -> tuple[float, float]:
    """Where ``line`` falls to half on both sides of ``inside``, between pixels."""
    half = (line[inside] + line.min()) / 2
    low, high = inside, inside
    while line[low] > half:
        low -= 1
    while line[high] > half:
        high += 1
    return (
        low + (half - line[low]) / (line[low + 1] - line[low]),
        high - (half - line[high]) / (line[high - 1] - line[high]),
    )
