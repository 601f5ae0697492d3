"""Recovery: what the documents expect, what this patient's redness does, and what to say of it."""

from analyzer.recovery.band import Band, expected_band, windows
from analyzer.recovery.claims import Claim, load_claims, load_contradictions, load_milestones
from analyzer.recovery.results import Flag, Point, Recovery, RegionCurve, RegionPoint, Verdict
from analyzer.recovery.settings import BandFit, Settings
from analyzer.recovery.verdict import judge

__all__ = [
    "Band",
    "BandFit",
    "Claim",
    "Flag",
    "Point",
    "Recovery",
    "RegionCurve",
    "RegionPoint",
    "Settings",
    "Verdict",
    "expected_band",
    "judge",
    "load_claims",
    "load_contradictions",
    "load_milestones",
    "windows",
]
