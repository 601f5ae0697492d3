"""Names of body sites that other systems understand: SNOMED CT where the concept is certain, plain words everywhere."""

from __future__ import annotations

from dataclasses import dataclass

SNOMED = "http://snomed.info/sct"

LEFT, RIGHT = ("7771000", "Left"), ("24028007", "Right")


@dataclass(frozen=True)
class Site:
    """A region in words, its SNOMED CT concept (code, name) or none, and the side or none."""

    words: str
    concept: tuple[str, str] | None = None
    side: tuple[str, str] | None = None


_CHEEK = ("60819002", "Cheek structure")
_SITES = {
    "face": Site("Face", ("89545001", "Face structure")),
    "forehead": Site("Forehead", ("52795006", "Forehead structure")),
    "nose": Site("Nose", ("45206002", "Nasal structure")),
    "left_cheek": Site("Left cheek", _CHEEK, LEFT),
    "right_cheek": Site("Right cheek", _CHEEK, RIGHT),
    "chin": Site("Chin", ("30291003", "Chin structure")),
    "perioral": Site("Skin around the mouth"),
}


def site_of(region: str) -> Site:
    """The site of a region; one that this table does not know is named in words alone."""
    return _SITES.get(region, Site(region.replace("_", " ").capitalize()))
