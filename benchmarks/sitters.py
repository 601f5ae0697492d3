"""Who sits for the simulated photographs: the portraits, on which of them limits were chosen, and the skin's tones."""

from __future__ import annotations

from pathlib import Path

PORTRAITS = Path(__file__).parent.parent / "samples" / "portraits"
# Limits of the skin tests were chosen on the first four, and the network of covers learnt from them; the others judge.
CHOSEN = ("boris_morukov__russia", "daniel_tani__usa", "jose_hernandez__usa", "stephanie_wilson__usa")
HELD_OUT = ("frederick_sturckow__usa", "linda_godwin__usa", "robert_satcher__usa")
# ITA in degrees, from - to, by class; nobody measured lies beyond the ends.
TONES = {
    "very_light": (55.0, 90.0),
    "light": (41.0, 55.0),
    "intermediate": (28.0, 41.0),
    "tan": (10.0, 28.0),
    "brown": (-30.0, 10.0),
    "dark": (-75.0, -30.0),
}
