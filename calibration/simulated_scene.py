"""Everything that makes one simulated photograph, as plain data: the same scene gives the same picture again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from calibration import holdout, spectra
from calibration.simulated_camera import Isp, Phone
from calibration.simulated_card import CardPlacement
from calibration.simulated_face import Blood, Person
from calibration.simulated_film import Film
from calibration.simulated_occluders import Occluder
from calibration.simulated_skin import SkinModel

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]

# Lights that people live with; the poor ones (narrow peaks, halophosphate) belong in a test of lamps.
ORDINARY_LAMPS: tuple[str, ...] = (
    "D55",
    "D75",
    "ID65",
    "Incandescent",
    "FL11",
    "F32T8/TL830 (Triphosphor)",
    "FL3.14",
    "LED-B1",
    "LED-B3",
    "LED-V1",
    "PHOS-3",
    "Phosphor LED YAG",
)


@dataclass(frozen=True)
class Light:
    """One lamp, or two: ``second_share`` of the light at the card is the second's, and ``second_slope`` more of it per
    picture width in ``direction_deg`` (0 = to the right, 90 = down). The light as a whole changes by
    ``gradient_stops`` per picture width in the same direction; on the card's centre it is 1.
    """

    lamp: str = "D65"
    second_lamp: str | None = None
    second_share: float = 0.0
    second_slope: float = 0.0
    gradient_stops: float = 0.0
    direction_deg: float = 0.0


@dataclass(frozen=True)
class Sensor:
    """``full_well`` and ``read_noise`` in electrons of one output pixel (0: no noise), ``blur`` in pixels (sigma)."""

    full_well: float = 0.0
    read_noise: float = 0.0
    blur: float = 0.0
    jpeg_quality: int = 95
    subsampling: Subsampling = "4:4:4"


@dataclass(frozen=True)
class Framing:
    """Output size, and how the face lies in it.

    ``face_width`` is the width of the face's oval, ``face_x`` and ``face_y`` its centre, as shares of the picture's
    width and height; ``roll_deg`` turns the portrait clockwise. ``mirrored``: the finished picture, card and all, is
    flipped as a selfie is.
    """

    width: int = 1200
    height: int = 1600
    face_width: float = 0.48
    face_x: float = 0.52
    face_y: float = 0.40
    roll_deg: float = 0.0
    mirrored: bool = False


@dataclass(frozen=True)
class Scene:
    """One photograph. ``captured_at`` is ISO 8601 with an offset; None: the file tells no time.

    ``occluders`` lie over the face, the first undermost; ``film`` is make-up on the skin.
    """

    person: Person
    blood: Blood = field(default_factory=Blood)
    light: Light = field(default_factory=Light)
    phone: Phone = field(default_factory=Phone)
    isp: Isp = field(default_factory=Isp)
    sensor: Sensor = field(default_factory=Sensor)
    framing: Framing = field(default_factory=Framing)
    card: CardPlacement | None = field(default_factory=CardPlacement)
    captured_at: str | None = None
    seed: int = 0
    occluders: tuple[Occluder, ...] = ()
    film: Film | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Scene:
        person = document["person"]
        lab = person["skin_lab"]
        return cls(
            person=Person(
                portrait=person["portrait"],
                skin_lab=None if lab is None else (lab[0], lab[1], lab[2]),
                contrast=person["contrast"],
                model=SkinModel(**person["model"]),
            ),
            blood=Blood.from_json(document["blood"]),
            light=Light(**document["light"]),
            phone=Phone.from_json(document["phone"]),
            isp=Isp.from_json(document["isp"]),
            sensor=Sensor(**document["sensor"]),
            framing=Framing(**document["framing"]),
            card=None if document["card"] is None else CardPlacement(**document["card"]),
            captured_at=document["captured_at"],
            seed=document["seed"],
            occluders=tuple(Occluder(**one) for one in document.get("occluders", ())),
            film=_film(document.get("film")),
        )


def _film(document: Mapping[str, Any] | None) -> Film | None:
    if document is None:
        return None
    lab = document["lab"]
    return Film(document["hiding"], None if lab is None else (lab[0], lab[1], lab[2]))


def random_scene(
    rng: np.random.Generator,
    person: Person,
    *,
    held_out: bool = True,
    blood: Blood | None = None,
    phone: Phone | None = None,
    isp: Isp | None = None,
    framing: Framing | None = None,
    lamps: tuple[str, ...] | None = None,
    mixed: float = 0.25,
) -> Scene:
    """A photograph as people take them at home: a phone, a lamp, a tone curve, a hand-held card, none of them perfect.

    ``held_out`` draws cameras and lamps that no prior has seen, otherwise those that it may have. A given ``phone``
    is kept (one patient has one), as is the taste of its ``isp``; ``framing`` is varied a little, ``lamps`` restricts
    the light. ``mixed`` is the share of pictures in the light of two lamps.
    """
    cameras = holdout.HELD_OUT_CAMERAS if held_out else holdout.cameras_for_prior()
    known = holdout.HELD_OUT_LAMPS if held_out else holdout.lamps_for_prior().names
    choice = known if lamps is None else lamps
    return Scene(
        person=person,
        blood=blood or Blood(),
        light=_random_light(rng, choice, mixed),
        phone=phone or Phone.random(rng, cameras),
        isp=Isp.random(rng) if isp is None else isp.next_picture(rng),
        sensor=_random_sensor(rng),
        framing=_random_framing(rng, framing or Framing()),
        card=_random_card(rng),
        seed=int(rng.integers(2**31)),
    )


def random_person(
    rng: np.random.Generator, portrait: str, *, held_out: bool = True, ita: tuple[float, float] | None = None
) -> Person:
    """A portrait with the colour of a measured person, or of one made lighter or darker, of an ``ita`` in degrees."""
    from calibration.cielab import individual_typology_angle, xyz_to_lab
    from calibration.simulated_skin import known_skins

    model = SkinModel(
        pool="held_out" if held_out else "prior",
        seed=int(rng.integers(2**31)),
        oxygenation=round(float(rng.uniform(0.8, 0.98)), 3),
        shortening=round(float(rng.uniform(0.4, 0.7)), 3),
    )
    skins, _ = known_skins(model)
    labs = xyz_to_lab(spectra.xyz_d65(skins))
    angle = individual_typology_angle(labs)
    low, high = ita if ita is not None else (-75.0, 65.0)
    # Bloodless or flushed to the limit is no baseline; a face has colour.
    fits = (angle > low) & (angle <= high) & (labs[:, 1] > 4) & (labs[:, 1] < 19) & (labs[:, 0] > 24)
    if not fits.any():
        raise ValueError(f"no known skin has an ITA between {low} and {high} degrees")
    lightness, a_star, b_star = (round(float(value), 2) for value in labs[rng.choice(np.flatnonzero(fits))])
    return Person(portrait=portrait, skin_lab=(lightness, a_star, b_star), model=model)


def _random_light(rng: np.random.Generator, lamps: tuple[str, ...], share_mixed: float) -> Light:
    mixed = rng.random() < share_mixed
    first, second = (str(name) for name in rng.choice(lamps, 2, replace=len(lamps) < 2))
    return Light(
        lamp=first,
        second_lamp=second if mixed else None,
        second_share=round(float(rng.uniform(0.1, 0.5)), 3) if mixed else 0.0,
        second_slope=round(float(rng.normal(0, 0.05)), 3) if mixed else 0.0,
        gradient_stops=round(float(rng.uniform(0, 0.4)), 3),
        direction_deg=round(float(rng.uniform(0, 360)), 1),
    )


def _random_sensor(rng: np.random.Generator) -> Sensor:
    kinds: tuple[Subsampling, ...] = ("4:2:0", "4:2:2", "4:4:4")
    return Sensor(
        full_well=round(float(rng.uniform(2500, 12_000)), 0),
        read_noise=round(float(rng.uniform(2, 8)), 1),
        blur=round(float(rng.uniform(0.4, 1.1)), 2),
        jpeg_quality=int(rng.integers(82, 96)),
        subsampling=kinds[int(rng.choice(3, p=[0.6, 0.2, 0.2]))],
    )


def _random_framing(rng: np.random.Generator, usual: Framing) -> Framing:
    scale, x, y, roll = rng.uniform(0.95, 1.05), rng.normal(0, 0.015), rng.normal(0, 0.012), rng.uniform(-4, 4)
    return replace(
        usual,
        face_width=round(float(usual.face_width * scale), 4),
        face_x=round(float(usual.face_x + x), 4),
        face_y=round(float(usual.face_y + y), 4),
        roll_deg=round(float(usual.roll_deg + roll), 2),
    )


def _random_card(rng: np.random.Generator) -> CardPlacement:
    right = rng.random() < 0.5
    x = rng.uniform(0.2, 0.26)
    tilt_x, tilt_y = rng.normal(0, 7, 2)
    return CardPlacement(
        x=round(float(1 - x if right else x), 4),
        y=round(float(rng.uniform(0.83, 0.87)), 4),
        width=round(float(rng.uniform(0.25, 0.30)), 4),
        turn_deg=round(float(rng.uniform(-9, 9)), 2),
        tilt_x_deg=round(float(np.clip(tilt_x, -18, 18)), 2),
        tilt_y_deg=round(float(np.clip(tilt_y, -18, 18)), 2),
    )
