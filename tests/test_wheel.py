"""The wheel carries all that the program needs outside of a checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent


def test_the_wheel_holds_models_tables_texts_samples_and_the_apps_door(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    inside = set(zipfile.ZipFile(wheel).namelist())
    data = {
        path.relative_to(ROOT).as_posix()
        for room in ("analyzer", "calibration")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert data - inside == set()
    assert "analyzer/_bundled/streamlit_app.py" in inside
    for path in (ROOT / "samples").glob("p0*/*"):
        assert f"analyzer/_bundled/samples/{path.parent.name}/{path.name}" in inside
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in inside)
