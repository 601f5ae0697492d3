"""Results in words, for the terminal. Numbers come with their uncertainty, flags with what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyzer.reading import Reading


def photo_in_words(reading: Reading) -> str:
    """A short table of one usable photograph."""
    calibration = reading.calibration or {}
    lines = []
    if calibration.get("found"):
        lamp = calibration.get("lamp")
        light = f", light about {lamp['cct_k']} K, like {lamp['like']}" if lamp else ""
        lines.append(f"Card {calibration['card']}{', mirrored' if calibration['mirrored'] else ''}{light}.")
        lines += _edition_in_words(calibration)
    if reading.skin_tone:
        lines.append(f"Skin tone {reading.skin_tone.tone_class.replace('_', ' ')} (ITA {reading.skin_tone.ita:.0f}).")
    lines.append(f"{'region':<13}{'a*':>7}{'± 95 %':>8}{'L*':>7}{'b*':>7}{'pixels':>10}")
    for name, one in reading.regions.items():
        label = name.replace("_", " ")
        lines.append(f"{label:<13}{one.a:>7.1f}{2 * one.a_se:>8.1f}{one.L:>7.1f}{one.b:>7.1f}{one.pixels:>10}")
    return "\n".join(lines)


def _edition_in_words(calibration: Mapping[str, Any]) -> list[str]:
    """Nobody said how old the card is: what was assumed, and what the other edition would change."""
    higher = calibration.get("other_edition_a")
    if higher is None:
        return []
    return [
        "The card is taken for one made before November 2014; with a newer one "
        f"(--card {calibration['card']}@after-2014) a* of the face would be {abs(higher):.1f} "
        f"{'higher' if higher >= 0 else 'lower'}. Keep to one card and one answer."
    ]


def series_in_words(document: Mapping[str, Any]) -> str:
    """The verdict, its flags, the days, and the standing sentence, from a ``rubor.series/1`` document."""
    verdict = document["verdict"]
    lines = [f"{document['patient']}: {verdict['status'].upper()}. {verdict['summary']}"]
    for flag in verdict["flags"]:
        until = f" to day {flag['to_day']:.1f}" if flag["to_day"] is not None else ""
        lines.append(f"- {flag['code']} from day {flag['from_day']:.1f}{until}: {flag['message']} {flag['detail']}")
    if verdict.get("ask"):
        lines.append(verdict["ask"])
    lines += [f"- {one['sign']} on day {one['day']:.1f}: {one['message']}" for one in document.get("signs", [])]
    if document.get("band_source", "documents") != "documents":
        lines.append(f"Expected band: {document['band_source']}.")
    lines.append(f"{'day':>6} {'a*':>6} {'change':>13} {'left':>6} {'expected':>12}  status   photograph")
    lines += [_day_in_words(point) for point in document["points"]]
    lines.append(verdict["standing"])
    return "\n".join(lines)


def _day_in_words(point: Mapping[str, Any]) -> str:
    face = point["regions"].get("face")
    if face is None:
        return f"{point['day']:>6.1f} {'-':>6} {'-':>13} {'-':>6} {'-':>12}  {'not used':<8} {point['file']}"
    delta, se, left, band = (face[key] for key in ("delta_a", "delta_a_se", "residual", "expected_residual"))
    change = "-" if delta is None else f"{delta:+.1f} ± {2 * se:.1f}"
    share = "-" if left is None else f"{left:.0%}"
    expected = "-" if band is None else f"{band['p5']:.0%} to {band['p95']:.0%}"
    status = point["status"]
    return f"{point['day']:>6.1f} {face['a']:>6.1f} {change:>13} {share:>6} {expected:>12}  {status:<8} {point['file']}"


def windows_in_words(document: Mapping[str, Any]) -> str:
    """The band by day and every claim with its document, from a ``rubor.windows/1`` document."""
    names = ("p5", "p25", "p50", "p75", "p95")
    lines = [
        "Redness left, as a share of its peak: nine people in ten lie between p5 and p95, half between p25 and p75."
    ]
    lines.append(f"{'day':>6}" + "".join(f"{name:>7}" for name in names))
    lines += [f"{row['day']:>6.2g}" + "".join(f"{row[name]:>7.0%}" for name in names) for row in document["band"]]
    lines.append("What the documents say (x: the band cannot meet it, because the documents contradict each other):")
    for claim in document["claims"]:
        mark = {True: " ", False: "x", None: "-"}[claim.get("met")]
        said = f"{claim['sign']}, {claim['who']}, {_hours(claim['from_h'], claim['to_h'])}: {claim['state']}"
        lines.append(f"{mark} {claim['id']} {said} [{claim['document']}, {claim['heading']}]")
    return "\n".join(lines)


def _hours(start: float | None, end: float | None) -> str:
    if start is None and end is None:
        return "no time given"
    if end is None:
        return f"from {start:g} h"
    return f"{start or 0:g} to {end:g} h"
