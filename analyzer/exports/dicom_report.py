"""The measurements as a DICOM Comprehensive SR after template TID 1500 (Measurement Report).

One measurement group for each region of each measured photograph. The measures have no code in any public scheme, so
they carry codes of our own (scheme 99RUBOR). Source: DICOM PS3.16 2024, TID 1500, 1501, 300, 1204, 1004, 1600;
PS3.3 A.35.3 (Comprehensive SR), C.17 (SR modules).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analyzer.exports.codes import site_of
from analyzer.exports.dicom_objects import code, common, uid
from analyzer.exports.exported import Exported, intended_use
from calibration.language import language

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
OWN_SCHEME = "99RUBOR"

# The conclusions' language; the names of codes are English, as in the schemes that they are of.
_LANGUAGES = {"en": ("en-GB", "RFC5646", "English (United Kingdom)"), "de": ("de", "RFC5646", "German")}
_NO_UNIT = ("1", "UCUM", "no units")
_DAYS = ("d", "UCUM", "day")
# Ours: value, meaning; then where the number stands and its unit.
_MEASURES = (
    ("a-star", "CIELAB a* (redness)", "a", _NO_UNIT),
    ("L-star", "CIELAB L* (lightness)", "L", _NO_UNIT),
    ("b-star", "CIELAB b* (yellowness)", "b", _NO_UNIT),
    ("a-star-se", "Standard error of a*", "a_se", _NO_UNIT),
    ("delta-a-star", "Change of a* from the baseline", "delta_a", _NO_UNIT),
    ("delta-a-star-se", "Standard error of the change of a*", "delta_a_se", _NO_UNIT),
    ("residual", "Share of the largest redness left", "residual", _NO_UNIT),
    ("day", "Days since the treatment", "day", _DAYS),
)


def report(export: Exported, images: Sequence[Dataset] = ()) -> Dataset:
    """The structured report; ``images`` are the photographs of the same export, which it then refers to."""
    points = export.usable_points()
    at = datetime.fromisoformat(points[-1]["captured_at"])
    # An object's identifier must not outlive its content: other numbers or words make another object.
    content = hashlib.sha256(json.dumps(export.document, sort_keys=True).encode()).hexdigest()
    one = common(export, COMPREHENSIVE_SR, "report", at, "report", content, len(images))
    one.Modality, one.SeriesNumber, one.InstanceNumber = "SR", 2, 1
    one.SeriesDescription = "Measurements of redness"
    one.CompletionFlag, one.VerificationFlag = "COMPLETE", "UNVERIFIED"
    one.ReferencedPerformedProcedureStepSequence, one.PerformedProcedureCodeSequence = [], []
    if images:
        one.CurrentRequestedProcedureEvidenceSequence = [_evidence(images)]
    one.ValueType, one.ContinuityOfContent = "CONTAINER", "SEPARATE"
    one.ConceptNameCodeSequence = [code("126000", "DCM", "Imaging Measurement Report")]
    one.ContentTemplateSequence = [_template("1500")]
    groups = [_group(export, point, region) for point in points for region in point["regions"]]
    one.ContentSequence = [
        _coded("HAS CONCEPT MOD", ("121049", "DCM", "Language of Content Item and Descendants"),
               _LANGUAGES[language()]),
        *_observer(export),
        _coded("HAS CONCEPT MOD", ("121058", "DCM", "Procedure reported"),
               ("follow-up", OWN_SCHEME, "Photographs of skin after microneedling")),
        *([_library(images)] if images else []),
        _container(("126010", "DCM", "Imaging Measurements"), groups),
        _container(("121076", "DCM", "Conclusions"), _conclusions(export)),
    ]  # fmt: skip
    return one


def _item(relationship: str, kind: str, name: tuple[str, str, str] | None) -> Dataset:
    from pydicom.dataset import Dataset

    one = Dataset()
    one.RelationshipType, one.ValueType = relationship, kind
    if name is not None:
        one.ConceptNameCodeSequence = [code(*name)]
    return one


def _coded(relationship: str, name: tuple[str, str, str], value: tuple[str, str, str]) -> Dataset:
    one = _item(relationship, "CODE", name)
    one.ConceptCodeSequence = [code(*value)]
    return one


def _text(relationship: str, name: tuple[str, str, str], value: str) -> Dataset:
    one = _item(relationship, "TEXT", name)
    one.TextValue = value
    return one


def _container(name: tuple[str, str, str], content: Sequence[Dataset]) -> Dataset:
    one = _item("CONTAINS", "CONTAINER", name)
    one.ContinuityOfContent = "SEPARATE"
    one.ContentSequence = list(content)
    return one


def _number(meaning: tuple[str, str, str], value: float, unit: tuple[str, str, str]) -> Dataset:
    from pydicom.dataset import Dataset

    measured = Dataset()
    measured.NumericValue = f"{value:.6g}"
    measured.MeasurementUnitsCodeSequence = [code(*unit)]
    one = _item("CONTAINS", "NUM", meaning)
    one.MeasuredValueSequence = [measured]
    return one


def _observer(export: Exported) -> list[Dataset]:
    unique = _item("HAS OBS CONTEXT", "UIDREF", ("121012", "DCM", "Device Observer UID"))
    unique.UID = uid(export, "device")
    return [
        _coded("HAS OBS CONTEXT", ("121005", "DCM", "Observer Type"), ("121007", "DCM", "Device")),
        unique,
        _text("HAS OBS CONTEXT", ("121013", "DCM", "Device Observer Name"), "Rubor"),
    ]


def _group(export: Exported, point: Mapping[str, Any], region: str) -> Dataset:
    site = site_of(region)
    measured, judged = export.region_of(point["file"], region), point["regions"][region]
    unique = _item("HAS OBS CONTEXT", "UIDREF", ("112040", "DCM", "Tracking Unique Identifier"))
    unique.UID = uid(export, "region", region)
    words = ("body-site", OWN_SCHEME, site.words)
    where = _coded("HAS CONCEPT MOD", ("363698007", "SCT", "Finding Site"), words)
    if site.concept:
        where = _coded(
            "HAS CONCEPT MOD", ("363698007", "SCT", "Finding Site"), (site.concept[0], "SCT", site.concept[1])
        )
    if site.side:
        side = (site.side[0], "SCT", site.side[1])
        where.ContentSequence = [_coded("HAS CONCEPT MOD", ("272741003", "SCT", "Laterality"), side)]
    values = {"a": measured.a, "L": measured.L, "b": measured.b, "a_se": measured.a_se, "day": point["day"]}
    values |= {key: judged[key] for key in ("delta_a", "delta_a_se", "residual")}
    group = _container(
        ("125007", "DCM", "Measurement Group"),
        [
            _text("HAS OBS CONTEXT", ("112039", "DCM", "Tracking Identifier"), site.words),
            unique,
            where,
            *(
                _number((value, OWN_SCHEME, meaning), values[key], unit)
                for value, meaning, key, unit in _MEASURES
                if values[key] is not None
            ),
        ],
    )
    group.ObservationDateTime = datetime.fromisoformat(point["captured_at"]).strftime("%Y%m%d%H%M%S%z")
    group.ContentTemplateSequence = [_template("1501")]
    return group


def _conclusions(export: Exported) -> list[Dataset]:
    verdict = export.document["verdict"]
    said = [verdict["summary"], *(flag["message"] for flag in verdict["flags"] if flag["to_day"] is None)]
    name = ("121077", "DCM", "Conclusion")
    return [
        _text("CONTAINS", name, sentence) for sentence in dict.fromkeys([*said, verdict["standing"], intended_use()])
    ]


def _library(images: Sequence[Dataset]) -> Dataset:
    """TID 1600: the photographs that were measured."""
    entries = []
    for image in images:
        entry = _item("CONTAINS", "IMAGE", None)
        entry.ReferencedSOPSequence = [_referenced(image)]
        entries.append(entry)
    return _container(
        ("111028", "DCM", "Image Library"), [_container(("126200", "DCM", "Image Library Group"), entries)]
    )


def _referenced(image: Dataset) -> Dataset:
    from pydicom.dataset import Dataset

    one = Dataset()
    one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return one


def _evidence(images: Sequence[Dataset]) -> Dataset:
    from pydicom.dataset import Dataset

    series, study = Dataset(), Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ReferencedSOPSequence = [_referenced(image) for image in images]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = images[0].StudyInstanceUID, [series]
    return study


def _template(identifier: str) -> Dataset:
    from pydicom.dataset import Dataset

    one = Dataset()
    one.MappingResource, one.TemplateIdentifier = "DCMR", identifier
    return one
