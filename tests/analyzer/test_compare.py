"""Before and after: aligned, in one light, with its change and its margin, covered when asked."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from analyzer.compare import Comparison, comparison
from analyzer.compare.comparison import PICTURE_HEIGHT, PICTURE_WIDTH
from analyzer.errors import NotComparable
from analyzer.face import find_face
from calibration.errors import UsageError
from calibration.simulated_occluders import Occluder
from calibration.simulation import Framing, Person, Portrait, Scene, render

# Where the pictures start on the page.
TOP = 150


@pytest.fixture(scope="module")
def faded(samples: Path) -> Comparison:
    folder = samples / "p01_light_skin"
    return comparison(folder / "d00.jpg", folder / "d07.jpg")


def test_the_same_face_lies_on_the_same_pixels_although_it_was_framed_anew(faded: Comparison) -> None:
    first, second = (picture.mean(axis=2)[150:-150, 100:-100] for picture in faded.pictures[:2])
    match = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    shifted = np.corrcoef(first.ravel(), np.roll(second, 20, axis=1).ravel())[0, 1]
    assert match > 0.95
    assert match > shifted + 0.02


def test_what_has_changed_is_told_with_its_margin_and_drawn(faded: Comparison) -> None:
    assert faded.delta_a == pytest.approx(-7.0, abs=1.5)
    assert faded.certain
    change = faded.pictures[2].astype(float)
    cheek = change[400:440, 160:200].mean(axis=(0, 1))
    assert cheek[2] > cheek[0] + 50  # blue: less red
    corner = change[5:60, 5:60]
    assert np.ptp(corner, axis=2).max() < 3  # grey: nothing measured


def test_one_skin_under_two_lamps_looks_alike_once_calibrated(samples: Path) -> None:
    folder = samples / "p03_rebound"
    same = comparison(folder / "before_1.jpg", folder / "before_2.jpg", anonymise=True)
    cheeks = [picture[400:440, 160:220].reshape(-1, 3).mean(axis=0) for picture in same.pictures[:2]]
    assert np.abs(cheeks[0] / cheeks[0].sum() - cheeks[1] / cheeks[1].sum()).max() < 0.015
    assert not same.certain
    for picture in same.pictures:
        assert (picture == 0).all(axis=2).mean() > 0.05  # the bars over the eyes
    assert all(":" not in side.when and "20" not in side.when for side in same.sides)  # the day, no date
    assert "day −1.7" in same.sides[0].when


def test_the_page_is_a_slide_without_metadata(faded: Comparison) -> None:
    with Image.open(BytesIO(faded.png())) as page:
        assert page.size == (1920, 1080)
        assert not page.info and not page.getexif()
    sheet = PdfReader(BytesIO(faded.pdf()))
    assert set(sheet.metadata or {}) == {"/Title", "/Producer"}  # no date, no author
    assert sheet.xmp_metadata is None
    assert all(not one.image.getexif() for one in sheet.pages[0].images if one.image is not None)


def mirrored(source: Path) -> bytes:
    """The photograph as a selfie is stored, with its time."""
    data = BytesIO()
    with Image.open(source) as picture:
        flipped = picture.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        flipped.save(data, "JPEG", quality=95, exif=picture.getexif())
    return data.getvalue()


def test_a_mirrored_selfie_is_flipped_back_and_says_the_same(samples: Path, faded: Comparison) -> None:
    folder = samples / "p01_light_skin"
    selfie = comparison(folder / "d00.jpg", mirrored(folder / "d07.jpg"))
    assert selfie.sides[1].measured.calibration.mirrored
    straight, back = (one.pictures[1].mean(axis=2)[150:-150, 100:-100] for one in (faded, selfie))
    match = np.corrcoef(straight.ravel(), back.ravel())[0, 1]
    assert match > 0.97
    assert match > np.corrcoef(straight.ravel(), back[:, ::-1].ravel())[0, 1] + 0.05
    assert selfie.delta_a == pytest.approx(faded.delta_a, abs=0.5)
    # The change lies on the same side of the face, too.
    left, right = (faded.pictures[2][300:460, side].astype(float) for side in (slice(110, 250), slice(340, 480)))
    again_left, again_right = (
        selfie.pictures[2][300:460, side].astype(float) for side in (slice(110, 250), slice(340, 480))
    )
    assert np.abs(left - again_left).mean() < 12
    assert np.abs(right - again_right).mean() < 12


def test_both_show_the_same_crop_even_where_one_photograph_ends(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    with Image.open(folder / "d07.jpg") as picture:
        cut = picture.convert("RGB").crop((0, 260, picture.width, picture.height))
    data = BytesIO()
    cut.save(data, "JPEG", quality=92)
    pair = comparison(folder / "d00.jpg", data.getvalue())
    grounds = [(picture == pair.pictures[0][4, 300]).all(axis=2) for picture in pair.pictures[:2]]
    assert np.array_equal(*grounds)
    assert 0.1 < grounds[0].mean() < 0.35


def test_the_pdf_is_one_wide_sheet_with_real_text(faded: Comparison, tmp_path: Path) -> None:
    faded.save(tmp_path / "pair.pdf")
    sheet = PdfReader(tmp_path / "pair.pdf").pages[0]
    text = sheet.extract_text()
    for words in ("Before and after", "5 cm", "95 % margin", "no diagnosis"):
        assert words in text
    assert float(sheet.mediabox.width) / float(sheet.mediabox.height) == pytest.approx(16 / 9, rel=0.01)


def test_the_scale_bar_is_that_of_the_iris(faded: Comparison) -> None:
    landmarks = faded.frame.landmarks
    irises = [np.hypot(*(landmarks[one] - landmarks[other])) for one, other in ((469, 471), (474, 476))]
    assert faded.frame.per_cm == pytest.approx(float(np.mean(irises)) / 1.17, rel=0.12)


def test_the_drawn_bar_is_as_long_as_it_says(faded: Comparison) -> None:
    page = np.asarray(faded.image())
    for left in (48, 48 + PICTURE_WIDTH + 30):
        row = (page[TOP + PICTURE_HEIGHT - 30, left : left + PICTURE_WIDTH // 2] == 255).all(axis=1)
        drawn = int(np.diff(np.flatnonzero(np.diff(np.r_[0, row, 0])))[0])
        assert drawn == pytest.approx(5 * faded.frame.per_cm, rel=0.01)


def test_one_region_fills_the_picture(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    near = comparison(
        folder / "d00.jpg", (folder / "d07.jpg").read_bytes(), region="left_cheek", titles=("one", "other")
    )
    first, second = (picture.mean(axis=(0, 1)) for picture in near.pictures[:2])
    assert first[0] / first[1] > second[0] / second[1] + 0.05  # redder before than after
    assert [side.title for side in near.sides] == ["one", "other"]


def test_without_a_card_the_page_says_so_and_claims_nothing(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    with Image.open(folder / "before_1.jpg") as picture:
        pixels = np.asarray(picture.convert("RGB")).copy()
    pixels[1180:] = 128  # the card is gone
    data = BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=92)
    bare = comparison(folder / "before_2.jpg", data.getvalue())
    assert [side.calibrated for side in bare.sides] == [True, False]
    assert not bare.certain
    assert "No colour card read in: After" in PdfReader(BytesIO(bare.pdf())).pages[0].extract_text()


@pytest.fixture(scope="module")
def in_other_light(samples: Path) -> Comparison:
    """The same skin under the same lamp once more, the card turned from it: a third less light than on the face."""
    file = samples / "p01_light_skin" / "before_1.jpg"
    scene = Scene.from_json(json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["scene"])
    assert scene.card is not None
    turned = replace(scene, card=replace(scene.card, stops=-0.6))
    return comparison(file, render(turned, Portrait.read(samples / "portraits", scene.person.portrait)).jpeg)


def test_a_card_turned_from_the_light_makes_nobody_redder(in_other_light: Comparison) -> None:
    first, second = (side.photo.regions["face"] for side in in_other_light.sides)
    assert second.a - first.a > 1.0
    assert abs(in_other_light.delta_a) < 0.3
    assert abs(in_other_light.change.face_delta) < 0.4
    assert not in_other_light.certain
    assert in_other_light.light == pytest.approx(0.6 * math.log(2), abs=0.06)
    before, after = (picture[250:450, 150:450].astype(float).mean() for picture in in_other_light.pictures[:2])
    assert after == pytest.approx(before, rel=0.04)


def test_the_page_says_that_light_was_taken_out(in_other_light: Comparison, faded: Comparison) -> None:
    words = "more light fell on the skin than on the card"
    assert words in PdfReader(BytesIO(in_other_light.pdf())).pages[0].extract_text()
    assert words not in PdfReader(BytesIO(faded.pdf())).pages[0].extract_text()


def test_a_photograph_that_cannot_be_measured_is_named(samples: Path, cat_jpeg: bytes) -> None:
    with pytest.raises(NotComparable, match="After"):
        comparison(samples / "p01_light_skin" / "d00.jpg", cat_jpeg)


@pytest.mark.parametrize("other", ["p02_dark_skin", "p03_rebound"])
def test_two_people_are_asked_about_and_not_refused(samples: Path, other: str) -> None:
    pair = comparison(samples / "p01_light_skin" / "d07.jpg", samples / other / "before_1.jpg")
    assert pair.two_people
    text = PdfReader(BytesIO(pair.pdf())).pages[0].extract_text()
    assert "These two photographs may show two different people" in text


def test_nobody_is_asked_about_one_person(faded: Comparison) -> None:
    assert not faded.two_people and not faded.doubt
    assert "two different people" not in PdfReader(BytesIO(faded.pdf())).pages[0].extract_text()


def from_nearer(source: Path) -> bytes:
    """The middle of the face grows by a sixth, as it does when the lens comes from an arm's length to a hand's."""
    with Image.open(source) as picture:
        pixels, exif = np.asarray(picture.convert("RGB")), picture.getexif()
    face = find_face(pixels).face
    assert face is not None
    centre = face.landmarks[4, :2]
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    off = np.stack([x, y], axis=-1) - centre
    grown = 1 + np.exp(-((np.hypot(*off.transpose(2, 0, 1)) / (1.1 * face.eye_distance)) ** 2)) / 6
    at = (centre + off / grown[..., None]).astype(np.float32)
    data = BytesIO()
    Image.fromarray(cv2.remap(pixels, at[..., 0], at[..., 1], cv2.INTER_LINEAR)).save(data, "JPEG", exif=exif)
    return data.getvalue()


def test_one_person_from_nearer_is_one_person(samples: Path) -> None:
    folder = samples / "p03_rebound"
    pair = comparison(folder / "before_1.jpg", from_nearer(folder / "before_2.jpg"))
    far, near = (np.array(one.photo.face.proportions) for one in pair.sides if one.photo.face is not None)
    assert np.abs(far - near).max() > 0.025  # the lens is seen in the proportions
    assert not pair.two_people


def test_one_person_with_glasses_is_one_person(samples: Path) -> None:
    portrait = Portrait.read(samples / "portraits", "linda_godwin__usa")
    scene = Scene(Person("linda_godwin__usa", (62.0, 11.0, 17.0)), framing=Framing(600, 800, 0.6))
    shots = []
    for worn in ((), (Occluder("glasses", "black", seed=3),)):
        data = BytesIO()
        Image.fromarray(render(replace(scene, occluders=worn), portrait).rgb8).save(data, "JPEG", quality=92)
        shots.append(data.getvalue())
    assert not comparison(shots[0], shots[1]).two_people


def test_a_place_that_cannot_be_written_is_told(faded: Comparison, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        faded.save(tmp_path / "no" / "such" / "folder.png")
