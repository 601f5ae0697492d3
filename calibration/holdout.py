"""What the correction must never have seen: cameras, lamps and skins kept aside for judging it.

A figure of accuracy is honest only for what was not fitted. So the correction's prior uses the ``*_for_prior``
functions; the sample patients and the benchmarks use the names listed here.
"""

from __future__ import annotations

from calibration.spectra import Table, camera_names, lamps, skins

# Every maker with several cameras is represented, most of all by cameras unlike their sisters; the small sensors,
# which are nearest to phone modules (Insta360, Hasselblad's drones, RX100, S90, GX9), are all kept aside, so that
# judging them means extrapolating. Pairs that are the same sensor (5D IV and R) are kept aside together.
HELD_OUT_CAMERAS: tuple[str, ...] = (
    "Arashi_Vision_Insta360_X5",
    "Canon_EOS_5D_Mark_IV",
    "Canon_EOS_R",
    "Canon_PowerShot_S90",
    "Fujifilm_X-T3",
    "Hasselblad_L1D-20c",
    "Hasselblad_L2D-20c",
    "Nikon_D5100",
    "Nikon_D70",
    "Nikon_D850",
    "Panasonic_DC-GX9",
    "Sony_DSC-RX100M4",
    "Sony_ILCE-6400",
    "Sony_ILCE-7SM2",
)

# Each kind of light that a home has, from good to poor; of each a sister stays with the prior, as nobody can list
# every lamp sold, but every kind is known.
HELD_OUT_LAMPS: tuple[str, ...] = (
    "D55",
    "D75",
    "ID65",
    "Incandescent",
    "Neodimium Incandescent",
    "FL2",
    "FL4",
    "FL11",
    "FL3.7",
    "FL3.14",
    "F32T8/TL830 (Triphosphor)",
    "LED-B1",
    "LED-B3",
    "LED-V1",
    "LED-RGB1",
    "PHOS-3",
    "Phosphor LED YAG",
    "3-LED-3 (465/546/614)",
)


def _every_third(names: tuple[str, ...]) -> tuple[str, ...]:
    sources = sorted({name.split(".")[0] for name in names})
    return tuple(name for source in sources for name in [one for one in names if one.startswith(f"{source}.")][2::3])


# Every third person of each source: no source, and no way of measuring, belongs to one side only.
HELD_OUT_SKINS: tuple[str, ...] = _every_third(skins().names)


def cameras_for_prior() -> tuple[str, ...]:
    """Names of the cameras that a prior may use."""
    return tuple(name for name in camera_names() if name not in HELD_OUT_CAMERAS)


def lamps_for_prior() -> Table:
    """The lamps that a prior may use."""
    return lamps().only([name for name in lamps().names if name not in HELD_OUT_LAMPS])


def skins_for_prior() -> Table:
    """The measured skins that a prior may use."""
    return skins().only([name for name in skins().names if name not in HELD_OUT_SKINS])
