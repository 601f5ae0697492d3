"""The card a record is photographed with: kept, asked of the measuring, and measured anew when it changes."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.archive import Archive
from analyzer.records.card_choice import ANY, NEWER, NO_CARD, PRINTED, CardChoice, learn_print
from analyzer.records.patients import Patient, choose_card, create_patient, get_patient
from analyzer.records.photographs import add_photograph, face_maps, list_photographs, measure_missing
from analyzer.treatment import Treatment
from calibration.card_reading import PatchSpectra
from calibration.errors import NothingToAnalyze, UsageError
from calibration.paired_card import PairedCard
from calibration.spectra import WAVELENGTHS, patches


@pytest.fixture
def patient(archive: Archive, actor: Actor, treatment: Treatment) -> Patient:
    return create_patient(archive, actor, "Anna", treatment)


def paired(shift: float = 0.0) -> CardChoice:
    return CardChoice(PRINTED, PairedCard(1, "both.jpg", "classic-24", patches().values + shift).to_toml())


def cards_read(archive: Archive, actor: Actor, patient: Patient) -> list[object]:
    shown = list_photographs(archive, actor, patient.id)
    return [one.reading.calibration["card"] if one.reading and one.reading.calibration else None for one in shown]


def test_any_card_is_taken_until_one_is_named(
    archive: Archive, actor: Actor, patient: Patient, make_photo: Callable[..., bytes]
) -> None:
    assert patient.card == CardChoice()
    add_photograph(archive, actor, patient.id, make_photo(100), "a.jpg", bare_skin=True)
    assert cards_read(archive, actor, patient) == [ANY]
    assert choose_card(archive, actor, patient.id, CardChoice(NEWER)).card.name == NEWER
    assert get_patient(archive, actor, patient.id).card == CardChoice(NEWER)
    # What was read with another card does not count, and is read again.
    assert cards_read(archive, actor, patient) == [None]
    assert face_maps(archive, actor, patient.id) == {}
    measure_missing(archive, actor, patient.id)
    assert cards_read(archive, actor, patient) == [NEWER]
    assert list(face_maps(archive, actor, patient.id)) == ["a.jpg"]
    # Back again: the first reading still stands.
    choose_card(archive, actor, patient.id, CardChoice())
    assert cards_read(archive, actor, patient) == [ANY]


def test_each_print_is_a_card_of_its_own(archive: Archive, actor: Actor, patient: Patient) -> None:
    methods = {one.method("3") for one in (CardChoice(), CardChoice(PRINTED), paired(), paired(0.05))}
    assert len(methods) == 4
    assert "3" in methods
    kept = choose_card(archive, actor, patient.id, paired()).card
    wanted = kept.wanted()
    assert kept == paired()
    assert isinstance(wanted, PatchSpectra)
    visible = (WAVELENGTHS >= 400) & (WAVELENGTHS <= 700)
    assert wanted.reflectance[:, visible] == pytest.approx(patches().values[:, visible], abs=0.02)  # kept every 10 nm


def test_only_known_cards_are_kept(archive: Archive, patient: Patient) -> None:
    with pytest.raises(UsageError, match="There is no card called tarot"):
        CardChoice("tarot")
    with pytest.raises(UsageError, match="Only the printed card is paired"):
        CardChoice(NO_CARD, paired="x")
    with pytest.raises(NoSuchRecord):
        choose_card(archive, Actor("stranger"), patient.id, CardChoice(NEWER))


def test_a_photograph_without_the_two_cards_teaches_nothing() -> None:
    out = BytesIO()
    Image.new("RGB", (600, 800), (120, 110, 100)).save(out, "JPEG")
    with pytest.raises(NothingToAnalyze, match="printed card"):
        learn_print(out.getvalue(), "wall.jpg", ANY)
