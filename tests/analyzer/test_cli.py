"""The command as a user meets it: documents, exit status, one plain sentence, never a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from analyzer.cli import main


def run(*arguments: object) -> int:
    """Exit status of ``rubor ARGUMENTS``."""
    try:
        main([str(one) for one in arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """A short series: two before, two after."""
    folder = tmp_path_factory.mktemp("Łucja")
    for name in ("before_1.jpg", "before_2.jpg", "d00.jpg", "d02.jpg", "treatment.toml"):
        shutil.copy(samples / "p01_light_skin" / name, folder)
    return folder


def test_photo_writes_only_json_to_standard_output(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("photo", samples / "p01_light_skin" / "d00.jpg", "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rubor.photo/1"
    assert document["file"] == "d00.jpg"
    assert document["usable"]
    assert document["captured_at"].endswith("+02:00")
    assert set(document["regions"]["face"]) == {
        "label", "pixels", "L", "a", "b", "a_sd", "a_se", "a_level", "erythema_index", "redness_share",
            "melanin_index", "ita", "change_a", "change_a_se", "change_gain",
    }  # fmt: skip


def test_photo_draws_its_pictures(samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels, overlay = tmp_path / "labels.png", tmp_path / "overlay.png"
    assert run("photo", samples / "p01_light_skin" / "d00.jpg", "--label-map", labels, "--overlay", overlay) == 0
    assert "left cheek" in capsys.readouterr().out
    with Image.open(labels) as drawn, Image.open(overlay) as shown:
        assert drawn.mode == "L"
        assert drawn.size == shown.size == (1200, 1600)
        assert set(np.unique(np.asarray(drawn))) == {0, 1, 2, 3, 4, 5, 6}
        assert not shown.getexif()


def test_a_refused_photograph_still_gives_its_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.jpg").write_text("not a photograph", encoding="utf-8")
    assert run("photo", tmp_path / "note.jpg", "--json", "-") == 3
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert document["usable"] is False
    assert document["regions"] == {}
    assert [one["code"] for one in document["problems"]] == ["unreadable"]
    assert output.err.count("\n") == 1


def test_no_such_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("photo", tmp_path / "nowhere.jpg") == 3
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["photo"],
        ["photo", "x.jpg", "--colour", "red"],
        ["analyze", ".", "--jobs", "none"],
        ["compare", "a.jpg", "b.jpg"],
        ["compare", "a.jpg", "b.jpg", "-o", "out.gif"],
        ["compare", "a.jpg", "b.jpg", "-o", "out.png", "--region", "elbow"],
        ["windows", "--out", "band.toml"],
        ["card"],
        ["card", "-o", "card.png"],
        ["card", "-o", "card.pdf", "--json", "-"],
        ["card", "-o", "card.pdf", "--paper", "a3"],
        ["export", "p01", "--format", "xml", "-o", "x"],
        ["dance"],
    ],
)
def test_wrong_use_ends_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err.strip()


def test_an_unknown_card_ends_with_two(samples: Path, tmp_path: Path) -> None:
    folder = samples / "p01_light_skin"
    assert run("photo", folder / "d00.jpg", "--card", "tarot") == 2
    assert run("analyze", folder, "--card", "tarot") == 2
    assert run("compare", folder / "d00.jpg", folder / "d01.jpg", "-o", tmp_path / "x.png", "--card", "tarot") == 2
    assert run("export", folder, "--format", "csv", "-o", tmp_path / "x.csv", "--card", "tarot") == 2


def test_an_unnamed_edition_is_said_with_what_it_may_change(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photograph = samples / "p01_light_skin" / "d00.jpg"
    figures = {}
    for card in ("auto", "classic-24@before-2014", "auto@after-2014"):
        assert run("photo", photograph, "--json", "-", "--card", card) == 0
        document = json.loads(capsys.readouterr().out)
        figures[card] = document["regions"]["face"]["a"]
        assert ("other_edition_a" in document["calibration"]) == (card == "auto")
        if card == "auto":
            told = document["calibration"]["other_edition_a"]
    assert figures["auto"] == figures["classic-24@before-2014"]
    assert told == pytest.approx(figures["auto@after-2014"] - figures["auto"], abs=0.1)
    assert run("photo", photograph) == 0
    assert f"a* of the face would be {abs(told):.1f}" in capsys.readouterr().out


def test_analyze_writes_document_and_reports(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("analyze", series, "--json", "-", "--report", tmp_path / "r.html") == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert document["schema"] == "rubor.series/1"
    assert document["patient"] == series.name
    assert len(document["points"]) == 4
    assert output.err.count(".jpg:") == 4
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert document["verdict"]["summary"] in page
    assert document["verdict"]["standing"] in page
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "<img" not in page

    assert run("analyze", series, "--report", tmp_path / "r.pdf", "--jobs", 2) == 0
    reader = PdfReader(tmp_path / "r.pdf")
    text = "".join(one.extract_text() for one in reader.pages)
    assert series.name in text
    assert "call your clinic today" in " ".join(text.split())


def test_a_missing_or_wrong_treatment_ends_with_two(
    series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(series / "d00.jpg", tmp_path)
    assert run("analyze", tmp_path) == 2
    (tmp_path / "treatment.toml").write_text("treated_at = 2026-05-01T10:30:00\n", encoding="utf-8")
    assert run("analyze", tmp_path) == 2
    assert "offset" in capsys.readouterr().err


def test_a_folder_without_usable_photographs_ends_with_three(
    series: Path, tmp_path: Path, cat_jpeg: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(series / "treatment.toml", tmp_path)
    assert run("analyze", tmp_path, "--json", "-") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["usable"] is False
    assert document["problems"]
    (tmp_path / "cat.jpg").write_bytes(cat_jpeg)
    (tmp_path / "photos.csv").write_text("file,captured_at\ncat.jpg,2026-05-02T08:00:00+02:00\n", encoding="utf-8")
    assert run("analyze", tmp_path, "--json", "-") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["usable"] is False
    assert [one["code"] for one in document["problems"]] == ["no_face"]
    assert "cat.jpg" in document["problems"][0]["message"]
    assert run("analyze", tmp_path / "nowhere") == 3


def test_windows_names_every_claim_and_a_band(series: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("windows", "--treatment", series / "treatment.toml", "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rubor.windows/1"
    assert {"R01", "R74", "S01", "S47"} <= {claim["id"] for claim in document["claims"]}
    for row in document["band"]:
        assert row["p5"] <= row["p25"] <= row["p50"] <= row["p75"] <= row["p95"]
    assert run("windows") == 0
    assert "R03" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_compare_writes_a_picture_without_metadata(samples: Path, tmp_path: Path, ending: str) -> None:
    folder, output = samples / "p03_rebound", tmp_path / f"pair.{ending}"
    assert run("compare", folder / "before_1.jpg", folder / "d04.jpg", "-o", output, "--anonymise") == 0
    if ending == "png":
        with Image.open(output) as picture:
            assert picture.width > 1600
            assert not picture.getexif()
    else:
        assert len(PdfReader(output).pages) == 1


def test_compare_asks_about_two_people_and_draws_them(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "pair.png"
    pair = samples / "p01_light_skin" / "d07.jpg", samples / "p03_rebound" / "before_1.jpg"
    assert run("compare", *pair, "-o", output) == 0
    assert "may show two different people" in capsys.readouterr().err
    assert output.exists()


def test_compare_refuses_what_it_cannot_measure(
    samples: Path, tmp_path: Path, cat_jpeg: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cat.jpg").write_bytes(cat_jpeg)
    assert run("compare", samples / "p03_rebound" / "d04.jpg", tmp_path / "cat.jpg", "-o", tmp_path / "x.png") == 3
    error = capsys.readouterr().err
    assert "cat.jpg" in error
    assert not (tmp_path / "x.png").exists()


def test_importing_is_light() -> None:
    heavy = {"cv2", "scipy", "skimage", "PIL", "streamlit", "altair", "sqlalchemy", "colour", "pandas"}
    code = f"import sys, analyzer, calibration, analyzer.cli; print(sorted({heavy!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_option_is_documented() -> None:
    from analyzer.cli import rubor

    contract = (Path(__file__).parent.parent.parent / "docs" / "contract.md").read_text(encoding="utf-8")
    for name, command in rubor.commands.items():
        assert f"`rubor {name}" in contract, name
        if name in ("photo", "analyze", "compare", "windows"):
            for parameter in command.params:
                for option in parameter.opts:
                    assert not option.startswith("--") or option in contract or option == "--output", (name, option)
