"""Before and after in the app: what the drawn page doubts stands in the app's own words, too."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from analyzer.reading import FACE
from analyzer.records.access import LOCAL_USER
from analyzer.records.photographs import add_photograph
from analyzer.web.pictures import comparison, comparison_doubt


def test_photographs_of_two_people_are_shown_and_asked_about(room, samples: Path) -> None:  # type: ignore[no-untyped-def]
    taken = datetime.fromisoformat("2026-05-02T10:30:00+02:00")
    ids = []
    for day, name in enumerate(("p01_light_skin/d07.jpg", "p02_dark_skin/before_1.jpg")):
        answer = add_photograph(
            room.archive, LOCAL_USER, room.patient_id, (samples / name).read_bytes(), f"{day}.jpg",
            bare_skin=True, captured_at=taken + timedelta(days=day),
        )  # fmt: skip
        assert answer.photograph is not None
        ids.append(answer.photograph.id)
    pair = (ids[0], ids[1])
    assert comparison(room.archive, LOCAL_USER, pair, FACE, True)[:8] == b"\x89PNG\r\n\x1a\n"
    asked = comparison_doubt(room.archive, LOCAL_USER, pair, FACE, True)
    assert asked == "These two photographs may show two different people. Check that both are of the same person."
