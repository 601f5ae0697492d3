"""Every claim of the documents is there, under its document and heading, with the figures the document gives."""

from __future__ import annotations

import pytest

from analyzer.recovery.claims import claims_by_id, load_claims, load_contradictions, load_milestones, tone_group

CLINIC, MAKER, ANSWERS, RESULTS, REDNESS = (
    "000_586e1df8866903db.txt",
    "001_cd09552c2e27490a.txt",
    "002_5291b51333f7f84f.txt",
    "003_42e80a8fe2b4514a.txt",
    "004_49f7e97b57d2f59f.txt",
)
DAY = 24

# Read from the documents by hand: id, document, heading, who, from and to in hours; None where no figure is given.
# "Day n" is the 24 hours around n * 24.
TABLE = [
    ("R01", CLINIC, "Day 0", "most", 0, 12), ("R02", CLINIC, "Day 1", "most", 0, 24),
    ("R03", CLINIC, "Day 2", "all", 36, 60), ("R04", CLINIC, "Day 3", "most", 60, 84),
    ("R05", CLINIC, "Days 4-5", "most", 84, 132), ("R06", CLINIC, "Days 6-7", "most", 132, 180),
    ("R07", CLINIC, "Day 1", "some", 12, 36), ("R08", CLINIC, "Day 2", "some", 36, 60),
    ("R11", MAKER, "Day 0-1", "all", 0, 36), ("R12", MAKER, "Day 2-3", "all", 36, 84),
    ("R13", MAKER, "Days 4-7", "all", 84, 180), ("R14", MAKER, "Do's and don'ts", "most", 0, 7 * DAY),
    ("R15", MAKER, "Body", "some", None, None), ("R16", MAKER, "second", "most", 0, 1),
    ("R17", MAKER, "What is true", "most", None, None),
    ("R21", ANSWERS, "immediately after", "some", 0, 4), ("R22", ANSWERS, "What is", "most", DAY, 7 * DAY),
    ("R23", ANSWERS, "calms down", "most", 24, 48), ("R24", ANSWERS, "calms down", "some", 0, 4 * DAY),
    ("R25", ANSWERS, "3-5 days", "some", 60, 132), ("R26", ANSWERS, "1-2 weeks", "some", 7 * DAY, 14 * DAY),
    ("R27", ANSWERS, "3-5 days", "all", 60, 132),
    ("R31", RESULTS, "Days 1-3", "some", 0, 84), ("R32", RESULTS, "effects", "most", 24, 48),
    ("R33", RESULTS, "effects", "some", 0, 72), ("R34", RESULTS, "first few days", "all", 60, 84),
    ("R35", RESULTS, "effects", "most", 0, 1),
    ("R41", REDNESS, "Introduction", "some", 4, 14 * DAY), ("R42", REDNESS, "Who can benefit", "most", 24, 48),
    ("R43", REDNESS, "After a treatment session", "most", 1, 2),
    ("R44", REDNESS, "After a treatment session", "some", 0, 48),
    ("R45", REDNESS, "After a treatment session", "most", 0, 72),
    ("R46", REDNESS, "How long to heal", "some", 14 * DAY, 42 * DAY),
    ("R47", REDNESS, "Can you reduce", "most", 0, 14 * DAY), ("R48", REDNESS, "Can you reduce", "all", 72, None),
    ("R49", REDNESS, "Skin care products", "most", 0, 72), ("R50", REDNESS, "Multiple sessions", "some", 0, 96),
    ("R51", REDNESS, "Multiple sessions", "most", 24, 48), ("R52", REDNESS, "Lighter and darker", "some", 0, 24),
    ("R53", REDNESS, "Lighter and darker", "some", 0, 8), ("R54", REDNESS, "Lighter and darker", "most", 0, 48),
    ("R55", REDNESS, "What conditions", "some", 0, 24),
    ("R56", REDNESS, "How long between sessions", "all", 0, 48),
    ("R57", REDNESS, "Different parts of the body", "most", 0, 96),
    ("R58", REDNESS, "Different parts of the body", "most", 7 * DAY, 8 * DAY),
    ("R59", REDNESS, "How long to heal", "most", 0, 14 * DAY), ("R60", REDNESS, "Aftercare", "some", 0, 1),
    ("R61", REDNESS, "How does it work", "most", None, None), ("R62", REDNESS, "risks", "most", 4, 72),
    ("R63", REDNESS, "Any other side effects", "most", 4, 48),
    ("R64", REDNESS, "Any other side effects", "some", None, None),
    ("R65", REDNESS, "Any other side effects", "all", 0, 120), ("R66", REDNESS, "Results over time", "most", 0, 48),
    ("R67", REDNESS, "Results over time", "some", 0, 72), ("R68", REDNESS, "Results over time", "some", None, None),
    ("R69", REDNESS, "How long between sessions", "some", 0, 48),
    ("R70", REDNESS, "Lighter and darker", "all", 0, None),
    ("R71", REDNESS, "After a treatment session", "some", 0, 28 * DAY),
    ("R72", REDNESS, "Long-term side effects", "most", 0, 72), ("R73", REDNESS, "Closing", "all", 8, 72),
    ("R74", REDNESS, "Different parts of the body", "some", None, None),
    ("S01", CLINIC, "Day 0", "most", 0, 12), ("S02", CLINIC, "Day 0", "some", 0, 36),
    ("S03", CLINIC, "Day 2", "most", 36, 60), ("S04", CLINIC, "Day 1", "some", 12, 60),
    ("S05", CLINIC, "Day 3", "most", 60, 180), ("S11", MAKER, "What to expect", "all", 0, 36),
    ("S12", MAKER, "Days 2-3", "some", 36, 84), ("S13", MAKER, "Days 4-7", "all", 84, 180),
    ("S14", MAKER, "checklist", "all", 120, None), ("S21", ANSWERS, "immediately after", "some", 0, 4),
    ("S22", ANSWERS, "24-48 hours", "some", 24, 14 * DAY), ("S23", ANSWERS, "3-5 days", "some", 60, 14 * DAY),
    ("S24", ANSWERS, "pores", "all", None, None), ("S25", ANSWERS, "smoother", "some", None, None),
    ("S31", RESULTS, "effects", "some", 0, 72), ("S32", RESULTS, "Week 1-2", "most", 7 * DAY, 14 * DAY),
    ("S33", RESULTS, "Days 1-3", "some", 0, 84), ("S34", RESULTS, "first few days", "some", 60, 14 * DAY),
    ("S35", RESULTS, "Week 1-2", "some", 120, 168), ("S41", REDNESS, "Multiple sessions", "most", 24, 48),
    ("S42", REDNESS, "Multiple sessions", "most", 0, 120), ("S43", REDNESS, "risks", "some", 0, 72),
    ("S44", REDNESS, "Results over time", "all", None, None),
    ("S45", REDNESS, "How long to heal", "some", None, None),
    ("S46", REDNESS, "How long between sessions", "some", 0, 120), ("S47", REDNESS, "How does it work", "some", 0, 0),
    ("S48", MAKER, "risks", "few", None, None), ("S49", ANSWERS, "smoother", "few", None, None),
    ("S50", REDNESS, "Results over time", "some", None, None),
]  # fmt: skip


def test_no_claim_is_lost_and_none_is_invented() -> None:
    assert [claim.id for claim in load_claims()] == [row[0] for row in TABLE]


@pytest.mark.parametrize(("name", "document", "heading", "who", "from_h", "to_h"), TABLE, ids=[row[0] for row in TABLE])
def test_a_claim_says_what_its_document_says(
    name: str, document: str, heading: str, who: str, from_h: float | None, to_h: float | None
) -> None:
    claim = claims_by_id()[name]
    assert (claim.document, claim.who, claim.from_h, claim.to_h) == (document, who, from_h, to_h)
    assert heading.casefold() in claim.heading.casefold()
    assert claim.state.endswith(".")
    assert (claim.sign == "redness") == name.startswith("R")


def test_levels_are_those_of_the_words() -> None:
    halved = claims_by_id()["R03"].implies[0]
    assert (halved.at_h, halved.side, halved.level, halved.share) == (48, "at_most", 0.5, 0.95)
    gone = claims_by_id()["R32"].implies[0]
    assert (gone.side, gone.level, gone.share) == ("at_most", 0.1, 0.75)
    left = claims_by_id()["R24"].implies[0]
    assert (left.side, left.level, left.share) == ("at_least", 0.1, 0.3)


def test_what_is_not_about_redness_as_such_is_never_fitted() -> None:
    informational = {claim.id for claim in load_claims() if claim.informational}
    assert {"R02", "R13", "R15", "R27", "R71"} <= informational
    assert all(claim.informational for claim in load_claims() if claim.id.startswith("S"))


def test_contradictions_are_shown_with_claims_that_exist() -> None:
    known = set(claims_by_id()) | {one.id for one in load_milestones()}
    sides = {one.about: one.sides for one in load_contradictions()}
    assert all(name in known for groups in sides.values() for group in groups for name in group)
    assert sides["how long redness lasts"] == (
        ("R43", "R60"), ("R23", "R32", "R42", "R66"), ("R06", "R14"), ("R26", "R47", "R59"), ("R46",),
    )  # fmt: skip
    assert sides["redness and skin tone"] == (("R50",), ("R52", "R53"), ("R54",))


def test_tones_fall_into_two_groups() -> None:
    assert [tone_group(tone) for tone in ("I", "III", "intermediate")] == ["lighter"] * 3
    assert [tone_group(tone) for tone in ("IV", "VI", "dark")] == ["darker"] * 3
    assert tone_group("auto") is None
