"""FHIR: whole resources, references that lead somewhere, and nobody named."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from analyzer.exports.exported import Exported, intended_use
from analyzer.exports.fhir import fhir_bundle
from analyzer.light_level import DARKENS
from analyzer.reading import LABELS, Reading

Export = Callable[..., Exported]


REQUIRED = {
    "Patient": {"id", "identifier"},
    "Device": {"id", "deviceName"},
    "Procedure": {"id", "status", "subject"},
    "Observation": {"id", "status", "code", "subject", "effectiveDateTime", "valueQuantity", "bodySite", "method"},
    "DiagnosticReport": {"id", "status", "code", "subject", "effectivePeriod", "result", "conclusion"},
    "Media": {"id", "status", "content", "subject"},
}
STATUS = {"Procedure": "completed", "Observation": "final", "DiagnosticReport": "final", "Media": "completed"}


def resources(bundle: bytes) -> dict[str, dict[str, Any]]:
    document = json.loads(bundle)
    assert document["resourceType"] == "Bundle"
    assert document["type"] == "collection"
    assert datetime.fromisoformat(document["timestamp"]).tzinfo is not None
    found = {entry["fullUrl"]: entry["resource"] for entry in document["entry"]}
    assert len(found) == len(document["entry"])
    return found


def references(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "reference" in value:
            yield value
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


@pytest.mark.parametrize("with_photographs", [False, True])
def test_every_resource_is_whole_and_every_reference_leads_somewhere(
    with_photographs: bool, exported: Export, readings: tuple[Reading, ...]
) -> None:
    found = resources(fhir_bundle(exported(), with_photographs))
    for url, one in found.items():
        kind = one["resourceType"]
        assert one.keys() >= REQUIRED[kind]
        assert url == f"urn:uuid:{one['id']}"
        assert one.get("status") == STATUS.get(kind)
        for reference in references(one):
            assert found[reference["reference"]]["resourceType"] == reference["type"]
        for empty in ({}, [], "", None):  # FHIR knows no empty element
            assert empty not in list(values(one))
    kinds = [one["resourceType"] for one in found.values()]
    assert kinds.count("Observation") == len(readings) * len(LABELS)
    assert kinds.count("Media") == (len(readings) if with_photographs else 0)
    assert not {"Condition", "RiskAssessment", "ClinicalImpression"} & set(kinds)


def values(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield one
        yield from values(one)


def test_an_observation_says_what_where_when_and_how(exported: Export) -> None:
    observations = [one for one in resources(fhir_bundle(exported())).values() if one["resourceType"] == "Observation"]
    one = next(o for o in observations if o["bodySite"]["text"] == "Left cheek" and "05-02" in o["effectiveDateTime"])
    assert one["valueQuantity"] == {
        "value": pytest.approx(11.4 + 8 * 0.5 ** (1 / 1.5), abs=1e-4),
        "unit": "a*",
        "system": "http://unitsofmeasure.org",
        "code": "1",
    }
    assert one["bodySite"]["coding"] == [
        {"system": "http://snomed.info/sct", "code": "60819002", "display": "Cheek structure"}
    ]
    assert "classic-24" in one["method"]["text"]
    parts = {part["code"]["coding"][0]["code"]: part["valueQuantity"] for part in one["component"]}
    assert parts["L-star"]["value"] == pytest.approx(61.25 + DARKENS * 8 * 0.5 ** (1 / 1.5), abs=1e-4)
    assert parts["delta-a-star"]["value"] > 4
    assert parts["days-since-treatment"] == {
        "value": 1.0,
        "unit": "d",
        "system": "http://unitsofmeasure.org",
        "code": "d",
    }
    without_card = next(o for o in observations if "05-08" in o["effectiveDateTime"])
    assert "uncalibrated" in without_card["method"]["text"]


def test_the_report_carries_the_verdict_in_words_and_what_it_is_not(exported: Export) -> None:
    export = exported()
    report = next(one for one in resources(fhir_bundle(export)).values() if one["resourceType"] == "DiagnosticReport")
    assert export.document["verdict"]["summary"] in report["conclusion"]
    assert export.document["verdict"]["standing"] in report["conclusion"]
    assert intended_use() in report["conclusion"]
    assert "conclusionCode" not in report


def test_nobody_is_named_and_identifiers_last(exported: Export) -> None:
    first, second = fhir_bundle(exported("Erika Mustermann")), fhir_bundle(exported("Erika Mustermann"))
    assert b"Mustermann" not in first
    assert list(resources(first)) == list(resources(second))


def test_media_hold_a_bare_photograph(exported: Export, secrets: tuple[bytes, ...]) -> None:
    media = [one for one in resources(fhir_bundle(exported(), True)).values() if one["resourceType"] == "Media"]
    jpeg = base64.b64decode(media[0]["content"]["data"])
    picture = Image.open(io.BytesIO(jpeg))
    assert picture.size == (media[0]["width"], media[0]["height"]) == (64, 48)
    assert not any(secret in jpeg for secret in secrets)
    assert not picture.getexif()
