"""``rubor assess``: many patients' numbers in, one document a line out, bad lines named and left out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.assess import assess
from analyzer.cli import main
from calibration.errors import NothingToAnalyze, RuborError, UsageError

TREATED = datetime.fromisoformat("2026-05-01T10:00:00+02:00")
HEADER = "patient,captured_at,region,L,a,b,a_se\n"
# Hand-made courses: a* by day. A baseline of 12, a peak of 6 above it.
COURSES = {
    "quick": {-1: 12.0, -0.2: 12.1, 0.1: 18.0, 1: 14.0, 2: 12.8, 3: 12.2, 5: 12.0, 7: 12.1},
    "stuck": {-1: 12.0, -0.2: 12.1, 0.1: 18.0, 1: 17.8, 2: 17.6, 4: 17.5, 6: 17.4, 8: 17.2, 9: 17.3},
    "rebound": {-1: 12.0, -0.2: 12.1, 0.1: 18.0, 1: 15.0, 2: 13.2, 3: 12.6, 4: 17.0, 5: 17.5, 6: 17.2},
}
VERDICTS = {"quick": "within", "stuck": "outside", "rebound": "outside"}


def lines(patient: str, course: dict[float, float], region: str = "") -> str:
    return "".join(
        f"{patient},{(TREATED + timedelta(days=day)).isoformat()},{region},,{a},,0.5\n" for day, a in course.items()
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    readings, treatments = tmp_path / "readings.csv", tmp_path / "treatments.csv"
    readings.write_text(HEADER + "".join(lines(name, course) for name, course in COURSES.items()), encoding="utf-8")
    treatments.write_text(
        "patient,treated_at,needle_depth_mm\n" + "".join(f"{name},{TREATED.isoformat()},1.0\n" for name in COURSES),
        encoding="utf-8",
    )
    return readings, treatments


def test_each_patient_gets_the_verdict_of_their_course(files: tuple[Path, Path]) -> None:
    documents = list(assess(*files))
    assert {one["patient"]: one["verdict"]["status"] for one in documents} == VERDICTS
    assert all(one["schema"] == "rubor.series/1" and one["problems"] == [] for one in documents)
    rebound = next(one for one in documents if one["patient"] == "rebound")
    assert "rebound" in [flag["code"] for flag in rebound["verdict"]["flags"]]


def test_a_bad_line_is_named_and_left_out(files: tuple[Path, Path]) -> None:
    readings, treatments = files
    good_time = "2026-05-03T10:00:00+02:00"
    bad = ["quick,yesterday,,,13,,", "quick,2026-05-03T10:00:00,,,13,,"]
    bad += [f"quick,{good_time},,,{a},," for a in ("red", "nan", "", "400")]
    text = readings.read_text(encoding="utf-8")
    readings.write_text(text + "\n".join(bad) + "\n", encoding="utf-8")
    first = text.count("\n") + 1
    quick = next(one for one in assess(readings, treatments) if one["patient"] == "quick")
    assert [one["code"] for one in quick["problems"]] == ["bad_line"] * len(bad)
    for number, one in enumerate(quick["problems"], start=first):
        assert f"line {number}," in one["message"]
    assert len(quick["points"]) == len(COURSES["quick"])
    assert quick["verdict"]["status"] == "within"


def test_a_patient_without_a_treatment_is_not_usable_and_the_others_are_assessed(files: tuple[Path, Path]) -> None:
    readings, treatments = files
    readings.write_text(readings.read_text(encoding="utf-8") + lines("stranger", COURSES["quick"]), encoding="utf-8")
    documents = {one["patient"]: one for one in assess(readings, treatments)}
    assert documents["stranger"]["usable"] is False
    assert [one["code"] for one in documents["stranger"]["problems"]] == ["no_treatment"]
    assert documents["quick"]["usable"]


def test_a_wrong_treatment_is_named(files: tuple[Path, Path]) -> None:
    readings, treatments = files
    treatments.write_text("patient,treated_at,passes\nquick,2026-05-01T10:00:00+02:00,many\n", encoding="utf-8")
    quick = next(one for one in assess(readings, treatments) if one["patient"] == "quick")
    assert quick["usable"] is False
    assert {one["code"] for one in quick["problems"]} == {"no_treatment", "bad_line"}


def test_regions_of_one_moment_are_one_point_and_repeats_are_kept(files: tuple[Path, Path]) -> None:
    readings, treatments = files
    moment = (TREATED + timedelta(days=1)).isoformat()
    rows = [
        f"quick,{moment},{region},60,{a},17,0.5" for region, a in (("left_cheek", 15), ("chin", 14), ("chin", 14.4))
    ]
    readings.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    points = next(assess(readings, treatments))["points"]
    assert [sorted(point["regions"]) for point in points] == [["chin", "left_cheek"], ["chin"]]


def test_the_command_writes_one_document_a_line(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readings, treatments = files
    main_exits(["assess", readings, "--treatments", treatments, "--json", "-"], 0)
    out = capsys.readouterr().out
    assert [json.loads(line)["patient"] for line in out.splitlines()] == list(COURSES)
    main_exits(["assess", readings, "--treatments", treatments, "--json", tmp_path / "out.jsonl"], 0)
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == out
    capsys.readouterr()
    main_exits(["assess", readings, "--treatments", treatments], 0)
    assert "rebound: OUTSIDE." in capsys.readouterr().out
    main_exits(["assess", readings], 3)
    assert "no treatment" in capsys.readouterr().err
    main_exits(["assess", tmp_path / "nowhere.csv"], 3)
    (tmp_path / "empty.csv").write_text("patient,a\nx,1\n", encoding="utf-8")
    main_exits(["assess", tmp_path / "empty.csv"], 2)


def main_exits(arguments: list[object], status: int) -> None:
    try:
        main([str(one) for one in arguments])
    except SystemExit as leaving:
        assert (leaving.code or 0) == status
    else:
        assert status == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=200), header=st.booleans())
def test_any_text_is_assessed_or_refused_politely(tmp_path: Path, text: str, header: bool) -> None:
    path = tmp_path / "any.csv"
    path.write_text((HEADER if header else "") + text, encoding="utf-8", errors="replace", newline="")
    try:
        documents = list(assess(path, None))
    except (UsageError, NothingToAnalyze) as refusal:
        assert isinstance(refusal, RuborError)
        assert str(refusal)
    else:
        assert all(one["usable"] is False and one["problems"] for one in documents)


def test_several_lines_for_a_patient_are_several_sessions(files: tuple[Path, Path]) -> None:
    readings, treatments = files
    later = TREATED + timedelta(weeks=5)
    again = "".join(
        f"quick,{(later + timedelta(days=day)).isoformat()},,,{a},,0.5\n"
        for day, a in COURSES["stuck"].items()
        if day > 0
    )
    readings.write_text(readings.read_text(encoding="utf-8") + again, encoding="utf-8")
    lines_of_treatments = treatments.read_text(encoding="utf-8")
    same = f"quick,{TREATED.isoformat()},1.0\n"  # a line given twice is one session
    treatments.write_text(
        f"{lines_of_treatments}quick,{later.isoformat()},1.0\n{same}quick,{later.isoformat()},2.0\n", encoding="utf-8"
    )
    quick = next(one for one in assess(readings, treatments) if one["patient"] == "quick")
    assert quick["sessions"] == [TREATED.isoformat(), later.isoformat()]
    assert {point["session"] for point in quick["points"]} == {None, 1, 2}
    assert quick["verdict"]["status"] == "outside"
    assert {flag["session"] for flag in quick["verdict"]["flags"]} == {2}
    assert [one["code"] for one in quick["problems"]] == ["bad_line"]
    assert "same treated_at" in quick["problems"][0]["message"]
