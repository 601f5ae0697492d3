"""What one photograph costs, step by step and from the shell. Prints a table for docs/accuracy.md.

Usage: python benchmarks/speed.py [--runs 5]. The photograph is a sample's, enlarged to 12 megapixels.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image

from analyzer.pipeline import WORKING_SIDE, analyze_photo_bytes
from calibration.correction import calibrate
from calibration.detection import find_card
from calibration.photo import decode_photo

SAMPLE = Path(__file__).parent.parent / "samples" / "p01_light_skin" / "d00.jpg"


def twelve_megapixels() -> bytes:
    """The sample photograph at 3024 x 4032, with its EXIF."""
    with Image.open(SAMPLE) as picture:
        file = BytesIO()
        large = picture.resize((3024, 4032), Image.Resampling.BICUBIC)
        large.save(file, "JPEG", quality=92, exif=picture.info["exif"])
    return file.getvalue()


def milliseconds(call: Callable[[], object], runs: int) -> float:
    """Median wall time of ``runs`` calls after one that warms up."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    import cv2
    import numpy as np

    from analyzer.face import find_face
    from analyzer.regions import map_regions

    data = twelve_megapixels()
    coded = np.frombuffer(data, np.uint8)
    photo = decode_photo(data, SAMPLE.name)
    search = find_card(photo)
    working, factor = photo.reduced(WORKING_SIDE)
    shown, linear = working.srgb8(), working.linear()
    face = find_face(shown, scale=factor).face
    assert face is not None
    steps: dict[str, Callable[[], object]] = {
        "decoding alone (OpenCV)": lambda: cv2.imdecode(coded, cv2.IMREAD_COLOR),
        "decoding, with the check that it is whole": lambda: decode_photo(data, SAMPLE.name),
        "finding and reading the card": lambda: find_card(photo),
        "calibrating": lambda: calibrate(search),
        "finding the face": lambda: find_face(shown, scale=factor),
        "mapping the regions": lambda: map_regions(face, linear, scale=factor),
        "all of one photograph": lambda: analyze_photo_bytes(data, SAMPLE.name),
    }
    print("| step, 12 megapixels | ms |\n|---|---|")
    for name, call in steps.items():
        print(f"| {name} | {milliseconds(call, runs):.0f} |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        path.write_bytes(data)
        command = [sys.executable, "-m", "analyzer.cli", "photo", str(path)]
        shell = milliseconds(lambda: subprocess.run(command, check=True, capture_output=True), runs)
        light = milliseconds(lambda: subprocess.run([sys.executable, "-c", "import analyzer"], check=True), runs)
        empty = milliseconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True), runs)
    print(f"| `rubor photo` from the shell | {shell:.0f} |")
    print(f"| `import analyzer`, beyond an empty Python | {light - empty:.0f} |")


if __name__ == "__main__":
    main()
