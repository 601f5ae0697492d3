"""Our own card: the page is true to scale, a print is found from any side, and pairing learns what was printed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_spectra import edition_spectra
from calibration.cards import load_card
from calibration.cielab import delta_e00, encode_srgb, xyz_to_lab, xyz_to_linear_srgb
from calibration.correction import calibrate
from calibration.detection import find_card
from calibration.errors import NothingToAnalyze, UnknownCard
from calibration.paired_card import read_paired
from calibration.pairing import learn, pair
from calibration.photo import Photo
from calibration.printed_card import MARKER_IDS, printed_patches
from calibration.printed_card_drawing import flat_corners, flat_print
from calibration.printed_card_inks import USUAL, Printer, separated
from calibration.printed_card_pdf import PAGES, Paper, write_card
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.simulated_card import CardPlacement, draw_card
from tests.calibration.conftest import Points, as_photo, codes, error, read

DETAIL = 4
PHONE = Phone("Nikon_D5100", infrared_cut_nm=660.0)
POINT = 72 / 25.4


def printed(printer: Printer) -> Points:
    """(24, wavelengths) what a printer makes of the card."""
    inks = printed_patches().inks
    return printer.spectra(separated(inks, printer.black_share))


def surfaces_in_light(surfaces: Points, lamp: str, exposure: float = 0.8) -> Points:
    """Linear sRGB that a phone writes."""
    return simulate_patches(
        PHONE.sensitivity(), spectra.lamps()[lamp], Isp(exposure=exposure, tone="s_curve", tone_strength=0.4), surfaces
    )


def flat(printer: Printer, lamp: str = "D65") -> Points:
    """A print seen straight on, linear sRGB."""
    extremes = printer.spectra(np.array([[0.0, 0, 0, 0], [0, 0, 0, 1]]))
    colours = surfaces_in_light(np.concatenate([printed(printer), extremes]), lamp)
    return flat_print(colours[:24], colours[24], colours[25], DETAIL)


def photographed(
    print_: Points, width: int, share: float, turn: float = 0.0, tilt: float = 0.0, seed: int = 0
) -> tuple[NDArray[np.uint8], Points]:
    """The print in the middle of a mottled picture, and the true corners of its fields."""
    rng = np.random.default_rng(seed)
    height, scale, distance = width * 3 // 4, width * share / print_.shape[1], 1.4 * width
    angle, lean = np.radians([turn, tilt])
    about_z = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(lean), 0, np.sin(lean)], [0, 1, 0], [-np.sin(lean), 0, np.cos(lean)]])
    middle = scale * np.array(print_.shape[1::-1]) / 2
    centred = np.array([[scale, 0, -middle[0]], [0, scale, -middle[1]], [0, 0, 1]])
    plane = np.column_stack([(about_z @ about_y)[:, :2], [0, 0, distance]])
    move = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    to_picture = move @ np.diag([distance, distance, 1]) @ plane @ centred
    soft = cv2.GaussianBlur(print_, (0, 0), max(0.4 / scale, 0.1))
    cover = cv2.warpPerspective(np.ones(print_.shape[:2]), to_picture, (width, height))[..., None]
    ground = cv2.resize(rng.random((height // 40, width // 40, 3)), (width, height)) * 0.5
    linear = ground * (1 - cover) + cv2.warpPerspective(soft, to_picture, (width, height)) * cover
    coded = encode_srgb(np.clip(linear, 0, 1)) * 255 + rng.normal(0, 1.5, linear.shape)
    corners = np.column_stack([flat_corners(DETAIL), np.ones(4)]) @ to_picture.T
    return np.clip(np.rint(coded), 0, 255).astype(np.uint8), corners[:, :2] / corners[:, 2:]


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_page_is_vector_and_true_to_scale(paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fpdf import FPDF

    monkeypatch.setattr(FPDF, "set_compression", lambda *_: None)
    path = tmp_path / "card.pdf"
    write_card(path, paper)
    import pypdf

    page = pypdf.PdfReader(path).pages[0]
    assert np.allclose(
        [float(page.mediabox.width), float(page.mediabox.height)], np.array(PAGES[paper]) * POINT, atol=0.5
    )
    assert not page.images
    drawn = page.get_contents().get_data().decode("latin-1")
    boxes = (
        np.array(
            [
                [float(number) for number in found]
                for found in re.findall(r"([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+) re [fS]", drawn)
            ]
        )
        / POINT
    )
    sizes = np.abs(boxes[:, 2:])
    assert np.sum(np.all(np.abs(sizes - 14.0) < 0.02, axis=1)) == 24
    assert np.sum(np.all(np.abs(sizes - 18.0) < 0.02, axis=1)) == len(MARKER_IDS)
    assert np.sum(np.all(np.abs(sizes - (159.0, 99.0)) < 0.02, axis=1)) == 1
    patches = boxes[np.all(np.abs(sizes - 14.0) < 0.02, axis=1)]
    assert np.allclose(np.diff(patches[:6, 0]), 17.0, atol=0.02)
    # The ticks of the two scales: 101 a millimetre apart, 65 a sixteenth of an inch.
    ticks = np.array([float(x) for x in re.findall(r"([-\d.]+) [-\d.]+ m [-\d.]+ [-\d.]+ l S", drawn)]) / POINT
    assert np.allclose(np.diff(ticks[:101]), 1.0, atol=0.02)
    assert np.allclose(np.diff(ticks[101:]), 25.4 / 16, atol=0.02)
    assert len(ticks) == 101 + 65
    assert float(boxes[:, 0].min()) > 5
    assert "version 1" in page.extract_text()


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_page_itself_is_found_and_its_ruler_is_true(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's rectangles painted at 150 dots an inch: the finder's millimetres are those of the scale."""
    from fpdf import FPDF

    monkeypatch.setattr(FPDF, "set_compression", lambda *_: None)
    path = tmp_path / "card.pdf"
    write_card(path, paper)
    import pypdf

    drawn = pypdf.PdfReader(path).pages[0].get_contents().get_data().decode("latin-1")
    dots, (width, height) = 150 / 25.4, PAGES[paper]
    fine = 4
    page = np.full((round(height * dots * fine), round(width * dots * fine), 3), 255, np.uint8)
    colour = (0.0, 0.0, 0.0)
    word = re.compile(r"([-\d.]+ [-\d.]+ [-\d.]+) rg|([-\d.]+) g\b|([-\d.]+ [-\d.]+ [-\d.]+ [-\d.]+) re f")
    for three, grey, box in word.findall(drawn):
        if box:
            left, bottom, across, up = (float(number) / POINT * dots * fine for number in box.split())
            top, low = sorted((height * dots * fine - bottom, height * dots * fine - bottom - up))
            page[round(top) : round(low), round(left) : round(left + across)] = np.rint(255 * np.array(colour))
        else:
            colour = tuple(float(number) for number in (three.split() if three else [grey] * 3))
    seen = cv2.resize(page, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)
    reading = read(find_card(as_photo(np.asarray(seen, np.uint8))))
    assert (reading.card, reading.mirrored) == ("rubor", False)
    fields = np.linalg.norm(reading.corners[1] - reading.corners[0])
    ticks = np.array([float(x) for x in re.findall(r"([-\d.]+) [-\d.]+ m [-\d.]+ [-\d.]+ l S", drawn)]) / POINT
    assert abs((ticks[100] - ticks[0]) * dots * 99 / fields - 100) < 0.2
    coded = np.rint(255 * encode_srgb(np.clip(reading.rgb, 0, 1)))
    assert np.abs(coded - printed_patches().srgb).max() <= 1


def test_the_page_asks_for_the_designed_colours() -> None:
    """What is sent to the printer is, relative to bare paper, the designed card's colour."""
    designed = load_card("rubor").xyz_d65()
    paper = spectra.xyz_d65(USUAL.spectra(np.zeros((1, 4))))
    wanted = encode_srgb(xyz_to_linear_srgb(designed / paper * np.array([0.95047, 1.0, 1.08883])))
    assert np.abs(wanted * 255 - printed_patches().srgb).max() < 0.6


def test_solid_inks_have_the_colours_that_the_standard_aims_at() -> None:
    """ISO 12647-2 on coated paper, D50; overprints are predicted, not fitted."""
    aims = {(1, 0, 0, 0): (55, -37, -50), (0, 1, 0, 0): (48, 74, -3), (0, 0, 1, 0): (89, -5, 93),
            (0, 0, 0, 1): (16, 0, 0), (0, 1, 1, 0): (47, 68, 48), (1, 0, 1, 0): (50, -68, 33)}  # fmt: skip
    shown = USUAL.spectra(np.array(list(aims), dtype=np.float64))
    weights = spectra.observer() * spectra.lamps()["D50"]
    ratio = shown @ (weights / weights.sum(axis=1, keepdims=True)).T
    lab = xyz_to_lab(ratio * np.array([0.95047, 1.0, 1.08883]))
    assert np.all(delta_e00(lab, np.array(list(aims.values()), dtype=np.float64)) < 6)


@pytest.mark.parametrize(("turn", "tilt"), [(0, 0), (33, 0), (100, 40), (181, -45), (290, 20)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_print_is_found_from_any_side_and_in_a_mirror(turn: float, tilt: float, mirrored: bool) -> None:
    printer = Printer.random(np.random.default_rng(int(turn)))
    picture, corners = photographed(flat(printer), 1200, 0.35, turn, tilt)
    if mirrored:
        picture, corners = picture[:, ::-1], corners * (-1, 1) + (picture.shape[1] - 1, 0)
    search = find_card(as_photo(picture))
    reading = read(search)
    assert (reading.card, reading.mirrored) == ("rubor", mirrored)
    assert error(reading, corners) < 0.01
    assert [one.code for one in search.problems] == ["unpaired_card"]
    expected = surfaces_in_light(printed(printer), "D65")
    assert np.abs(np.sqrt(reading.rgb) - np.sqrt(expected)).max() < 0.03


def test_a_print_is_found_small() -> None:
    """A fifth of the width at half a megapixel."""
    picture, corners = photographed(flat(USUAL), 816, 0.25, 12)
    assert error(read(find_card(as_photo(picture), "rubor")), corners) < 0.01


def test_two_markers_are_enough_but_no_field_may_be_covered() -> None:
    picture, corners = photographed(flat(USUAL), 1200, 0.5)
    hands = picture.copy()
    hands[:, :350] = (95, 62, 48)
    assert error(read(find_card(as_photo(hands))), corners) < 0.01
    thumb = picture.copy()
    cv2.circle(thumb, (600, 450), 45, (225, 180, 155), -1)
    search = find_card(as_photo(thumb))
    assert codes(search) == ["card_unreadable"]
    assert "covers" in search.problems[0].message


@pytest.mark.parametrize("corner", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_one_marker_and_the_fields_are_enough(corner: int, mirrored: bool) -> None:
    """A hand may hide three markers: the fields say where the last one stands."""
    picture, corners = photographed(flat(USUAL), 1200, 0.5, turn=25, tilt=20)
    if mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
        corners = corners * (-1, 1) + (1199, 0)
    middle = corners.mean(axis=0)
    for number, outer in enumerate(corners):
        if number != corner:
            # The markers' middles lie about a third farther out than the corner of the fields.
            x, y = np.rint(middle + 1.33 * (outer - middle)).astype(int)
            cv2.circle(picture, (int(x), int(y)), 55, (95.0, 62.0, 48.0), -1)
    reading = read(find_card(as_photo(picture)))
    assert reading.card == "rubor"
    assert reading.mirrored == mirrored
    assert error(reading, corners) < 0.01


@pytest.mark.parametrize("field", [2, 3, 8, 14])
def test_skin_on_one_whole_brown_field_is_seen(field: int) -> None:
    """It has nearly the field's colour, and fills it: only how well the other fields fit tells that it is none."""
    picture, corners = photographed(flat(USUAL), 1200, 0.5)
    centre = read(find_card(as_photo(picture), "rubor")).centres[field]
    step = float(np.linalg.norm(corners[1] - corners[0])) / 6
    x, y = np.rint(centre).astype(int)
    cv2.circle(picture, (int(x), int(y)), round(0.56 * step), (84.0, 60.0, 47.0), -1, cv2.LINE_AA)
    search = find_card(as_photo(picture))
    assert codes(search) == ["card_unreadable"]
    assert "covers" in search.problems[0].message


def beside(printer: Printer, lamp: str, bought: bool = True) -> Photo:
    """A print with a bought card below it, under one lamp."""
    print_, _ = photographed(flat(printer, lamp), 1600, 0.5)
    if not bought:
        return as_photo(print_)
    sensors = np.eye(len(spectra.WAVELENGTHS))
    card = draw_card(CardPlacement(0.5, 0.5, 0.45, texture=0.0), (1600, 1200), sensors[:1], 1)
    coded = np.full((1200, 1600, 3), 120.0)
    colours = encode_srgb(surfaces_in_light(spectra.patches().values, lamp)) * 255
    frame = np.rint(card.outline).astype(np.int32)
    cv2.fillPoly(coded, [frame], (25, 25, 25))
    for square, colour in zip(card.patches, colours, strict=True):
        cv2.fillPoly(coded, [np.rint(square).astype(np.int32)], tuple(float(value) for value in colour))
    both = np.concatenate([print_, cv2.GaussianBlur(coded, (0, 0), 0.7).astype(np.uint8)])
    return as_photo(both)


def test_pairing_learns_what_was_printed(tmp_path: Path) -> None:
    printer = Printer.random(np.random.default_rng(8))
    truth = xyz_to_lab(spectra.xyz_d65(printed(printer)))
    paired = pair(beside(printer, "D65"))
    assert delta_e00(paired.lab, truth).mean() < 2.0
    designed = delta_e00(xyz_to_lab(load_card("rubor").xyz_d65()), truth)
    assert delta_e00(paired.lab, truth).mean() < 0.6 * designed.mean()
    path = tmp_path / "card.toml"
    path.write_text(paired.to_toml(), encoding="utf-8")
    again = read_paired(path)
    assert delta_e00(again.lab, paired.lab).max() < 0.1
    # And it is used: under another lamp, skin is measured as well as with a bought card.
    picture, _ = photographed(flat(printer, "FL2"), 1200, 0.5)
    search = find_card(as_photo(picture), str(path))
    assert search.problems == ()
    skins = spectra.skins().values[::20]
    calibration = calibrate(search)
    measured = calibration.to_lab(surfaces_in_light(skins, "FL2"))
    true = xyz_to_lab(spectra.xyz_d65(skins))
    assert np.abs(measured[:, 1] - true[:, 1]).mean() < 1.5
    unpaired = calibrate(find_card(as_photo(picture), "rubor"))
    assert unpaired.a_se(true[0]) > 2
    assert calibration.a_se(true[0]) < 2
    assert unpaired.to_json()["a_uncertainty_shared"] > 1.5


def test_a_field_in_the_light_is_left_at_what_printers_make_of_it() -> None:
    printer = Printer.random(np.random.default_rng(8))
    bought, print_ = find_card(beside(printer, "D65"), "classic-24"), find_card(beside(printer, "D65"), "rubor")
    calibration = calibrate(bought)
    bought_card, printed_card = read(bought), read(print_)
    learned = {
        share: learn(bought_card, calibration, replace(printed_card, clipped=np.where(np.arange(24) == 7, share, 0.0)))
        for share in (0.0, 0.049, 0.051, 0.15, 0.3)
    }
    usual = printed_patches().prior().mean
    away = [float(np.abs(learned[share][7] - usual[7]).mean()) for share in (0.0, 0.15, 0.3)]
    assert away[0] > away[1] > away[2]
    # No jump at any share, and the other fields do not care.
    assert np.abs(learned[0.051] - learned[0.049]).max() < 0.002
    others = np.arange(24) != 7
    assert np.allclose(learned[0.3][others], learned[0.0][others])


def test_pairing_says_which_card_is_missing() -> None:
    with pytest.raises(NothingToAnalyze, match="the bought card is not in it"):
        pair(beside(USUAL, "D65", bought=False))


@pytest.mark.parametrize(
    "text",
    ["", "schema = 'rubor.paired_card/1'", "not toml", "schema = 3\nversion = 'x'\nwavelengths = []\nreflectance = 1"],
)
def test_a_file_that_is_not_a_print_is_refused_in_one_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnknownCard, match=r"card\.toml is not a file that rubor card --pair has written"):
        read_paired(path)


def test_the_later_edition_has_the_published_change_of_colour() -> None:
    later = edition_spectra("after-2014")
    assert later is not None
    assert edition_spectra("before-2014") is None
    card = load_card("classic-24")
    weights = spectra.observer() * spectra.lamps()["D50"]
    weights /= weights.sum(axis=1, keepdims=True)
    change = (later.reflectance - spectra.patches().values) @ weights.T * (0.96422, 1.0, 0.82521)
    wanted = card.xyz_d50("after_november_2014") - card.xyz_d50("before_november_2014")
    assert np.allclose(change, wanted, atol=0.002)
    assert np.abs(later.reflectance - spectra.patches().values).max() < 0.1


def test_the_edition_is_part_of_the_cards_name() -> None:
    picture, _ = photographed(flat(USUAL), 400, 0.5)
    for wrong in ("classic-24@2013", "rubor@after-2014", "auto@", "@after-2014"):
        with pytest.raises(UnknownCard):
            find_card(as_photo(picture), wrong)
    real = Path(__file__).parents[1] / "data" / "cards" / "color_checker_mini_3.jpg"
    from calibration.photo import read_photo

    calibration = calibrate(find_card(read_photo(real), "mini-24@after-2014"))
    assert calibration.to_json()["card"] == "mini-24"
    assert calibration.to_json()["edition"] == "after-2014"
