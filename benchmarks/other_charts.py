"""What looks a little like the card and is none: other makers' charts, toys, paints, keys, quilts, screens of icons.

The other charts' colours are near those that their makers tell; what counts here is that they stand in rows.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from card_scenes import Eye, Flat, Floats, flat_chart

from calibration import spectra
from calibration.cielab import lab_to_xyz, xyz_to_linear_srgb

Chart = Callable[[Eye, np.random.Generator], Flat]

# CIELAB of a chart of 24 fields in four columns of six, as its maker tells: greys, primaries, and the rest.
_FOUR_COLUMNS = (
    ((96, 2, 3), (80, 1, 2), (66, 1, 2), (50, 1, 2), (34, 0, 1), (17, 1, -1)),
    ((47, -32, -29), (50, 53, -14), (84, 3, 87), (41, 61, 31), (54, -41, 35), (25, 14, -49)),
    ((61, 38, 61), (38, 7, -43), (50, 48, 16), (29, 19, -24), (72, -24, 60), (72, 24, 72)),
    ((70, -32, 2), (54, 9, -26), (42, -16, 23), (49, -5, -23), (65, 18, 19), (36, 14, 16)),
)


def shown(lab: Floats, eye: Eye) -> Floats:
    """CIELAB (n, 3) as the phone shows it: its own exposure and curve, the lamp's tint by way of grey."""
    linear = np.clip(xyz_to_linear_srgb(lab_to_xyz(np.asarray(lab, dtype=np.float64))), 0.001, 1)
    grey = eye.sees(np.full((1, len(spectra.WAVELENGTHS)), 0.5))[0] / 0.5
    return np.asarray(np.clip(linear * grey, 0.0005, 1))


def four_columns(eye: Eye, rng: np.random.Generator) -> Flat:
    """A chart with nearly the card's colours, two of its rows the other way round."""
    columns = np.array(_FOUR_COLUMNS, dtype=np.float64)
    lying = rng.random() < 0.5
    lab = (columns[::-1] if lying else columns.transpose(1, 0, 2)).reshape(-1, 3)
    return flat_chart(shown(lab, eye), float(rng.uniform(0.8, 0.92)), 6 if lying else 4, ground=0.03)


def two_pages(eye: Eye, _: np.random.Generator) -> Flat:
    """The same chart with a second page of pastels and deep tones beside it."""
    columns = np.array(_FOUR_COLUMNS, dtype=np.float64)
    paler = columns * (0.6, 0.5, 0.5) + (38, 0, 0)
    lab = np.concatenate([columns.transpose(1, 0, 2), paler.transpose(1, 0, 2)], axis=1)
    return flat_chart(shown(lab.reshape(-1, 3), eye), 0.86, 8, ground=0.03)


def large_chart(eye: Eye, rng: np.random.Generator) -> Flat:
    """14 x 10 fields: a rim of greys, the card's own 24 colours in the middle, others to both sides."""
    seen = eye.sees(spectra.patches().values)
    fields = np.empty((10, 14, 3))
    fields[:] = rng.uniform(0.02, 0.8, (10, 14, 3))
    greys = seen[[18, 21, 23]]
    rim = np.ones((10, 14), dtype=bool)
    rim[1:-1, 1:-1] = False
    fields[rim] = greys[np.arange(int(rim.sum())) % 3]
    fields[1:5, 4:10] = seen.reshape(4, 6, 3)
    fields[5, 4:10] = np.geomspace(seen[18], seen[23], 6)
    return flat_chart(fields.reshape(-1, 3), float(rng.uniform(0.82, 0.92)), 14, ground=0.03)


def grey_ground_chart(eye: Eye, rng: np.random.Generator) -> Flat:
    """A strip card: 5 x 7 fields on middle grey, some of them grey."""
    lab = np.column_stack([rng.uniform(20, 90, 35), rng.uniform(-45, 55, 35), rng.uniform(-45, 65, 35)])
    lab[15:20] = [(95, 0, 0), (75, 0, 0), (50, 0, 0), (35, 0, 0), (18, 0, 0)]
    return flat_chart(shown(lab, eye), 0.9, 5, ground=shown(np.array([[50.0, 0, 0]]), eye)[0])


def three_greys(eye: Eye, _: np.random.Generator) -> Flat:
    """A white, a grey and a black field: what photographers balance by."""
    return flat_chart(shown(np.array([(95.0, 0, 0), (50, 0, 0), (18, 0, 0)]), eye), 0.96, 3, ground=0.1)


def grey_steps(eye: Eye, _: np.random.Generator) -> Flat:
    lab = np.column_stack([np.linspace(96, 10, 24), np.zeros(24), np.zeros(24)])
    return flat_chart(shown(lab, eye), 0.85)


def cube(eye: Eye, rng: np.random.Generator) -> Flat:
    """Cubes of 3 to 6 rows of six colours; a large one, or several side by side, has as many fields as the card."""
    paints = np.array([(40, 60, 40), (50, -50, 30), (35, 10, -50), (85, 0, 85), (60, 45, 60), (93, 0, 2)])
    rows, columns = ((3, 3), (4, 4), (5, 5), (4, 6), (6, 6))[int(rng.integers(5))]
    return flat_chart(shown(paints[rng.integers(0, 6, rows * columns)], eye), 0.88, columns)


def paint_box(eye: Eye, rng: np.random.Generator) -> Flat:
    """24 pans of paint, or of powders in the colours of skin."""
    if rng.random() < 0.5:
        lab = np.column_stack([rng.uniform(20, 90, 24), rng.uniform(-50, 60, 24), rng.uniform(-50, 75, 24)])
    else:
        lab = np.column_stack([rng.uniform(30, 85, 24), rng.uniform(4, 32, 24), rng.uniform(3, 28, 24)])
    return flat_chart(shown(lab, eye), float(rng.uniform(0.75, 0.9)), ground=float(rng.choice([0.03, 0.6])))


def fan(eye: Eye, rng: np.random.Generator) -> Flat:
    """A fan of paints: each strip one hue, from light to deep."""
    columns, rows = int(rng.integers(4, 9)), int(rng.integers(4, 8))
    hue = np.radians(rng.uniform(0, 360) + np.arange(columns) * rng.uniform(15, 60))
    light, strong = np.linspace(92, 30, rows), np.linspace(8, 60, rows)
    lab = [(one, much * np.cos(h), much * np.sin(h)) for one, much in zip(light, strong, strict=True) for h in hue]
    return flat_chart(shown(np.array(lab), eye), float(rng.uniform(0.85, 0.96)), columns, ground=0.8)


def quilt(eye: Eye, rng: np.random.Generator) -> Flat:
    """Patchwork or mosaic: many squares of few colours with dark seams."""
    columns, rows = int(rng.integers(6, 14)), int(rng.integers(4, 11))
    cloths = np.column_stack([rng.uniform(20, 90, 9), rng.uniform(-40, 55, 9), rng.uniform(-45, 60, 9)])
    return flat_chart(shown(cloths[rng.integers(0, 9, rows * columns)], eye), float(rng.uniform(0.85, 0.95)), columns)


def keys(eye: Eye, rng: np.random.Generator) -> Flat:
    """A keyboard, with coloured lights under its keys or without."""
    columns, rows = int(rng.integers(10, 16)), int(rng.integers(4, 7))
    lab = np.column_stack([rng.uniform(30, 40, rows * columns), *np.zeros((2, rows * columns))])
    if rng.random() < 0.6:
        hue = np.radians(np.arange(rows * columns) % columns * 360 / columns)
        lab = np.column_stack([np.full(len(hue), 60.0), 55 * np.cos(hue), 55 * np.sin(hue)])
    return flat_chart(shown(lab, eye), float(rng.uniform(0.78, 0.88)), columns, ground=0.015)


def icons(eye: Eye, rng: np.random.Generator) -> Flat:
    """The start page of a phone: 4 x 6 coloured tiles with a sign in each."""
    lab = np.column_stack([rng.uniform(35, 90, 24), rng.uniform(-55, 65, 24), rng.uniform(-60, 70, 24)])
    chart = flat_chart(shown(lab, eye), 0.7, int(rng.choice([4, 6])), ground=float(rng.choice([0.02, 0.3])))
    for index in range(24):
        wide = (chart.picture.shape[1] - 42) // 60
        row, column = divmod(index, wide)
        cv2.circle(chart.picture, (51 + column * 60, 51 + row * 60), 9, (0.9, 0.9, 0.9), -1)
    return chart


def shuffled(eye: Eye, rng: np.random.Generator) -> Flat:
    """The card's own colours in another order."""
    return flat_chart(rng.permutation(eye.sees(spectra.patches().values)), 0.85)


def rows_exchanged(eye: Eye, rng: np.random.Generator) -> Flat:
    """The card's own rows, one of them turned or two exchanged: what a careless copy has."""
    rows = eye.sees(spectra.patches().values).reshape(4, 6, 3)
    first, second = rng.choice(4, 2, replace=False)
    if rng.random() < 0.5:
        rows[first] = rows[first, ::-1]
    else:
        rows[[first, second]] = rows[[second, first]]
    return flat_chart(rows.reshape(-1, 3), 0.86)


def panes(eye: Eye, rng: np.random.Generator) -> Flat:
    lab = np.column_stack([rng.uniform(80, 90, 24), np.full(24, -3.0), np.full(24, -12.0)])
    return flat_chart(shown(lab, eye), 0.9)


CHARTS: dict[str, Chart] = {
    "a chart of 24 with two rows turned": four_columns,
    "the same with a second page": two_pages,
    "140 fields, the card's 24 among them": large_chart,
    "35 fields on grey": grey_ground_chart,
    "three greys": three_greys,
    "24 greys": grey_steps,
    "cubes": cube,
    "paint and powder boxes": paint_box,
    "paint fans": fan,
    "quilts and mosaics": quilt,
    "keyboards": keys,
    "icons": icons,
    "the card's colours shuffled": shuffled,
    "the card's rows exchanged": rows_exchanged,
    "window panes": panes,
}
