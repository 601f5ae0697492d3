"""What one photograph says: the document ``rubor.photo/1``, typed, stored and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from calibration.problems import Problem

SCHEMA = "rubor.photo/1"

FACE = "face"
FACE_LABEL = 255

# The label of each region in a label map; ``face`` is their union and is not painted.
LABELS: Mapping[str, int] = {
    "forehead": 1,
    "nose": 4,
    "left_cheek": 2,
    "right_cheek": 3,
    "perioral": 5,
    "chin": 6,
    FACE: FACE_LABEL,
}


@dataclass(frozen=True)
class RegionReading:
    """Colour of one region: means over its skin pixels of per-pixel CIELAB (D65, 2 degrees).

    ``a_sd`` is the spread over the pixels, ``a_se`` the standard error of the mean with everything
    in it (calibration, lamp, gradient, sampling), ``a_level`` is a* with the remaining light level
    taken out. ``erythema_index`` is log10(R/G) of linear calibrated sRGB; ``redness_share`` the share
    of pixels at least 3 a* above the baseline's mean of the region, None without a baseline. ``melanin_index`` tells
    pigment apart from blood (``analyzer.pigment``) and ``ita`` is the typology angle in degrees, both of the region's
    mean colour; None in readings stored before these were measured.
    """

    label: int
    pixels: int
    L: float
    a: float
    b: float
    a_sd: float
    a_se: float
    a_level: float
    erythema_index: float
    redness_share: float | None = None
    melanin_index: float | None = None
    ita: float | None = None
    change_a: float | None = None
    change_a_se: float | None = None
    change_gain: float | None = None


@dataclass(frozen=True)
class FaceReading:
    """The face as it was found; angles in degrees, ``box`` is x, y, width, height in pixels.

    ``proportions``: a few coarse lengths of the head, for noticing a stranger in a series (``analyzer.same_person``).
    """

    found: bool
    count: int
    box: tuple[float, float, float, float] | None = None
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    proportions: tuple[float, ...] | None = None


# Individual typology angle above which skin has the named tone (Chardon 1991, Del Bino 2013); below all: ``dark``.
TONE_CLASSES = ((55.0, "very_light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"), (-30.0, "brown"))
DARKEST_CLASS = "dark"


def tone_class(ita: float) -> str:
    """The class of an individual typology angle in degrees."""
    return next((name for above, name in TONE_CLASSES if ita > above), DARKEST_CLASS)


@dataclass(frozen=True)
class SkinTone:
    """Individual typology angle in degrees, and its class (``very_light`` ... ``dark``)."""

    ita: float
    tone_class: str

    def to_json(self) -> dict[str, Any]:
        return {"ita": self.ita, "class": self.tone_class}


@dataclass(frozen=True)
class Reading:
    """One photograph, measured or refused with its problems.

    ``calibration`` is the JSON object of the contract as ``Calibration.to_json`` gives it, None where
    no card was looked for.
    """

    file: str
    captured_at: datetime | None
    width: int | None
    height: int | None
    usable: bool
    problems: tuple[Problem, ...] = ()
    calibration: Mapping[str, Any] | None = None
    face: FaceReading | None = None
    skin_tone: SkinTone | None = None
    regions: Mapping[str, RegionReading] = field(default_factory=dict)

    @property
    def calibrated(self) -> bool:
        """Whether the colours rest on a card."""
        return bool((self.calibration or {}).get("found"))

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "file": self.file,
            "captured_at": self.captured_at.isoformat() if self.captured_at else None,
            "width": self.width,
            "height": self.height,
            "usable": self.usable,
            "problems": [one.to_json() for one in self.problems],
            "calibration": dict(self.calibration) if self.calibration is not None else None,
            "face": asdict(self.face) if self.face else None,
            "skin_tone": self.skin_tone.to_json() if self.skin_tone else None,
            "regions": {name: asdict(region) for name, region in self.regions.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Reading:
        """Read back what :meth:`to_json` wrote; ``ValueError`` for another schema."""
        if document.get("schema") != SCHEMA:
            raise ValueError(f"not a {SCHEMA} document: schema is {document.get('schema')!r}")
        taken, face, tone = document["captured_at"], document["face"], document["skin_tone"]
        if face and face["box"] is not None:
            face = {**face, "box": tuple(face["box"])}
        if face and face.get("proportions") is not None:
            face = {**face, "proportions": tuple(face["proportions"])}
        return cls(
            file=document["file"],
            captured_at=datetime.fromisoformat(taken) if taken else None,
            width=document["width"],
            height=document["height"],
            usable=document["usable"],
            problems=tuple(Problem.from_json(one) for one in document["problems"]),
            calibration=document["calibration"],
            face=FaceReading(**face) if face else None,
            skin_tone=SkinTone(tone["ita"], tone["class"]) if tone else None,
            regions={name: RegionReading(**region) for name, region in document["regions"].items()},
        )
