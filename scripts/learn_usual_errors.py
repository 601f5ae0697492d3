"""Write ``calibration/spectra/usual_errors.csv``: by how much each training person is usually misread.

To be run again whenever lamps, cameras or people of the prior change. Usage: python scripts/learn_usual_errors.py
[--pairs 120]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from calibration import spectra
from calibration.training_skins import skins_without_usual_errors
from calibration.usual_errors import sensors, usual_errors

FILE = Path(spectra.__file__).parent / "spectra" / "usual_errors.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=120, help="pairs of a lamp and a camera")
    usual = usual_errors(skins_without_usual_errors(), sensors(parser.parse_args().pairs))
    FILE.write_text("a_star\n" + "\n".join(f"{one:.3f}" for one in usual) + "\n", encoding="utf-8")
    print(f"{usual.size} people, SD {usual.std():.2f} a*")


if __name__ == "__main__":
    main()
