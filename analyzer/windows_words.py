"""``rubor windows`` in words for the terminal: the explanation of the band, and what a clinic's numbers changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CENTILES = ("p5", "p25", "p50", "p75", "p95")
_SHOWN = (0.0417, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 14.0, 21.0, 42.0)
_BASIS = {
    "figure": "figures of the documents",
    "ours": "our assumption",
    "none": "moves nothing",
    "clinic": "the clinic",
}


def explained_in_words(document: Mapping[str, Any]) -> str:
    """Every claim with its numbers, the fit, the contradictions and the bands, from an explained document."""
    lines = ["HOW WORDS BECOME NUMBERS (an assumption of ours; a clinic may change each)"]
    for name, table in document["numbers"].items():
        lines.append(
            f"  {name}: " + ", ".join(f"{word.replace('_', ' ')} = {value:g}" for word, value in table.items())
        )
    lines += ["", "THE FIT", *_fit(document["fit"]), "", "CLAIMS (x: the band cannot meet it; -: not fitted)"]
    for claim in document["claims"]:
        lines += _claim(claim)
    lines += ["", "WHAT CONTRADICTS WHAT"]
    for one in document["contradictions"]:
        lines.append(f"  {one['about']}: {' / '.join('+'.join(side) for side in one['sides'])}. {one['says']}")
    lines += ["", "WHAT CANNOT BE TRUE TOGETHER, BY ARITHMETIC"]
    lines += [f"  {' and '.join(one['claims'])}: {one['why']}" for one in document["clashes"]]
    lines += ["", "THE BAND OF EVERY KIND OF TREATMENT (centiles of the redness left; all days with --json)"]
    for variant in document["variants"]:
        lines += _variant(variant)
    return "\n".join(lines)


def changes_in_words(document: Mapping[str, Any]) -> str:
    """What a clinic's file changed, number by number, and the band before and after."""
    lines = [f"Expected band: {document['source']}."]
    if document.get("learned"):
        learned = document["learned"]
        low, high = learned["median_h_ci95"]
        lines.append(
            f"Learned from {learned['series']} series on {learned['date']}: typical half-life with 95 % interval "
            f"{low:.1f} to {high:.1f} h; the documents weigh {learned['prior_weight']:.0%}."
        )
    if not document["changes"]:
        lines.append("Nothing differs from the documents' own numbers.")
    for one in document["changes"]:
        before = "not there" if one["before"] is None else f"{one['before']:g}"
        lines.append(f"  {one['number']}: {before} -> {one['after']:g}")
    lines.append(
        f"{'day':>6}{'median before':>16}{'after':>8}{'p95 before':>14}{'after':>8}{'outside before':>18}{'after':>8}"
    )
    for row in document["band_changes"]:
        old, new = row["before"], row["after"]
        lines.append(
            f"{row['day']:>6g}{old['p50']:>16.0%}{new['p50']:>8.0%}{old['p95']:>14.0%}{new['p95']:>8.0%}"
            f"{old['outside_above']:>18.0%}{new['outside_above']:>8.0%}"
        )
    return "\n".join([*lines, ""])


def _fit(fit: Mapping[str, Any]) -> list[str]:
    lines = [
        f"  {fit['method']}.",
        f"  {fit['inequalities']} inequalities; typical half-life {fit['claims_median_h']:.1f} h, sigma "
        f"{fit['claims_sigma']:.2f}; in use ({fit['source']}): {fit['median_h']:.1f} h, {fit['sigma']:.2f}.",
    ]
    lines += [
        f"  without {name}: {one['median_h']:.1f} h, {one['sigma']:.2f}" for name, one in fit["without"].items()
    ]  # fmt: skip
    return lines


def _claim(claim: Mapping[str, Any]) -> list[str]:
    mark = {True: " ", False: "x", None: "-"}[claim["met"]]
    where = f"[{claim['document']}, {claim['heading']}]"
    lines = [f"{mark} {claim['id']} {claim['sign']}, {claim['who']}: {claim['state']} {where}"]
    lines += [
        f"      {one['in_words']}: the band has {one['band_share']:.0%}, {'met' if one['met'] else 'not met'}"
        for one in claim["reading"]
    ]
    if claim["contradicts"]:
        lines.append(f"      contradicts {', '.join(claim['contradicts'])}")
    return lines


def _variant(variant: Mapping[str, Any]) -> list[str]:
    used = "" if variant["used"] else " (not used)"
    lines = [f"  {variant['name']}{used}, typical half-life {variant['half_life_h']['p50']:.1f} h"]
    for shift in variant["shifts"]:
        claims = f" [{', '.join(shift['claims'])}]" if shift["claims"] else ""
        lines.append(f"    x {shift['factor']:g}, {_BASIS[shift['basis']]}{claims}: {shift['why']}")
    lines.append("    day  " + "".join(f"{name:>6}" for name in _CENTILES))
    for row in variant["band"]:
        if row["day"] in _SHOWN:
            label = "1 h" if row["day"] < 0.05 else f"{row['day']:g}"
            lines.append(f"    {label:<5}" + "".join(f"{row[name]:>6.0%}" for name in _CENTILES))
    return lines
