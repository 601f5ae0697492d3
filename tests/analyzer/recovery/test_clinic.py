"""A clinic's own numbers: what they change is shown, what is wrong with them is one sentence."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.recovery import judge
from analyzer.recovery.band import expected_band, fit_band, windows
from analyzer.recovery.clinic import ClinicError, band_changes, changes, clinic_toml, parse_clinic, read_clinic
from analyzer.recovery.settings import BandFit, Learned, document_settings
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
PLAIN = Treatment(AT)


def test_an_empty_file_changes_nothing() -> None:
    settings = parse_clinic({})
    assert changes(settings) == []
    assert expected_band(PLAIN, settings=settings).median_h == expected_band(PLAIN).median_h
    assert all(row["before"] == row["after"] for row in band_changes(settings, PLAIN))


def test_every_kind_of_number_can_be_changed_and_is_listed() -> None:
    settings = parse_clinic(
        {
            "name": "Praxis Sonne",
            "band": {"median_h": 20.0},
            "shares": {"most": 0.8},
            "levels": {"gone": 0.08},
            "words": {"a few days": 60},
            "shifts": {"sensitive": {"factor": 1.2}, "procedure": {"rf-microneedling": {"factor": 1.6}}},
            "limits": {"watch_centile": 97.5},
        }
    )
    listed = {one["number"]: (one["before"], one["after"]) for one in changes(settings)}
    assert listed["band.median_h"] == (pytest.approx(13.859), 20.0)
    assert listed["shares.most"] == (0.75, 0.8)
    assert listed["levels.gone"] == (0.10, 0.08)
    assert listed["words.a few days"] == (72, 60)
    assert listed["shifts.sensitive.factor"] == (1.5, 1.2)
    assert listed["shifts.procedure.rf-microneedling.factor"] == (1.4, 1.6)
    assert listed["limits.watch_centile"] == (95, 97.5)
    assert set(listed) - {"band.sigma"} == {
        "band.median_h", "shares.most", "levels.gone", "words.a few days", "shifts.sensitive.factor",
        "shifts.procedure.rf-microneedling.factor", "limits.watch_centile",
    }  # fmt: skip
    band = expected_band(Treatment(AT, sensitive_skin=True), settings=settings)
    assert band.median_h == pytest.approx(20.0 * 1.2)
    assert band.slow(2.0) == pytest.approx(band.quantile(2.0, 0.975))
    assert band.shifts[0].basis == "clinic"
    assert band.source == windows(PLAIN, settings=settings)["source"] == "numbers of Praxis Sonne"


def test_other_words_make_another_fit() -> None:
    settings = parse_clinic({"words": {"a few days": 48, "a few hours": 2}})
    made = fit_band(settings=settings)
    assert expected_band(PLAIN, settings=settings).median_h == pytest.approx(made.median_h)
    assert made.median_h != pytest.approx(fit_band().median_h, rel=1e-3)


def test_the_band_is_shown_before_and_after_on_five_days() -> None:
    rows = band_changes(parse_clinic({"band": {"median_h": 27.72}}), PLAIN)
    assert [row["day"] for row in rows] == [1, 2, 3, 7, 14]
    # Twice the half-life: the median of day 2 is now what that of day 1 was.
    assert rows[1]["after"]["p50"] == pytest.approx(rows[0]["before"]["p50"], abs=0.002)


def test_a_condition_of_the_clinics_own_moves_its_patients() -> None:
    settings = parse_clinic({"shifts": {"conditions": {"Lupus": {"factor": 1.5}}}})
    patient = Treatment(AT, conditions=("lupus",))
    assert expected_band(patient, settings=settings).median_h == pytest.approx(1.5 * expected_band(PLAIN).median_h)
    assert expected_band(patient).median_h == expected_band(PLAIN).median_h


def test_half_the_peak_on_day_seven_stays_a_warning_whatever_the_clinic_writes() -> None:
    settings = parse_clinic({"band": {"median_h": 336.0}, "limits": {"not_yet_h": 144.0, "watch_centile": 99.5}})
    assert expected_band(PLAIN, settings=settings).slowest(7.0) == pytest.approx(0.5)


def test_a_clinics_numbers_reach_the_verdict_and_leave_no_trace() -> None:
    jitter = (0.1, -0.2, 0.2, 0.0, -0.1, 0.15, -0.15, 0.05)
    days = [-2.0, -1.0, *(0.2 + day for day in range(11))]
    series = Series(
        "p01", PLAIN,
        tuple(
            Observation(
                f"d{day}", AT + timedelta(days=day),
                {"face": RegionColour(12.0 + (7.0 * 2 ** (-day / 3.5) if day > 0 else 0) + jitter[i % 8], 0.4)},
            )
            for i, day in enumerate(days)
        ),
    )  # fmt: skip
    usual = judge(series)
    slower = judge(series, parse_clinic({"name": "S", "band": {"median_h": 72.0}}))
    assert usual.verdict.status in ("watch", "outside")
    assert slower.verdict.status == "within"
    assert (usual.band_source, slower.band_source) == ("documents", "numbers of S")
    assert slower.to_json()["band_source"] == "numbers of S"
    assert judge(series) == usual


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"half_life": 3}, "half_life"), ({"band": {"median": 3}}, "band.median"),
        ({"band": {"median_h": 0}}, "0.5 to 336"), ({"band": {"median_h": "long"}}, "band.median_h"),
        ({"band": {"sigma": True}}, "band.sigma"), ({"band": {"sigma": float("nan")}}, "band.sigma"),
        ({"band": 3}, "[band]"), ({"shares": {"most": 0.99}}, "rise"), ({"levels": {"gone": 0.6}}, "rise"),
        ({"words": {"a while": 3}}, "a while"), ({"shifts": {"age": {"factor": 2}}}, "shifts.age"),
        ({"shifts": {"sensitive": {"factor": 99}}}, "0.25 to 4"), ({"shifts": {"sensitive": 2}}, "table"),
        ({"shifts": {"depth": {"low": 2.0, "high": 1.0}}}, "above"),
        ({"shifts": {"procedure": {"laser": {"factor": 2}}}}, "laser"),
        ({"limits": {"half_day": 7}}, "limits.half_day"), ({"limits": {"watch_centile": 50}}, "80 to 99.5"),
        ({"name": ""}, "name"), ({"name": "a\nb"}, "name"), ({"learned": {"series": 60}}, "learned.date"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_plain_sentence(document: dict[str, Any], said: str) -> None:
    with pytest.raises(ClinicError) as refused:
        parse_clinic(document)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("clinic.toml: ")


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xff", b"a = 2026-13-45\n"])
def test_a_file_that_is_not_toml_is_one_plain_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    with pytest.raises(ClinicError, match=r"^c\.toml .*\.$"):
        read_clinic(path)
    with pytest.raises(ClinicError, match=r"no file none\.toml"):
        read_clinic(tmp_path / "none.toml")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SECTIONS = st.sampled_from(["name", "band", "shares", "levels", "words", "shifts", "limits", "learned", "x"])


@given(st.dictionaries(SECTIONS, values, max_size=4))
def test_any_file_is_settings_or_one_sentence(document: dict[str, Any]) -> None:
    try:
        settings = parse_clinic(document)
    except ClinicError as error:
        assert "\n" not in str(error)
    else:
        assert expected_band(PLAIN, settings=settings).median_h > 0


def test_a_learned_file_reads_back_labelled_as_learned() -> None:
    learned = Learned(64, "2026-05-01", 5 / 69, (20.0, 30.0), (0.5, 0.8))
    settings = parse_clinic(tomllib.loads(clinic_toml('Dr "Q" \\ Co', BandFit(25.0, 0.6), learned)))
    assert settings.fit == BandFit(25.0, 0.6)
    assert settings.learned is not None
    assert settings.learned.series == 64
    assert settings.source == 'learned from 64 series of Dr "Q" \\ Co on 2026-05-01'
    document = windows(PLAIN, settings=settings)
    assert document["source"] == settings.source
    assert document["learned"]["median_h_ci95"] == [20.0, 30.0]
    assert settings.limits == document_settings().limits
