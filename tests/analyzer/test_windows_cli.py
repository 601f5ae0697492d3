"""``rubor windows`` and a clinic's numbers as a user meets them: documents, words, exit status, one plain sentence."""

from __future__ import annotations

import json
import shutil
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer.cli import main
from calibration.language import language

TREATED = datetime.fromisoformat("2026-05-01T10:00:00+02:00")


def run(*arguments: object) -> int:
    try:
        main([str(one) for one in arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def readings_of(path: Path, count: int, median_h: float) -> Path:
    """Readings of a clinic whose half-lives have this median; every line names the treatment."""
    random = np.random.default_rng(5)
    lines = ["patient,captured_at,a,a_se,treated_at"]
    for number in range(count):
        half_life = median_h * np.exp(0.6 * random.normal()) / 24.0
        for day in (-1.0, -0.5, 0.2, 0.8, 1.5, 2.5, 4.0, 6.0, 8.0):
            a = 11.0 + (6.0 * 2.0 ** (-day / half_life) if day > 0 else 0.0) + 0.6 * random.normal()
            when = (TREATED + timedelta(days=day)).isoformat()
            lines.append(f"p{number},{when},{a:.2f},0.6,{TREATED.isoformat()}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_windows_in_json_has_the_contract_and_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("windows", "--json", "-") == 0
    document = shown(capsys)
    assert document["schema"] == "rubor.windows/1"
    assert {"id", "document", "heading", "sign", "who", "from_h", "to_h", "state", "met"} <= set(document["claims"][0])
    assert {"day", "p5", "p25", "p50", "p75", "p95"} <= set(document["band"][0])
    assert document["source"] == "documents"
    assert [one["day"] for one in document["aftercare"]][:3] == [0, 1, 2]
    assert any(item["conflict"] for item in document["aftercare"][1]["items"])
    assert any(one["topic"] == "next_session" for one in document["timeline"])


def test_explain_says_how_each_claim_became_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("windows", "--explain") == 0
    text = capsys.readouterr().out
    assert "for 75% (most) at most 10% (gone) at 48 h: the band has 52%, not met" in text
    assert "contradicts" in text
    assert "darker tones, as R50 and R51 say (not used)" in text
    assert "our assumption" in text
    assert run("windows", "--explain", "--json", "-") == 0
    document = shown(capsys)
    assert document["clashes"]
    assert len(document["variants"]) >= 20


def test_a_clinics_file_is_compared_with_the_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text('name = "Praxis Sonne"\n[band]\nmedian_h = 20.0\n', encoding="utf-8")
    assert run("windows", "--clinic", path, "--json", "-") == 0
    document = shown(capsys)
    assert document["source"] == "numbers of Praxis Sonne"
    assert document["changes"] == [{"number": "band.median_h", "before": 13.859, "after": 20.0}]
    assert [row["day"] for row in document["band_changes"]] == [1, 2, 3, 7, 14]
    assert run("windows", "--clinic", path) == 0
    assert "band.median_h: 13.859 -> 20" in capsys.readouterr().out


@pytest.mark.parametrize("content", ['[band]\nmedian_h = "long"\n', "band = [\n", "colour = 1\n"])
def test_a_wrong_clinics_file_is_one_sentence_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(content, encoding="utf-8")
    for command in (("windows",), ("analyze", tmp_path), ("assess", tmp_path / "r.csv")):
        assert run(*command, "--clinic", path) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("clinic.toml")
        assert said.err.count("\n") == 1


def test_a_band_is_learned_written_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readings, learned = readings_of(tmp_path / "own.csv", 60, 28.0), tmp_path / "learned.toml"
    assert run("windows", "--learn", readings, "--name", "Praxis Sonne", "--out", learned, "--json", "-") == 0
    document = shown(capsys)
    assert document["source"].startswith("learned from 60 series of Praxis Sonne on ")
    low, high = document["learned"]["median_h_ci95"]
    assert low < 28.0 < high
    table = tomllib.loads(learned.read_text(encoding="utf-8"))
    assert table["learned"]["series"] == 60
    assert table["band"]["median_h"] == pytest.approx(document["half_life_h"]["p50"], abs=0.01)
    # Every verdict made with it says so.
    lines = tmp_path / "verdicts.jsonl"
    assert (
        run("assess", readings, "--treatments", readings_treatments(tmp_path), "--clinic", learned, "--json", lines)
        == 0
    )
    first = json.loads(lines.read_text(encoding="utf-8").splitlines()[0])
    assert first["band_source"] == document["source"]


def readings_treatments(folder: Path) -> Path:
    path = folder / "treatments.csv"
    text = "patient,treated_at\n" + "".join(f"p{number},{TREATED.isoformat()}\n" for number in range(60))
    path.write_text(text, encoding="utf-8")
    return path


def test_learning_from_too_few_is_one_sentence_and_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readings = readings_of(tmp_path / "own.csv", 49, 28.0)
    assert run("windows", "--learn", readings) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "49 series can be learned from, and 50 are needed. "
        "A series counts with its treatment, one reading before it and three after it.\n"
    )
    assert run("windows", "--learn", tmp_path / "none.csv", "--json", "-") == 3
    refused = shown(capsys)
    assert (refused["usable"], refused["problems"][0]["severity"]) == (False, "reject")
    assert run("windows", "--out", tmp_path / "x.toml") == 2


def test_a_language_is_of_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("windows", "--lang", "de-AT", "--json", "-") == 0
    document = shown(capsys)
    assert document["claims"][5]["state"] == "Keine Rötung, gleichmäßiger Ton."
    assert language() == "en"
    assert run("windows", "--lang", "fr") == 2
    assert "there is no language fr" in capsys.readouterr().err


def test_analyze_reads_signs_speaks_german_and_takes_a_clinics_numbers(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    for name in ("before_1.jpg", "d00.jpg", "d02.jpg", "treatment.toml"):
        shutil.copy(samples / "p01_light_skin" / name, folder)
    treated_at = tomllib.loads((folder / "treatment.toml").read_text(encoding="utf-8"))["treated_at"]
    when = (treated_at + timedelta(days=1)).isoformat()
    (folder / "signs.csv").write_text(
        f"captured_at,sign,severity\n{when},fever,2\n{when},swelling,1\nnow,heat,1\n", encoding="utf-8"
    )
    clinic = tmp_path / "clinic.toml"
    clinic.write_text('name = "S"\n[band]\nmedian_h = 20.0\n', encoding="utf-8")
    assert run("analyze", folder, "--clinic", clinic, "--lang", "de", "--json", "-") == 0
    document = shown(capsys)
    assert document["urgent"] is True
    assert document["verdict"]["summary"].startswith(
        "Sie haben uns das gemeldet: Fieber. Rufen Sie heute Ihre Praxis an."
    )
    assert [one["sign"] for one in document["signs"]] == ["fever", "swelling"]
    assert [one["code"] for one in document["problems"]] == ["bad_sign"]
    assert document["problems"][0]["message"].startswith("signs.csv, Zeile 4, wurde ausgelassen")
    assert document["band_source"] == "numbers of S"


def test_an_urgent_sign_is_said_even_without_photographs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "treatment.toml").write_text(f"treated_at = {TREATED.isoformat()}\n", encoding="utf-8")
    when = (TREATED + timedelta(days=1)).isoformat()
    (tmp_path / "signs.csv").write_text(f"captured_at,sign,severity\n{when},pus,1\n", encoding="utf-8")
    assert run("analyze", tmp_path, "--json", "-") == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["urgent"] is True
    assert said.err.startswith("You told us about pus. Call your clinic today.")
