"""Write ``calibration/cards/colorchecker-24.reference.toml`` from the tables that colour-science carries.

X-Rite publishes the CIELAB (D50, 2 degree) of the 24 patches for charts made before and from November 2014;
colour-science (BSD-3) keeps both tables as CIE xyY. Run once; the product itself reads only the written file.

    python scripts/make_card_references.py
"""

from __future__ import annotations

from pathlib import Path

import colour

TABLES = {
    "after_november_2014": "ColorChecker24 - After November 2014",
    "before_november_2014": "ColorChecker24 - Before November 2014",
}
TARGET = Path(__file__).resolve().parents[1] / "calibration" / "cards" / "colorchecker-24.reference.toml"


def main() -> None:
    lines = [
        "# CIELAB, illuminant D50, 2 degree observer: X-Rite's published tables, by way of colour-science",
        "# (written by scripts/make_card_references.py, not by hand).",
        "",
    ]
    for number, (key, table) in enumerate(TABLES.items()):
        chart = colour.CCS_COLOURCHECKERS[table]
        if number == 0:
            names = [str(name).split(" (")[0] for name in chart.data]
            lines += ["patches = [", *(f'  "{name}",' for name in names), "]", "", "[lab_d50]"]
        lines.append(f"{key} = [")
        for xyy in chart.data.values():
            lab = colour.XYZ_to_Lab(colour.xyY_to_XYZ(xyy), chart.illuminant)
            lines.append("  [" + ", ".join(f"{value:.2f}" for value in lab) + "],")
        lines.append("]")
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
