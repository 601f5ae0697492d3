"""The way of the data from file to verdict, on the sample patients and on bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analyzer.pipeline import analyze_photo, analyze_photo_bytes, analyze_series, build_series
from analyzer.reading import FACE, LABELS, Reading
from analyzer.treatment import TreatmentError, read_treatment
from calibration.errors import NothingToAnalyze, UnknownCard

SERIES = {"p01_light_skin": "within", "p02_dark_skin": "within", "p03_rebound": "outside"}
FORMATS = Path(__file__).parent.parent / "data" / "formats"


@pytest.fixture(scope="module")
def documents(samples: Path) -> dict[str, dict]:
    """The ``rubor.series/1`` document of each sample patient."""
    return {name: analyze_series(samples / name, jobs=2).to_json() for name in SERIES}


@pytest.mark.parametrize("name", SERIES)
def test_every_sample_patient_gets_the_verdict_that_its_truth_demands(documents: dict, name: str) -> None:
    verdict = documents[name]["verdict"]
    assert verdict["status"] == SERIES[name]
    open_flags = [flag["code"] for flag in verdict["flags"] if flag["to_day"] is None]
    assert ("rebound" in open_flags) is (SERIES[name] == "outside")
    assert "call your clinic today" in verdict["standing"]


def test_the_rebound_is_seen_from_day_four(documents: dict) -> None:
    flag = next(flag for flag in documents["p03_rebound"]["verdict"]["flags"] if flag["code"] == "rebound")
    assert 3.5 <= flag["from_day"] <= 5.5
    assert flag["evidence"]["rise"] > 2.5


@pytest.mark.parametrize("name", SERIES)
def test_changes_of_redness_follow_the_simulations_truth(documents: dict, samples: Path, name: str) -> None:
    points = documents[name]["points"]
    truth = {
        point["file"]: json.loads((samples / name / point["file"]).with_suffix(".json").read_text())["regions"]
        for point in points
    }
    errors, promised = [], []
    for point in points:
        for region, values in point["regions"].items():
            if values["delta_a"] is None or point["day"] < 0:
                continue
            early = [one["file"] for one in points if one["day"] < 0]
            baseline = np.mean([truth[file][region]["a"] for file in early])
            errors.append(values["delta_a"] - (truth[point["file"]][region]["a"] - baseline))
            promised.append(values["delta_a_se"])
    # The mouth's surroundings of the second man are stubble, and hardly ever measured.
    assert len(errors) >= 6 * 7
    assert np.abs(errors).mean() < 1.2
    assert (np.abs(errors) <= 2.5 * np.array(promised)).mean() > 0.9


@pytest.mark.parametrize("name", SERIES)
def test_points_are_in_order_and_baselines_come_before_the_treatment(documents: dict, name: str) -> None:
    document = documents[name]
    days = [point["day"] for point in document["points"]]
    assert days == sorted(days)
    assert document["baseline"]["photos"] == sum(day < 0 for day in days) == 2
    for point in document["points"]:
        assert point["usable"]
        assert set(LABELS) - set(point["regions"]) <= ({"perioral"} if name == "p02_dark_skin" else set())
        if point["day"] < 0:
            assert point["regions"][FACE]["residual"] is None


def test_the_truth_of_one_photograph_is_met_within_its_uncertainty(samples: Path) -> None:
    path = samples / "p02_dark_skin" / "d00.jpg"
    truth = json.loads(path.with_suffix(".json").read_text())
    reading = analyze_photo(path).reading
    assert reading.usable
    assert reading.skin_tone is not None
    assert reading.skin_tone.tone_class in ("brown", "dark")
    assert len(reading.regions) >= 6
    for name, region in reading.regions.items():
        assert abs(region.a - truth["regions"][name]["a"]) < 3 * region.a_se
    corners = np.array(reading.calibration["corners"])
    width = np.linalg.norm(corners[1] - corners[0])
    assert np.abs(corners - np.array(truth["corners"])).max() < 0.01 * width


def test_a_mirrored_selfie_keeps_the_persons_own_left_and_right(samples: Path, tmp_path: Path) -> None:
    path = samples / "p01_light_skin" / "d00.jpg"
    mirrored = tmp_path / "mirrored.png"
    with Image.open(path) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(mirrored)
    plain, flipped = analyze_photo(path).reading, analyze_photo(mirrored).reading
    assert not plain.calibration["mirrored"]
    assert flipped.calibration["mirrored"]
    assert plain.regions["left_cheek"].a - plain.regions["right_cheek"].a > 0.5
    for name in plain.regions:
        assert flipped.regions[name].a == pytest.approx(plain.regions[name].a, abs=0.5)
    assert flipped.face.yaw == pytest.approx(plain.face.yaw, abs=2.5)


def test_the_label_map_has_the_photographs_size_and_counts_its_pixels(samples: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    with Image.open(samples / "p03_rebound" / "d01.jpg") as picture:
        picture.resize((2413, 3217), Image.Resampling.BICUBIC).save(large, quality=92)
    analysis = analyze_photo(large)
    assert analysis.label_map is not None
    assert analysis.label_map.shape == (3217, 2413)
    counts = np.bincount(analysis.label_map.ravel(), minlength=256)
    for name, region in analysis.reading.regions.items():
        expected = counts[1:].sum() if name == FACE else counts[LABELS[name]]
        assert region.pixels == expected
        assert region.label == LABELS[name]
    assert counts[LABELS[FACE]] == 0


def test_without_a_card_a_photograph_is_measured_with_a_wide_uncertainty(samples: Path) -> None:
    path = samples / "p01_light_skin" / "d02.jpg"
    with_card, without = analyze_photo(path).reading, analyze_photo(path, card="none").reading
    assert without.usable
    assert [one.code for one in without.problems] == ["no_card"]
    assert without.regions[FACE].a_se > 3 * with_card.regions[FACE].a_se


def test_an_unknown_card_name_is_an_error(samples: Path) -> None:
    with pytest.raises(UnknownCard):
        analyze_photo(samples / "p01_light_skin" / "d02.jpg", card="tarot")


def test_a_reading_survives_json(samples: Path) -> None:
    reading = analyze_photo(samples / "p01_light_skin" / "d02.jpg").reading
    text = json.dumps(reading.to_json(), allow_nan=False)
    assert Reading.from_json(json.loads(text)) == reading


def codes(reading: Reading) -> list[str]:
    return [one.code for one in reading.problems]


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_heic_cut_short_is_refused(share: float) -> None:
    data = (FORMATS / "display_p3.heic").read_bytes()
    reading = analyze_photo_bytes(cut(data, share), "cut.heic").reading
    assert not reading.usable
    assert codes(reading) == ["unreadable"]


@pytest.mark.parametrize("data", [b"", b"This is not a photograph, but its name says so.\n", b"\xff\xd8\xff"])
def test_what_is_no_image_is_refused_with_one_sentence(data: bytes) -> None:
    reading = analyze_photo_bytes(data, "photo.jpg").reading
    assert not reading.usable
    assert codes(reading) == ["unreadable"]
    assert "\n" not in reading.problems[0].sentence
    assert reading.regions == {}


def test_a_jpeg_cut_in_the_middle_is_refused(samples: Path) -> None:
    data = (samples / "p01_light_skin" / "d02.jpg").read_bytes()
    assert codes(analyze_photo_bytes(cut(data, 0.5), "cut.jpg").reading) == ["unreadable"]


def test_a_cat_is_no_patient(cat_jpeg: bytes) -> None:
    reading = analyze_photo_bytes(cat_jpeg, "cat.jpg").reading
    assert not reading.usable
    assert "no_face" in codes(reading)
    assert reading.face is not None
    assert reading.face.count == 0
    assert reading.calibration is not None  # a card was looked for all the same


def test_two_faces_are_not_guessed_between(samples: Path, tmp_path: Path) -> None:
    with (
        Image.open(samples / "p01_light_skin" / "d02.jpg") as one,
        Image.open(samples / "p03_rebound" / "d02.jpg") as two,
    ):
        both = Image.new("RGB", (one.width + two.width, one.height))
        both.paste(one, (0, 0))
        both.paste(two, (one.width, 0))
    both.save(tmp_path / "both.jpg", quality=92)
    reading = analyze_photo(tmp_path / "both.jpg").reading
    assert not reading.usable
    assert "several_faces" in codes(reading)
    assert reading.face.count == 2


def test_a_tiny_picture_is_refused(samples: Path, tmp_path: Path) -> None:
    with Image.open(samples / "p01_light_skin" / "d02.jpg") as picture:
        picture.resize((120, 160)).save(tmp_path / "tiny.jpg")
    assert "too_small" in codes(analyze_photo(tmp_path / "tiny.jpg").reading)


def test_a_photograph_without_a_time_is_left_out_unless_photos_csv_knows_it(samples: Path, tmp_path: Path) -> None:
    for name in ("before_1.jpg", "d00.jpg", "treatment.toml"):
        shutil.copy(samples / "p01_light_skin" / name, tmp_path / name)
    with Image.open(samples / "p01_light_skin" / "d02.jpg") as picture:
        picture.save(tmp_path / "timeless.jpg", quality=95)
    document = analyze_series(tmp_path).to_json()
    assert [point["file"] for point in document["points"]] == ["before_1.jpg", "d00.jpg"]
    assert [one["code"] for one in document["problems"]] == ["no_time"]
    assert "timeless.jpg" in document["problems"][0]["message"]

    (tmp_path / "photos.csv").write_text("file,captured_at\ntimeless.jpg,2026-06-01T12:00:00\n", encoding="utf-8")
    document = analyze_series(tmp_path).to_json()
    assert document["points"][-1]["file"] == "timeless.jpg"
    treated = read_treatment(tmp_path / "treatment.toml").treated_at
    assert document["points"][-1]["captured_at"].endswith(treated.isoformat()[-6:])  # the treatment's offset
    assert document["problems"] == []


def test_a_refused_photograph_stays_in_the_series_as_not_usable(samples: Path, tmp_path: Path, cat_jpeg: bytes) -> None:
    for name in ("before_1.jpg", "d00.jpg", "d01.jpg", "treatment.toml"):
        shutil.copy(samples / "p01_light_skin" / name, tmp_path / name)
    (tmp_path / "d02.jpg").write_bytes(cat_jpeg)
    (tmp_path / "photos.csv").write_text("file,captured_at\nd02.jpg,2026-06-01T12:00:00+02:00\n", encoding="utf-8")
    document = analyze_series(tmp_path).to_json()
    assert [point["usable"] for point in document["points"]] == [True, True, True, False]
    assert document["usable"]


def test_a_folder_needs_a_treatment_record_and_photographs(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(TreatmentError, match=r"treatment\.toml"):
        analyze_series(tmp_path)
    shutil.copy(samples / "p01_light_skin" / "treatment.toml", tmp_path)
    with pytest.raises(NothingToAnalyze, match="no photograph"):
        analyze_series(tmp_path)
    with pytest.raises(NothingToAnalyze, match="no folder"):
        analyze_series(tmp_path / "nowhere")


def test_make_up_is_shown_and_does_not_count(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    treatment = read_treatment(folder / "treatment.toml")
    readings = [analyze_photo(folder / name).reading for name in ("before_1.jpg", "d00.jpg")]
    series = build_series("p", treatment, readings, bare_skin={"d00.jpg": False})
    assert [one.bare_skin for one in series.observations] == [True, False]
    assert "made_up" in [one.code for one in series.observations[1].problems]
