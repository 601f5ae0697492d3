"""DICOM: a structured report with every measure, and photographs without metadata."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from analyzer.exports.dicom import dicom_files
from analyzer.exports.exported import Exported, intended_use
from analyzer.reading import LABELS, Reading

Export = Callable[..., Exported]


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def named(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning) if "ConceptNameCodeSequence" in item else ""


def test_the_report_is_a_comprehensive_sr_with_every_measure(
    tmp_path: Path, exported: Export, readings: tuple[Reading, ...]
) -> None:
    files = dicom_files(exported(), tmp_path / "r.dcm")
    assert list(files) == [tmp_path / "r.dcm"]
    report = read(files[tmp_path / "r.dcm"])
    assert report.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert report.file_meta.MediaStorageSOPInstanceUID == report.SOPInstanceUID
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (report.Modality, report.VerificationFlag, report.PatientID) == ("SR", "UNVERIFIED", "pseudonym-1")
    content = {named(item): item for item in report.ContentSequence}
    groups = content["Imaging Measurements"].ContentSequence
    assert len(groups) == len(readings) * len(LABELS)
    cheek = next(
        group for group in groups
        if group.ContentSequence[0].TextValue == "Left cheek" and group.ObservationDateTime.startswith("20260502")
    )  # fmt: skip
    site = next(item for item in cheek.ContentSequence if named(item) == "Finding Site")
    assert site.ConceptCodeSequence[0].CodeValue == "60819002"
    assert site.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "Left"
    numbers = {
        item.ConceptNameCodeSequence[0].CodeValue: item.MeasuredValueSequence[0]
        for item in cheek.ContentSequence
        if item.ValueType == "NUM"
    }
    assert float(numbers["a-star"].NumericValue) == pytest.approx(11.4 + 8 * 0.5 ** (1 / 1.5), abs=1e-4)
    assert numbers["day"].MeasurementUnitsCodeSequence[0].CodeValue == "d"
    said = [item.TextValue for item in content["Conclusions"].ContentSequence]
    assert intended_use() in said
    for codes in every(report, "CodeValue"):
        assert len(codes.CodeValue) <= 16 and len(codes.CodingSchemeDesignator) <= 16 and len(codes.CodeMeaning) <= 64


def every(dataset: Dataset, keyword: str) -> Iterator[Dataset]:
    if keyword in dataset:
        yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from every(item, keyword)


def test_photographs_are_vl_images_without_metadata(
    tmp_path: Path, exported: Export, readings: tuple[Reading, ...], secrets: tuple[bytes, ...]
) -> None:
    files = dicom_files(exported(), tmp_path, with_photographs=True)
    assert len(files) == 1 + len(readings)
    image = read(files[tmp_path / "photograph_001.dcm"])
    assert image.SOPClassUID == "1.2.840.10008.5.1.4.1.1.77.1.4"
    assert image.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50"
    assert (image.Rows, image.Columns, image.PhotometricInterpretation) == (48, 64, "YBR_FULL_422")
    assert (image.LossyImageCompression, image.RecognizableVisualFeatures) == ("01", "YES")
    frame = next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(frame))).mean(axis=(0, 1)), (180, 120, 100), atol=2)
    assert image.ICCProfile[36:40] == b"acsp"
    assert not any(secret in content for content in files.values() for secret in secrets)
    report = read(files[tmp_path / "measurements.dcm"])
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert {one.ReferencedSOPInstanceUID for one in evidence} == {
        read(content).SOPInstanceUID for path, content in files.items() if path.name.startswith("photograph")
    }
