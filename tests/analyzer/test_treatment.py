"""The treatment record: every key, every mistake named in one sentence."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.treatment import (
    BODY_AREAS,
    PROCEDURES,
    SKIN_TONES,
    Treatment,
    TreatmentError,
    parse_treatment,
    parse_treatment_row,
    read_treatment,
)
from calibration.errors import UsageError

SUMMER = timezone(timedelta(hours=2))
FULL = """
treated_at = 2026-05-01T10:30:00+02:00
procedure = "rf-microneedling"
needle_depth_mm = 2
passes = 4
body_area = "Face"
skin_tone = "iv"
sensitive_skin = true
conditions = ["Rosacea", "rosacea", "dry  skin"]
"""


def test_every_key_of_the_contract_is_read() -> None:
    treatment = parse_treatment(tomllib.loads(FULL))
    assert treatment == Treatment(
        treated_at=datetime(2026, 5, 1, 10, 30, tzinfo=SUMMER),
        procedure="rf-microneedling",
        needle_depth_mm=2.0,
        passes=4,
        body_area="face",
        skin_tone="IV",
        sensitive_skin=True,
        conditions=("rosacea", "dry skin"),
    )
    assert treatment.treated_at.utcoffset() == timedelta(hours=2)


def test_only_the_time_is_required() -> None:
    treatment = parse_treatment({"treated_at": datetime(2026, 5, 1, tzinfo=UTC)})
    assert (treatment.procedure, treatment.body_area, treatment.skin_tone) == ("microneedling", "face", "auto")
    assert treatment.needle_depth_mm is None


@pytest.mark.parametrize(
    ("line", "key", "expected"),
    [
        ("treated_at = 2026-05-01T10:30:00", "treated_at", "add its offset"),
        ("treated_at = 2026-05-01", "treated_at", "a date alone"),
        ("treated_at = 10:30:00", "treated_at", "a time alone"),
        ('treated_at = "2026-05-01T10:30:00+02:00"', "treated_at", "without quotes"),
        ("treated_at = 1820-05-01T10:30:00Z", "treated_at", "between 2000 and 2100"),
        ("needle_depth_mm = 1.0", "treated_at", "is missing"),
        ('procedure = "laser"', "procedure", "rf-microneedling"),
        ("procedure = 3", "procedure", "one of"),
        ("needle_depth_mm = 10.0", "needle_depth_mm", "0.1 to 4.0"),
        ("needle_depth_mm = nan", "needle_depth_mm", "0.1 to 4.0"),
        ("needle_depth_mm = true", "needle_depth_mm", "millimetres"),
        ('needle_depth_mm = "1.0"', "needle_depth_mm", "millimetres"),
        ("passes = 0", "passes", "1 to 30"),
        ("passes = 4.0", "passes", "whole number"),
        ('body_area = "moon"', "body_area", "neck"),
        ('skin_tone = "VII"', "skin_tone", "auto, I, II"),
        ("sensitive_skin = 1", "sensitive_skin", "true or false"),
        ('conditions = "rosacea"', "conditions", "a list"),
        ("conditions = [1]", "conditions", "a list"),
        ('tretaed_at = "x"', "tretaed_at", "known are"),
    ],
)
def test_a_mistake_is_named_in_one_sentence(line: str, key: str, expected: str) -> None:
    text = line if "treated_at" in line or key == "treated_at" else f"treated_at = 2026-05-01T10:30:00Z\n{line}"
    with pytest.raises(TreatmentError) as error:
        parse_treatment(tomllib.loads(text), "record.toml")
    said = str(error.value)
    assert key in said
    assert expected in said
    assert said.startswith("record.toml: ")
    assert "\n" not in said
    assert said.endswith(".")


def test_radio_frequency_goes_deeper_than_a_pen() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    deep = {"treated_at": at, "needle_depth_mm": 6.0}
    assert parse_treatment({**deep, "procedure": "rf-microneedling"}).needle_depth_mm == 6.0
    with pytest.raises(TreatmentError, match="microneedling goes"):
        parse_treatment(deep)


def test_one_session_table_is_the_record() -> None:
    session = {"treated_at": datetime(2026, 5, 1, tzinfo=UTC), "passes": 3}
    assert parse_treatment({"session": [session]}).passes == 3
    with pytest.raises(TreatmentError, match="move the other keys"):
        parse_treatment({"session": [session], "passes": 3})
    with pytest.raises(TreatmentError, match="cannot hold another"):
        parse_treatment({"session": [{**session, "session": [session]}]})


def test_several_sessions_are_the_latest_one_with_the_earlier_ones() -> None:
    first = {"treated_at": datetime(2026, 5, 1, tzinfo=UTC), "passes": 3}
    second = {"treated_at": datetime(2026, 6, 1, tzinfo=UTC), "needle_depth_mm": 1.5}
    record = parse_treatment({"session": [second, first]})
    assert (record.needle_depth_mm, record.passes) == (1.5, None)
    assert [one.treated_at.month for one in record.sessions] == [5, 6]
    assert [one.passes for one in record.earlier] == [3]
    assert Treatment.from_json(record.to_json()) == record
    assert "earlier" not in parse_treatment(first).to_json()
    with pytest.raises(TreatmentError, match="same treated_at"):
        parse_treatment({"session": [first, first]})
    with pytest.raises(TreatmentError, match="chest and face"):
        parse_treatment({"session": [first, {**second, "body_area": "chest"}]})


def test_files_that_are_missing_or_broken(tmp_path: Path) -> None:
    path = tmp_path / "treatment.toml"
    with pytest.raises(TreatmentError, match=r"no treatment\.toml"):
        read_treatment(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TreatmentError, match="cannot be read as text"):
        read_treatment(path)
    path.write_text("treated_at = ")
    with pytest.raises(TreatmentError, match="not valid TOML"):
        read_treatment(path)
    path.write_text("treated_at = 2026-02-31T10:00:00Z")
    with pytest.raises(TreatmentError, match="not valid TOML"):
        read_treatment(path)
    path.write_text(FULL, encoding="utf-8")
    assert read_treatment(path).passes == 4
    assert issubclass(TreatmentError, UsageError)


def test_a_line_of_a_table() -> None:
    row = {
        "treated_at": "2026-05-01T10:30:00+02:00", "needle_depth_mm": " 1.5 ", "passes": "", "body_area": None,
        "sensitive_skin": "Yes", "conditions": "Rosacea; eczema;",
    }  # fmt: skip
    treatment = parse_treatment_row(row)
    assert treatment.needle_depth_mm == 1.5
    assert treatment.passes is None
    assert treatment.sensitive_skin
    assert treatment.conditions == ("rosacea", "eczema")
    for key, wrong in (("treated_at", "yesterday"), ("treated_at", "2026-05-01T10:30"), ("passes", "four")):
        with pytest.raises(TreatmentError, match=key):
            parse_treatment_row({**row, key: wrong})


AWARE = st.datetimes(timezones=st.sampled_from([UTC, SUMMER]))
SCALARS = st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.datetimes() | AWARE
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=4), SCALARS, max_size=2)
LIKELY = {
    "treated_at": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(SUMMER)),
    "procedure": st.sampled_from(PROCEDURES),
    "needle_depth_mm": st.floats(0.1, 4.0),
    "passes": st.integers(1, 30),
    "body_area": st.sampled_from(BODY_AREAS),
    "skin_tone": st.sampled_from(SKIN_TONES),
    "sensitive_skin": st.booleans(),
    "conditions": st.lists(st.sampled_from(["rosacea", "eczema", "Dry skin"]), max_size=3),
}


@given(
    st.fixed_dictionaries({}, optional=LIKELY),
    st.dictionaries(st.sampled_from([*LIKELY, "session"]), VALUES, max_size=1),
)
def test_anything_toml_can_say_is_read_or_refused(likely: dict[str, Any], wild: dict[str, Any]) -> None:
    try:
        treatment = parse_treatment({**likely, **wild})
    except TreatmentError as error:
        assert wild or "treated_at" not in likely, f"a right record was refused: {error}"
        assert "\n" not in str(error)
    else:
        assert treatment.treated_at.utcoffset() is not None
        assert Treatment.from_json(treatment.to_json()) == treatment


def test_a_number_too_long_to_print_is_refused() -> None:
    with pytest.raises(TreatmentError, match="passes"):
        parse_treatment({"treated_at": datetime(2026, 5, 1, tzinfo=UTC), "passes": 16**6000})
