"""Care of the day and milestones: the documents' words, their conflicts shown, no advice of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.recovery.aftercare import CareItem, aftercare, load_topics
from analyzer.recovery.claims import load_contradictions, load_milestones
from analyzer.recovery.milestones import milestones
from analyzer.treatment import Treatment

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)


def on(day: float, treatment: Treatment | None = None) -> dict[str, CareItem]:
    return {item.topic: item for item in aftercare(day, treatment)}


def documents(item: CareItem) -> set[str]:
    return {said.document[2] for said in item.says}


@pytest.mark.parametrize(
    ("topic", "day", "advice", "conflict", "said_by"),
    [
        # D1, D2: 24 h; D3: 24-48 h; D4: until healed, within four days.
        ("makeup", 0.5, "avoid", False, "1234"), ("makeup", 1.5, "avoid", True, "1234"),
        ("makeup", 3.0, "avoid", True, "124"),
        # No ice (D2) against cool compresses and even ice (D4).
        ("cold", 0.5, "avoid", True, "24"),
        # None for a week after (D2); before it none (D4) against helpful (D4).
        ("anti_inflammatories", 3.0, "avoid", False, "2"), ("anti_inflammatories", -0.5, "avoid", True, "4"),
        ("exfoliation", 1.0, "avoid", True, "14"), ("exercise", 1.0, "avoid", False, "1"),
        # Sun: 24-48 h (D1, D3) against two weeks (D2).
        ("sun", 1.0, "avoid", False, "01234"), ("sun", 5.0, "avoid", True, "0124"),
        ("antioxidants", 3.0, "avoid", True, "124"), ("antioxidants", 6.0, "may", False, "124"),
        ("actives", 20.0, "avoid", True, "14"), ("home_remedies", 2.0, "avoid", True, "14"),
        ("moisturiser", 1.0, "do", False, "01234"), ("cleanser", 1.0, "do", False, "0134"),
        ("does_care_help", 1.0, "do", True, "0234"),
    ],
)  # fmt: skip
def test_a_topic_on_a_day(topic: str, day: float, advice: str, conflict: bool, said_by: str) -> None:
    item = on(day)[topic]
    assert (item.advice, item.conflict, documents(item)) == (advice, conflict, set(said_by))


def test_a_conflict_is_careful_named_and_sent_to_the_clinic() -> None:
    for topic in load_topics():
        for day in (-0.5, 0.5, 1.5, 3.5, 6.0, 10.0, 20.0):
            item = on(day, Treatment(AT, "derma-roller")).get(topic.id)
            if item is None or not item.conflict:
                continue
            shown = item.to_json()
            assert shown["ask_clinic"]
            assert "clinic" in shown["note"]
            assert len(shown["says"]) >= 2
            assert item.advice == topic.careful


def test_conflicts_come_first_and_days_without_words_are_empty() -> None:
    shown = [item.conflict for item in aftercare(1.5)]
    assert shown == sorted(shown, reverse=True)
    assert aftercare(60.0) == ()
    assert "exercise" not in on(2.5)


def test_ids_are_unique_and_windows_run_forward() -> None:
    said = [one for topic in load_topics() for one in topic.says]
    assert len({one.id for one in said}) == len(said)
    assert all(one.to_day is None or one.to_day > one.from_day for one in said)
    assert all(one.state.endswith(".") for one in said)


def test_a_roller_is_spoken_of_to_those_who_use_one() -> None:
    assert "roller" in on(1.0, Treatment(AT, "derma-roller"))
    assert "roller" not in on(1.0, Treatment(AT))
    assert "roller" not in on(1.0)


def test_milestones_seen_from_a_day() -> None:
    seen = {item.milestone.id: item for item in milestones(None, 30.0)}
    assert len(seen) == len(load_milestones())
    assert seen["M04"].when == "now"  # weeks 4-6
    assert seen["M15"].when == "ahead"  # months 3-6
    assert seen["M01"].when == "passed"
    assert seen["M08"].when == "undated"
    assert seen["M25"].when == "now"  # the next session, 4 to 6 weeks
    assert seen["M15"].against == ("M04",)
    assert seen["M15"].to_json()["note"]
    order = [item.when for item in milestones(None, 30.0)]
    assert order == sorted(order, key=["now", "ahead", "passed", "undated"].index)


def test_what_is_said_of_another_depth_is_left_out() -> None:
    shallow = {item.milestone.id for item in milestones(Treatment(AT, needle_depth_mm=0.5), 5.0)}
    deep = {item.milestone.id for item in milestones(Treatment(AT, needle_depth_mm=2.0), 5.0)}
    assert ("M10" in shallow, "M14" in shallow) == (True, False)
    assert ("M10" in deep, "M14" in deep) == (False, True)


def test_every_topic_of_the_time_line_is_there() -> None:
    topics = {one.topic for one in load_milestones()}
    assert {"glow", "fine_lines", "next_session", "full_result", "upkeep", "sessions"} <= topics
    assert any(one.about == "the glow" for one in load_contradictions())
