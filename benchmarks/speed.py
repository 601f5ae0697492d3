"""What one photograph costs, step by step and from the shell. Prints a table for docs/accuracy.md.

Usage: python benchmarks/speed.py [--runs 5]. The photograph is a sample's, enlarged to 12 megapixels. Each figure is
the least of so many runs, as wall time and as processor time: on a machine that others use, only the latter tells.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it

from PIL import Image

from analyzer.photo_analysis import WORKING_SIDE, analyze_photo_bytes, lab_of_skin
from calibration.correction import calibrate
from calibration.detection import find_card
from calibration.photo import decode_photo

SAMPLE = Path(__file__).parent.parent / "samples" / "p01_light_skin" / "d00.jpg"


@dataclass(frozen=True)
class Cost:
    """Milliseconds of one call: on the clock, and of the processors."""

    wall: float
    processor: float


def twelve_megapixels() -> bytes:
    """The sample photograph at 3024 x 4032, with its EXIF."""
    with Image.open(SAMPLE) as picture:
        file = BytesIO()
        large = picture.resize((3024, 4032), Image.Resampling.BICUBIC)
        large.save(file, "JPEG", quality=92, exif=picture.info["exif"])
    return file.getvalue()


def cost(call: Callable[[], object], runs: int) -> Cost:
    """The least of ``runs`` calls after one that warms up; processes that a call waits for count as its own."""
    call()
    walls, processors = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), processor_time()
        call()
        walls.append(1000 * (time.perf_counter() - start))
        processors.append(1000 * (processor_time() - before))
    return Cost(min(walls), min(processors))


def processor_time() -> float:
    """Seconds that this process and those it waited for have used."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


def steps_of(data: bytes) -> dict[str, Callable[[], object]]:
    """The steps of :func:`analyzer.photo_analysis.analyze_decoded` in their order, each on what came before it."""
    from analyzer import quality
    from analyzer.erythema import measure, skin_tone
    from analyzer.face import find_face
    from analyzer.face_light import face_doubts, followed
    from analyzer.regions import map_regions
    from calibration.screen_grid import without_screens

    photo = decode_photo(data, SAMPLE.name)
    found = find_card(photo)
    calibration = calibrate(found)
    working, factor = photo.reduced(WORKING_SIDE)
    shown, linear = working.srgb8(), working.linear()
    face = find_face(shown, scale=factor).face
    assert face is not None
    regions = map_regions(face, linear, scale=factor)
    lab = lab_of_skin(linear, regions.labels, calibration, factor)
    white = calibration.white_level
    return {
        "decoding, with the check that it is whole": lambda: decode_photo(data, SAMPLE.name),
        "finding and reading the card": lambda: find_card(photo),
        "is the card on a screen": lambda: without_screens(photo, found),
        "calibrating": lambda: calibrate(found),
        "the working copy, and its linear light": lambda: photo.reduced(WORKING_SIDE)[0].linear(),
        "finding the face": lambda: find_face(shown, scale=factor),
        "mapping the regions": lambda: map_regions(face, linear, scale=factor),
        "focus and exposure": lambda: quality.check_photo(shown, linear, face, regions.outlines, white),
        "light on the face": lambda: (
            face_doubts(photo, calibration, face, factor, linear, regions.wide),
            followed(calibration, factor, linear, regions.wide),
        ),
        "CIELAB of the skin": lambda: lab_of_skin(linear, regions.labels, calibration, factor),
        "redness of the regions": lambda: (
            measure(lab, regions.labels, calibration.a_se, scale=factor, weight=regions.weight),
            skin_tone(lab, regions.labels),
        ),
    }


def from_the_shell(data: bytes, runs: int) -> dict[str, Cost]:
    """The command with the modules compiled, as they are once installed; and what importing costs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        path.write_bytes(data)
        compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        compiled["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")

        def python(*arguments: str) -> Cost:
            command = [sys.executable, *arguments]
            return cost(lambda: subprocess.run(command, check=True, capture_output=True, env=compiled), runs)

        shell = python("-m", "analyzer.cli", "photo", str(path))
        light, empty = python("-c", "import analyzer"), python("-c", "")
    beyond = Cost(light.wall - empty.wall, light.processor - empty.processor)
    return {"`rubor photo` from the shell": shell, "`import analyzer`, beyond an empty Python": beyond}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    data = twelve_megapixels()
    steps = {name: cost(call, runs) for name, call in steps_of(data).items()}
    whole = cost(lambda: analyze_photo_bytes(data, SAMPLE.name), runs)
    measured = analyze_photo_bytes(data, SAMPLE.name)

    def face_map() -> object:
        measured.__dict__.pop("face_map", None)  # made once and kept, otherwise
        return measured.face_map

    rows = {
        **steps,
        "sum of these": Cost(sum(one.wall for one in steps.values()), sum(one.processor for one in steps.values())),
        "all of one photograph": whole,
        "the face map, for a series": cost(face_map, runs),
        "what the card's other edition would change": cost(measured.with_edition, runs),
        **from_the_shell(data, runs),
    }
    print("| step, 12 megapixels | ms | ms of processor time |\n|---|---|---|")
    for name, one in rows.items():
        print(f"| {name} | {one.wall:.0f} | {one.processor:.0f} |")


if __name__ == "__main__":
    main()
