"""The sentences of this room (``translations``, table ``recovery``), filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calibration.language import in_language, texts


def _texts() -> dict[str, Any]:
    return texts("recovery")


def sentence(name: str) -> str:
    """A sentence that stands by itself: ``standing``, ``contact``, ``repeat``."""
    return str(_texts()[name])


def summary(name: str, **facts: object) -> str:
    return str(_texts()["summary"][name]).format(**facts)


def flag_texts(name: str, **facts: object) -> tuple[str, str]:
    """Message for the patient and detail for the clinician."""
    entry = _texts()["flags"][name]
    return entry["message"].format(**facts), entry["detail"].format(**facts)


def region_words(region: str) -> str:
    """The region as people call it; a region of another room's by its own name without underscores."""
    return str(_texts()["regions"].get(region, region.replace("_", " ")))


def sign_sentence(name: str, **facts: object) -> str:
    """What is said of a logged sign: ``urgent``, or one of the statuses of :mod:`analyzer.recovery.signs`."""
    return str(_texts()["signs"][name]).format(**facts)


def aftercare_sentence(name: str, **facts: object) -> str:
    return str(_texts()["aftercare"][name]).format(**facts)


def topic_title(topic: str) -> str:
    """A topic of aftercare as people call it."""
    return str(_texts()["topics"][topic])


def milestone_sentence(name: str) -> str:
    return str(_texts()["milestones"][name])


def aftercare_state(name: str, english: str) -> str:
    """What one document advises, in the language spoken now."""
    return str(in_language("aftercare", {name: english})[name])


def claim_state(name: str, english: str) -> str:
    """What one claim or milestone says, in the language spoken now."""
    return str(in_language("claims", {name: english})[name])


def sign_words(sign: str) -> str:
    return str(_texts()["sign_names"][sign])


def exposure_words(exposures: Sequence[str]) -> str:
    """What stirred the skin, as a list in a sentence."""
    return together([str(_texts()["exposure_names"][one]) for one in exposures])


def together(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {sentence('and')} {words[-1]}"


def day_words(day: float) -> str:
    """A day as it stands in a sentence: whole, as a document's days are."""
    return f"{day:.0f}"
