"""What all DICOM objects of an export share: identifiers, patient, study and equipment, and coded concepts."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from analyzer.exports.exported import Exported

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def uid(export: Exported, *parts: object) -> str:
    """A lasting unique identifier, derived from a UUID (PS3.5, B.2)."""
    return f"2.25.{export.identifier(*parts).int}"


def common(export: Exported, sop_class: str, series: str, at: datetime, *parts: object) -> Dataset:
    """What every object of this export says of patient, study, series and equipment."""
    from pydicom.dataset import Dataset

    one = Dataset()
    one.SpecificCharacterSet = "ISO_IR 192"
    one.SOPClassUID, one.SOPInstanceUID = sop_class, uid(export, *parts)
    one.StudyDate, one.StudyTime = _date_time(_first(export))
    one.ContentDate, one.ContentTime = _date_time(at)
    one.TimezoneOffsetFromUTC = at.strftime("%z")[:5]
    one.AccessionNumber, one.ReferringPhysicianName, one.StudyID = "", "", "1"
    one.Manufacturer, one.ManufacturerModelName, one.SoftwareVersions = "Rubor", "Rubor", version("rubor")
    one.StudyDescription = "Redness of facial skin after microneedling"
    one.PatientName, one.PatientID = "", export.pseudonym[:64]
    one.PatientBirthDate, one.PatientSex = "", ""
    one.StudyInstanceUID = uid(export, "study", _first(export).isoformat())
    one.SeriesInstanceUID = uid(export, "series", series)
    return one


def _first(export: Exported) -> datetime:
    """The time of the first session, which begins the study."""
    return export.treatment.sessions[0].treated_at


def _date_time(moment: datetime) -> tuple[str, str]:
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """One coded concept (PS3.3, 8.8)."""
    from pydicom.dataset import Dataset

    one = Dataset()
    one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = value, scheme, meaning
    return one
