"""The log of signs: what is read from it, what the documents say of it, and what stands before every verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.assess import assess
from analyzer.pipeline import build_series
from analyzer.reading import Reading
from analyzer.recovery import judge
from analyzer.recovery.claims import claims_by_id
from analyzer.recovery.results import Recovery
from analyzer.recovery.signs import judge_signs, sign_windows, urgent_signs
from analyzer.series import Observation, RegionColour, Series
from analyzer.signs import COMMON, KNOWN, URGENT, SignEntry, bare_skin_at, exposures_before, parse_sign, read_signs
from analyzer.treatment import Treatment
from calibration.errors import NothingToAnalyze

AT = datetime(2026, 5, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))
HEADER = "captured_at,sign,severity\n"


def entry(day: float, sign: str, severity: int = 1) -> SignEntry:
    return SignEntry(AT + timedelta(days=day), sign, severity)


def photographs(residual: Callable[[float], float], until: int = 9) -> tuple[Observation, ...]:
    jitter = (0.2, -0.3, 0.1, 0.3, -0.2, 0.0, -0.1, 0.25, -0.25)
    days = [-1.0, -0.5, *(0.2 + day for day in range(until))]
    return tuple(
        Observation(
            f"d{day:+.1f}.jpg",
            AT + timedelta(days=day),
            {"face": RegionColour(12.0 + (6.0 * residual(day) if day > 0 else 0.0) + jitter[i % 9], 0.5)},
        )
        for i, day in enumerate(days)
    )


def usual(day: float) -> float:
    return float(2.0 ** (-day / 0.7))


def told(*entries: SignEntry) -> Recovery:
    return judge(Series("p01", Treatment(AT), photographs(usual), signs=entries))


def test_a_log_is_read_in_order_of_time_and_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    lines = [
        "2026-05-04T08:00:00+02:00,swelling,1", "2026-05-03T08:00:00,Rising pain,2", "yesterday,fever,1",
        "2026-05-04T08:00:00+02:00,sneezing,1", "2026-05-04T08:00:00+02:00,fever,4", "2026-05-04T08:00:00+02:00,fever,",
        "2026-05-04T08:00:00+02:00,bare_skin,2", "2026-05-05T08:00:00+02:00,flaking,0",
    ]  # fmt: skip
    (tmp_path / "signs.csv").write_text(HEADER + "\n".join(lines), encoding="utf-8")
    entries, problems = read_signs(tmp_path, AT.tzinfo)
    assert [(one.sign, one.severity) for one in entries] == [("rising_pain", 2), ("swelling", 1), ("flaking", 0)]
    assert entries[0].captured_at.utcoffset() == timedelta(hours=2)
    assert [one.code for one in problems] == ["bad_sign"] * 5
    assert [one.message.split(",")[1].strip() for one in problems] == ["line 4", "line 5", "line 6", "line 7", "line 8"]
    assert "sneezing" in problems[1].message
    assert all(one.message.count("\n") == 0 for one in problems)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00x", b"when,what\n1,2\n", b""])
def test_a_log_that_cannot_be_read_is_named_and_nothing_else_is_lost(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "signs.csv").write_bytes(content)
    entries, problems = read_signs(tmp_path)
    assert entries == ()
    assert [one.code for one in problems] == ["signs_unreadable"]


def test_no_log_is_no_problem(tmp_path: Path) -> None:
    assert read_signs(tmp_path) == ((), ())


@given(st.text(max_size=30), st.text(max_size=20), st.text(max_size=6))
def test_any_line_is_an_entry_or_one_sentence(when: str, sign: str, severity: str) -> None:
    try:
        made = parse_sign(when, sign, severity, UTC)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert made.sign in KNOWN
        assert 0 <= made.severity <= 3


def test_every_common_sign_has_windows_of_claims_that_speak_of_it() -> None:
    assert set(sign_windows()) == set(COMMON)
    for windows in sign_windows().values():
        for one in windows:
            claim = claims_by_id()[one.claim]
            assert claim.id.startswith("S")
    # Longest by the documents: swelling and bruising "1-2 weeks" (S22), soreness "several days" (S42), warmth day 0-1.
    until = {sign: max(one.to_h or 0 for one in windows) for sign, windows in sign_windows().items()}
    assert until == {"swelling": 336, "tenderness": 120, "heat": 36, "flaking": 336, "bruising": 336}


@pytest.mark.parametrize(
    ("day", "sign", "severity", "status"),
    [
        (0.3, "heat", 1, "within"), (2.0, "heat", 1, "longer"), (1.0, "swelling", 2, "within"),
        (15.0, "swelling", 1, "longer"), (4.9, "tenderness", 1, "within"), (5.2, "tenderness", 1, "longer"),
        (2.0, "flaking", 3, "stronger"), (3.0, "flaking", 0, "none"), (2.0, "pus", 1, "urgent"),
        (2.0, "pus", 0, "none"), (-1.0, "bruising", 1, "before"),
    ],
)  # fmt: skip
def test_a_sign_has_its_place_beside_the_documents(day: float, sign: str, severity: int, status: str) -> None:
    (result,) = judge_signs([entry(day, sign, severity)], [AT])
    assert (result.status, result.day) == (status, pytest.approx(day, abs=1e-3))
    assert result.message.endswith(".")
    assert "normal" not in result.message.lower()


def test_each_session_restarts_the_days_of_a_sign() -> None:
    (result,) = judge_signs([entry(30.5, "heat")], [AT, AT + timedelta(days=30)])
    assert (result.status, result.day) == ("within", pytest.approx(0.5))


@pytest.mark.parametrize("sign", URGENT)
def test_an_urgent_sign_stands_before_everything_else(sign: str) -> None:
    recovery = told(entry(1.5, "swelling"), entry(3.0, sign))
    document = recovery.to_json()
    assert document["urgent"] is True
    assert document["verdict"]["status"] == "within"
    assert document["verdict"]["summary"].startswith("You told us about ")
    assert "Call your clinic today." in document["verdict"]["summary"].split("photographs")[0]
    assert [one["sign"] for one in document["signs"]] == ["swelling", sign]
    assert [one["urgent"] for one in document["signs"]] == [False, True]
    assert Recovery.from_json(document) == recovery


def test_an_urgent_sign_is_over_only_two_days_after_it() -> None:
    fever = entry(2.0, "fever", 2)
    assert urgent_signs([fever, entry(2.5, "fever", 0)], [AT]) == ("fever",)  # a tablet does as much
    assert urgent_signs([fever, entry(4.0, "fever", 0)], [AT]) == ()
    assert urgent_signs([fever, entry(4.0, "fever", 0), entry(5.0, "pus")], [AT]) == ("pus",)
    assert urgent_signs([entry(-3.0, "fever")], [AT]) == ()


def test_common_signs_are_shown_and_alarm_nobody() -> None:
    recovery = told(entry(0.5, "swelling", 2), entry(2.0, "flaking"))
    assert recovery.urgent is False
    assert recovery.verdict == told().verdict
    assert all(one["claims"] for one in recovery.signs)


def test_an_urgent_sign_needs_no_photograph() -> None:
    recovery = judge(Series("p01", Treatment(AT), (), signs=(entry(2.0, "pus"),)))
    assert recovery.urgent
    assert recovery.verdict.summary.startswith("You told us about pus. Call your clinic today.")


def test_what_was_on_the_skin_counts_for_the_photograph_of_that_time() -> None:
    log = [entry(1.0, "bare_skin", 1), entry(3.0, "bare_skin", 0)]
    assert bare_skin_at(log, AT + timedelta(days=1, minutes=20)) is True
    assert bare_skin_at(log, AT + timedelta(days=3, minutes=-20)) is False
    assert bare_skin_at(log, AT + timedelta(days=2)) is None
    assert bare_skin_at([*log, entry(3.0, "bare_skin", 1)], AT + timedelta(days=3)) is False


def test_exposure_counts_for_twenty_minutes() -> None:
    run = entry(2.0, "exercise")
    when = AT + timedelta(days=2)
    assert exposures_before([run], when + timedelta(minutes=20)) == ("exercise",)
    assert exposures_before([run], when + timedelta(minutes=21)) == ()
    assert exposures_before([run], when - timedelta(minutes=1)) == ()
    assert exposures_before([entry(2.0, "alcohol", 0)], when) == ()


def test_the_log_reaches_the_photographs_of_a_folder() -> None:
    reading = Reading("d02.jpg", AT + timedelta(days=2), 3000, 4000, usable=True)
    log = (entry(2.0, "bare_skin", 0), entry(2.0, "exercise"), entry(2.0, "hot_shower"))
    series = build_series("p01", Treatment(AT), [reading], signs=log)
    (observation,) = series.observations
    assert (observation.bare_skin, observation.exposed) == (False, ("exercise", "hot_shower"))
    assert [one.code for one in observation.problems][-2:] == ["made_up", "exposed"]
    assert "exercise and a hot shower" in observation.problems[-1].message
    assert [one.code for one in series.problems] == ["exposed"]
    # What the caller knows of a photograph stands before the log.
    known = build_series("p01", Treatment(AT), [reading], {"d02.jpg": True}, signs=log)
    assert known.observations[0].bare_skin is True


def test_stirred_skin_raises_no_rebound_and_is_asked_again() -> None:
    calm = photographs(usual, 8)
    risen = tuple(
        replace(one, regions={"face": RegionColour(one.regions["face"].a + 6.0, 0.5)}) if place >= 8 else one
        for place, one in enumerate(calm)
    )
    plain = judge(Series("p01", Treatment(AT), risen)).verdict
    assert [flag.code for flag in plain.flags if flag.open] == ["rebound"]
    stirred = tuple(replace(one, exposed=("exercise",)) if place >= 8 else one for place, one in enumerate(risen))
    recovery = judge(Series("p01", Treatment(AT), stirred))
    assert [flag.code for flag in recovery.verdict.flags] == []
    assert len(recovery.points) == len(risen)
    assert recovery.verdict.ask is not None
    assert "20" in recovery.verdict.ask


def test_a_line_that_is_not_csv_costs_only_itself(tmp_path: Path) -> None:
    lines = [
        "2026-05-03T08:00:00+02:00,swelling,1",
        "2026-05-03T08:00:00+02:00,pus\0,1",
        "2026-05-04T08:00:00+02:00,pus,1",
    ]
    (tmp_path / "signs.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    entries, problems = read_signs(tmp_path)
    assert [one.sign for one in entries] == ["swelling", "pus"]
    assert [one.code for one in problems] == ["bad_sign"]


def test_a_table_of_many_patients_reaches_each_of_them(tmp_path: Path) -> None:
    readings, treatments, signs = (tmp_path / name for name in ("r.csv", "t.csv", "s.csv"))
    rows = [
        f"{name},{(AT + timedelta(days=day)).isoformat()},{a}"
        for name in ("ada", "bea")
        for day, a in ((-1, 12.0), (0.2, 18.0), (1.2, 14.0), (2.2, 12.8))
    ]
    readings.write_text("patient,captured_at,a\n" + "\n".join(rows), encoding="utf-8")
    treatments.write_text(f"patient,treated_at\nada,{AT.isoformat()}\nbea,{AT.isoformat()}\n", encoding="utf-8")
    when = (AT + timedelta(days=2.2)).isoformat()
    signs.write_text(
        f"patient,captured_at,sign,severity\nada,{when},fever,1\nbea,{when},exercise,1\nbea,soon,pus,1\n",
        encoding="utf-8",
    )
    ada, bea = assess(readings, treatments, None, signs)
    assert (ada["urgent"], bea["urgent"]) == (True, False)
    assert ada["problems"] == []
    assert [one["code"] for one in bea["problems"]] == ["bad_sign"]
    assert "20 quiet minutes" in bea["verdict"]["ask"]
    with pytest.raises(NothingToAnalyze):
        list(assess(readings, treatments, None, tmp_path / "none.csv"))
