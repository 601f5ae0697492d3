"""Where the parts that travel with the program lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

# DejaVu Sans has the letters of most names and the signs of colour science.
REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"


def samples_folder() -> Path:
    """The folder of sample patients."""
    return _found("samples")


def app_script() -> Path:
    """The app's door, ``streamlit_app.py``."""
    return _found("streamlit_app.py")


def font_file(name: str) -> Path:
    """A font for what is drawn into files: ``REGULAR`` or ``BOLD``."""
    return _PACKAGE / "fonts" / name


def _found(name: str) -> Path:
    """The bundled copy where there is one: an installed wheel must not pick up a stranger's folder beside it."""
    bundled = _PACKAGE / "_bundled" / name
    return bundled if bundled.exists() else _PACKAGE.parent / name
