"""DICOM: the measurements as a structured report and, only when asked, each photograph as VL Photographic Image.

The photograph is the picture as it was taken, in sRGB, as a baseline JPEG with its colour profile; nothing of the
file's own metadata is in it. A face is recognisable, and the object says so. Source: DICOM PS3.3 2024, A.32.4 (VL
Photographic Image), C.12.1 (SOP Common), C.11.15 (ICC Profile); the report is in ``dicom_report``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.exports.codes import site_of
from analyzer.exports.dicom_objects import code, common
from analyzer.exports.dicom_report import report
from analyzer.exports.exported import Exported
from analyzer.reading import FACE

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from calibration.photo import Photo

VL_PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.4"
REPORT_NAME = "measurements.dcm"
_JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_QUALITY = 95


def dicom_files(export: Exported, path: Path, with_photographs: bool = False) -> dict[Path, bytes]:
    """The files of the export by their paths: the report alone where ``path`` ends in ``.dcm``, else a folder."""
    images = list(_images(export)) if with_photographs else []
    folder = path.parent if path.suffix.lower() == ".dcm" else path
    name = path.name if path.suffix.lower() == ".dcm" else REPORT_NAME
    files = {folder / name: to_bytes(report(export, images), _EXPLICIT_LITTLE_ENDIAN)}
    for number, image in enumerate(images, start=1):
        files[folder / f"photograph_{number:03d}.dcm"] = to_bytes(image, _JPEG_BASELINE)
    return files


def _images(export: Exported) -> list[Dataset]:
    from calibration.photo import decode_photo

    points = {point["file"]: point for point in export.usable_points()}
    kept = sorted(
        ((points[file], data) for file, data in export.photographs() if file in points),
        key=lambda one: datetime.fromisoformat(one[0]["captured_at"]),
    )
    return [
        _image(export, point, number, decode_photo(data, point["file"])) for number, (point, data) in enumerate(kept, 1)
    ]


def _image(export: Exported, point: Mapping[str, Any], number: int, photo: Photo) -> Dataset:
    from PIL import ImageCms
    from pydicom.encaps import encapsulate

    from calibration.clean import clean_jpeg

    jpeg = clean_jpeg(photo, quality=_QUALITY)
    at = datetime.fromisoformat(point["captured_at"])
    one = common(export, VL_PHOTOGRAPHIC, "photographs", at, "image", point["file"], point["captured_at"])
    one.Modality, one.SeriesNumber, one.InstanceNumber = "XC", 1, number
    one.ImageType = ["DERIVED", "PRIMARY"]
    one.DerivationDescription = "Metadata removed; colours converted to sRGB; coded anew."
    one.AcquisitionDateTime = at.strftime("%Y%m%d%H%M%S%z")
    one.PatientOrientation = ["L", "F"]  # as seen from the front: rows run to the person's left, columns to the feet
    one.BurnedInAnnotation, one.RecognizableVisualFeatures = "NO", "YES"
    one.LossyImageCompression, one.LossyImageCompressionMethod = "01", "ISO_10918_1"
    one.LossyImageCompressionRatio = f"{photo.width * photo.height * 3 / len(jpeg):.2f}"
    one.BodyPartExamined = "FACE"
    site = site_of(FACE)
    if site.concept:
        one.AnatomicRegionSequence = [code(site.concept[0], "SCT", site.words)]
    one.AcquisitionContextSequence = []
    one.SamplesPerPixel, one.PhotometricInterpretation, one.PlanarConfiguration = 3, "YBR_FULL_422", 0
    one.Rows, one.Columns = photo.height, photo.width
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 8, 8, 7, 0
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    one.ICCProfile, one.ColorSpace = profile + b"\0" * (len(profile) % 2), "SRGB"
    one.PixelData = encapsulate([jpeg])
    one["PixelData"].is_undefined_length = True
    return one


def to_bytes(one: Dataset, transfer_syntax: str) -> bytes:
    """The object as a DICOM file with its preamble and meta information."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.filewriter import dcmwrite

    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = transfer_syntax  # type: ignore[assignment]
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    out = BytesIO()
    dcmwrite(out, one, enforce_file_format=True)
    return out.getvalue()
