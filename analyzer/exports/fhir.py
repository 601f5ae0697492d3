"""HL7 FHIR R4: one Bundle (collection) of one pseudonymous patient's sessions, readings and the verdict's words.

Resources: Patient, Device (this program), a Procedure for each session, an Observation for each region of each measured
photograph, a DiagnosticReport that carries the summary as it stands, and, only when asked, a Media for each photograph.
Nothing here claims a diagnosis or a risk: there is no Condition, no RiskAssessment, no interpretation code.
Source: HL7 FHIR R4 (4.0.1). Measures have no LOINC code, so they are named in words and by codes of our own.
Codes and their names are English, as code systems are; sentences are in the language spoken, which the report names.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from analyzer.exports.codes import SNOMED, site_of
from analyzer.exports.exported import Exported, intended_use
from analyzer.reading import FACE, Reading
from analyzer.treatment import Treatment
from analyzer.words import say
from calibration.language import language
from calibration.problems import reworded

UCUM = "http://unitsofmeasure.org"
MEASURES = "urn:rubor:measure"
_PATIENTS = "urn:rubor:patient"
_BUNDLES = "urn:rubor:export"

Resource = dict[str, Any]

_A_STAR = ("a-star", "CIELAB a* (redness) of skin, D65, 2 degree observer")
_COMPONENTS = {
    "L": ("L-star", "CIELAB L* (lightness)"),
    "b": ("b-star", "CIELAB b* (yellowness)"),
    "a_se": ("a-star-standard-error", "Standard error of the mean a*"),
    "delta_a": ("delta-a-star", "Change of a* from the baseline"),
    "delta_a_se": ("delta-a-star-standard-error", "Standard error of the change of a*"),
    "residual": ("residual", "Share of the largest redness after treatment that is left"),
}


def fhir_bundle(export: Exported, with_photographs: bool = False, now: datetime | None = None) -> bytes:
    """The Bundle as UTF-8 JSON; ``now`` (aware) is its timestamp."""
    observations = {
        (point["file"], region): _observation(export, point, region)
        for point in export.usable_points()
        for region in point["regions"]
    }
    procedures = [_procedure(export, session) for session in export.treatment.sessions]
    media = list(_media(export)) if with_photographs else []
    report = _report(export, list(observations.values()), procedures, media)
    resources = [_patient(export), _device(export), *procedures, *observations.values(), report, *media]
    bundle = {
        "resourceType": "Bundle",
        "id": str(export.identifier("bundle")),
        "identifier": {"system": _BUNDLES, "value": str(export.identifier("bundle"))},
        "type": "collection",
        "timestamp": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }
    return (json.dumps(bundle, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def _reference(resource: Resource) -> dict[str, str]:
    return {"reference": f"urn:uuid:{resource['id']}", "type": resource["resourceType"]}


def _subject(export: Exported) -> dict[str, str]:
    return _reference(_patient(export))


def _patient(export: Exported) -> Resource:
    """The pseudonym and nothing else: no name, no birth date, no sex."""
    return {
        "resourceType": "Patient",
        "id": str(export.identifier("patient")),
        "identifier": [{"use": "secondary", "system": _PATIENTS, "value": export.pseudonym}],
    }


def _device(export: Exported) -> Resource:
    return {
        "resourceType": "Device",
        "id": str(export.identifier("device")),
        "deviceName": [{"name": "Rubor", "type": "user-friendly-name"}],
        "version": [{"value": version("rubor")}],
        "type": {"text": "Software that measures skin redness in photographs"},
        "note": [{"text": intended_use()}],
    }


def _procedure(export: Exported, session: Treatment) -> Resource:
    known = []
    if session.needle_depth_mm is not None:
        known.append(say("export.depth", depth=f"{session.needle_depth_mm:g}"))
    if session.passes is not None:
        known.append(say("export.passes", passes=session.passes))
    if session.sensitive_skin:
        known.append(say("export.sensitive"))
    if session.conditions:
        known.append(say("export.conditions", conditions=", ".join(session.conditions)))
    notes = [{"text": text} for text in known]
    site = site_of(session.body_area)
    return {
        "resourceType": "Procedure",
        "id": str(export.identifier("procedure", session.treated_at.isoformat())),
        "status": "completed",
        "code": {"text": session.procedure},
        "subject": _subject(export),
        "performedDateTime": session.treated_at.isoformat(),
        "bodySite": [_concept(site.words, site.concept)],
        **({"note": notes} if notes else {}),
    }


def _concept(words: str, concept: tuple[str, str] | None) -> dict[str, Any]:
    if concept is None:
        return {"text": words}
    return {"coding": [{"system": SNOMED, "code": concept[0], "display": concept[1]}], "text": words}


def _measure(code: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": MEASURES, "code": code[0], "display": code[1]}], "text": code[1]}


def _quantity(value: float, unit: str = "1") -> dict[str, Any]:
    """A number of dimension one, as CIELAB's axes are."""
    return {"value": round(value, 4), "unit": unit, "system": UCUM, "code": "1"}


def _observation(export: Exported, point: Mapping[str, Any], region: str) -> Resource:
    reading = export.readings[point["file"]]
    measured, judged = export.region_of(point["file"], region), point["regions"][region]
    site = site_of(region)
    numbers = {"L": measured.L, "b": measured.b, "a_se": measured.a_se}
    numbers |= {key: judged[key] for key in ("delta_a", "delta_a_se", "residual")}
    problems = [{"text": reworded(one).message} for one in reading.problems]
    return {
        "resourceType": "Observation",
        "id": str(export.identifier("observation", point["file"], point["captured_at"], region)),
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "imaging",
                        "display": "Imaging",
                    }
                ]
            }
        ],
        "code": _measure(_A_STAR),
        "subject": _subject(export),
        "effectiveDateTime": point["captured_at"],
        "valueQuantity": _quantity(measured.a, "a*"),
        "bodySite": _concept(site.words, site.concept),
        "method": {"text": _method(reading)},
        "device": _reference(_device(export)),
        **({"note": problems} if problems else {}),
        "component": [
            *(
                {"code": _measure(_COMPONENTS[key]), "valueQuantity": _quantity(value)}
                for key, value in numbers.items()
                if value is not None
            ),
            {
                "code": _measure(("days-since-treatment", "Days since the treatment; negative before it")),
                "valueQuantity": {"value": round(point["day"], 4), "unit": "d", "system": UCUM, "code": "d"},
            },
        ],
    }


def _method(reading: Reading) -> str:
    calibration = reading.calibration or {}
    if calibration.get("found"):
        return say("export.calibrated", card=calibration["card"], method=calibration["method"])
    return say("export.uncalibrated")


def _report(
    export: Exported, observations: list[Resource], procedures: list[Resource], media: list[Resource]
) -> Resource:
    """The summary as the patient and the clinic read it; ``conclusion`` is words alone, never a code."""
    document = export.document
    verdict = document["verdict"]
    said = [verdict["summary"], *(flag["message"] for flag in verdict["flags"] if flag["to_day"] is None)]
    said += [verdict["standing"], intended_use()]
    times = [point["captured_at"] for point in export.usable_points()]
    face = [one for one in observations if one["bodySite"]["text"] == site_of(FACE).words]
    return {
        "resourceType": "DiagnosticReport",
        "id": str(export.identifier("report")),
        "language": language(),
        "status": "final",
        "code": {"text": "Redness of the skin after microneedling: course of photographs (not a diagnosis)"},
        "subject": _subject(export),
        "effectivePeriod": {"start": times[0], "end": times[-1]},
        "result": [_reference(one) for one in (face or observations)],
        "conclusion": " ".join(dict.fromkeys(said)),
        "extension": [
            {"url": "urn:rubor:status", "valueCode": verdict["status"]},
            {"url": "urn:rubor:urgent", "valueBoolean": bool(document["urgent"])},
            *({"url": "urn:rubor:session", "valueReference": _reference(one)} for one in procedures),
        ],
        **({"media": [{"link": _reference(one)} for one in media]} if media else {}),
    }


def _media(export: Exported) -> Iterator[Resource]:
    """Each photograph without metadata, as sRGB JPEG."""
    from calibration.clean import clean_jpeg
    from calibration.photo import decode_photo

    times = {point["file"]: point["captured_at"] for point in export.usable_points()}
    for file, data in export.photographs():
        if file not in times:
            continue
        photo = decode_photo(data, file)
        yield {
            "resourceType": "Media",
            "id": str(export.identifier("media", file, times[file])),
            "status": "completed",
            "type": {"text": "Photograph"},
            "subject": _subject(export),
            "createdDateTime": times[file],
            "bodySite": _concept(site_of(FACE).words, site_of(FACE).concept),
            "height": photo.height,
            "width": photo.width,
            "content": {
                "contentType": "image/jpeg",
                "data": b64encode(clean_jpeg(photo, quality=95)).decode("ascii"),
            },
        }
