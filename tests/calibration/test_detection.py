"""Cards in real photographs: turned, mirrored, tilted, covered, cut and blurred; and pictures without any card.

The corners of the real photographs were checked by eye on overlays; OpenCV's own detector found the same ones to a
few hundredths of the card.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from calibration.card_reading import CardSearch
from calibration.cards import load_card
from calibration.cielab import decode_srgb, encode_srgb
from calibration.detection import find_card
from calibration.errors import UnknownCard
from calibration.photo import read_photo
from tests.calibration.conftest import Points, as_photo, codes, error, read

CARDS = Path(__file__).parents[1] / "data" / "cards"
FACES = Path(__file__).parents[2] / "samples" / "portraits"

Picture = NDArray[np.uint8]

CORNERS = {
    "IMG_20140613_203438.jpg": [[999, 552], [701, 849], [464, 731], [771, 464]],
    "IMG_20140613_203444.jpg": [[670, 1080], [652, 1272], [524, 1257], [547, 1059]],
    "IMG_20140613_203451.jpg": [[507, 789], [512, 917], [403, 919], [401, 789]],
    "color_checker_1.jpg": [[422, 1424], [392, 320], [1107, 280], [1177, 1394]],
    "color_checker_2.jpg": [[323, 1478], [472, 395], [1180, 324], [1184, 1547]],
    "color_checker_3.jpg": [[601, 1522], [590, 479], [1255, 503], [1213, 1480]],
    "color_checker_4.jpg": [[640, 1597], [622, 545], [1224, 581], [1282, 1543]],
    "color_checker_5.jpg": [[448, 1501], [374, 503], [1044, 418], [1102, 1513]],
    "color_checker_mini_1.jpg": [[937, 821], [934, 1277], [634, 1274], [637, 820]],
    "color_checker_mini_2.jpg": [[625, 1254], [604, 830], [863, 786], [894, 1242]],
    "color_checker_mini_3.jpg": [[513, 1337], [483, 884], [779, 866], [842, 1299]],
}
MINI = "color_checker_mini_3.jpg"
LEAF, LIGHT_SKIN, DARK_SKIN = (70, 110, 40), (225, 180, 155), (95, 62, 48)


def real(name: str) -> Picture:
    pixels = read_photo(CARDS / name).pixels
    assert pixels.dtype == np.uint8
    return pixels.astype(np.uint8)


def shrunk(picture: Picture, factor: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def through(homography: Points, points: Points) -> Points:
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def warped(picture: Picture, homography: Points, size: tuple[int, int]) -> Picture:
    """The picture seen through a homography, on grey."""
    return np.asarray(
        cv2.warpPerspective(picture, homography, size, flags=cv2.INTER_LINEAR, borderValue=(90, 95, 100)), np.uint8
    )


def inside(corners: Points, column: float, row: float) -> Points:
    """The place (column, row), 0..6 and 0..4 over the card between its outer corners, in the picture."""
    unit = np.array([[0, 0], [6, 0], [6, 4], [0, 4]], np.float32)
    homography = cv2.getPerspectiveTransform(unit, corners.astype(np.float32))
    return through(np.asarray(homography, dtype=np.float64), np.array([[column, row]]))[0]


def covered(
    picture: Picture, corners: Points, place: tuple[float, float], reach: float, colour: tuple[int, int, int]
) -> Picture:
    """A round thing of ``reach`` fields lies on the card; a little mottled, as skin and leaves are."""
    mask = np.zeros(picture.shape[:2], np.float32)
    turn = np.linspace(0, 2 * np.pi, 50)
    outline = [inside(corners, place[0] + reach * np.cos(t), place[1] + reach * np.sin(t)) for t in turn]
    cv2.fillConvexPoly(mask, np.rint(outline).astype(np.int32), 1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1), np.float32)[..., None]
    mottle = np.random.default_rng(1).normal(1, 0.04, picture.shape[:2])[..., None]
    thing = np.clip(np.array(colour) * mottle, 0, 255)
    return np.rint(picture * (1 - mask) + thing * mask).astype(np.uint8)


def corners_of(name: str) -> Points:
    return np.array(CORNERS[name], dtype=np.float64)


def refusal(search: CardSearch) -> str:
    assert search.reading is None
    assert [problem.code for problem in search.problems] == ["card_unreadable"]
    return search.problems[0].message


@pytest.mark.parametrize("name", CORNERS)
def test_every_real_card_is_found_to_a_hundredth_of_its_width(name: str) -> None:
    reading = read(find_card(read_photo(CARDS / name)))
    assert error(reading, corners_of(name)) < 0.01
    assert not reading.mirrored
    assert reading.card == "classic-24"
    # White is the lightest patch, black the darkest grey, and the greys fall between them in order.
    light = reading.rgb.mean(axis=1)
    assert light[18] == light.max()
    assert np.all(np.diff(light[18:]) < 0)
    assert np.all(reading.rgb_se > 0)
    # Pixels are sure to 0.002; some of these cards have a sheen on their ground, and perhaps on their fields.
    assert np.median(reading.rgb_se) < 0.01


@pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_turned_photograph_has_the_same_patches(turn: int) -> None:
    upright = read(find_card(as_photo(real(MINI))))
    turned = read(find_card(as_photo(np.asarray(cv2.rotate(real(MINI), turn), np.uint8))))
    assert np.allclose(turned.rgb, upright.rgb, atol=0.004)
    assert not turned.mirrored


@pytest.mark.parametrize("name", [MINI, "IMG_20140613_203438.jpg", "color_checker_2.jpg"])
def test_a_mirrored_card_is_read_in_the_cards_own_order(name: str) -> None:
    picture = real(name)
    plain, mirrored = read(find_card(as_photo(picture))), read(find_card(as_photo(picture[:, ::-1])))
    assert mirrored.mirrored
    flipped = corners_of(name) * (-1, 1) + (picture.shape[1] - 1, 0)
    assert error(mirrored, flipped) < 0.01
    assert np.allclose(mirrored.rgb, plain.rgb, atol=0.005)


@pytest.mark.parametrize("angle", [20, 75, 133, 200, 290, 341])
@pytest.mark.parametrize("tilt", [0, 40])
def test_any_angle_and_a_strong_tilt(angle: int, tilt: int) -> None:
    picture = shrunk(real(MINI), 0.75)
    corners = (corners_of(MINI) + 0.5) * 0.75 - 0.5
    middle, size = corners.mean(axis=0), (800, 800)
    turn, lean = np.radians(angle), np.radians(tilt)
    to_middle = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, 1]])
    rotate = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    project = np.array([[np.cos(lean), 0, 0], [0, 1, 0], [np.sin(lean) / 1200, 0, 1]])
    back = np.array([[1, 0, size[0] / 2], [0, 1, size[1] / 2], [0, 0, 1]])
    homography = back @ project @ rotate @ to_middle
    reading = read(find_card(as_photo(warped(picture, homography, size))))
    assert error(reading, through(homography, corners)) < 0.01


@pytest.mark.parametrize("gains", [(1.25, 0.75, 0.3), (0.6, 0.8, 1.2), (0.25, 0.25, 0.25), (0.9, 1.1, 0.55)], ids=str)
@pytest.mark.parametrize("power", [0.75, 1.3])
def test_lamps_and_tone_curves_do_not_hide_the_card(gains: tuple[float, ...], power: float) -> None:
    picture = shrunk(real("color_checker_4.jpg"), 0.4)
    linear = np.clip((picture / 255.0) ** 2.2 * gains, 0, 1) ** power
    seen = np.rint(linear ** (1 / 2.2) * 255).astype(np.uint8)
    reading = read(find_card(as_photo(seen)))
    assert error(reading, (corners_of("color_checker_4.jpg") + 0.5) * 0.4 - 0.5) < 0.01


@pytest.mark.parametrize(
    ("place", "reach", "colour"),
    [
        ((0.5, 0.5), 0.5, LIGHT_SKIN),
        ((3.5, 1.5), 0.5, DARK_SKIN),
        ((5.5, 3.5), 0.6, LIGHT_SKIN),
        ((2.5, 3.5), 0.5, LEAF),
        ((3.0, 0.0), 0.8, LIGHT_SKIN),
        ((1.5, 2.0), 1.8, LEAF),
        ((5.0, 2.0), 2.2, DARK_SKIN),
    ],
)
@pytest.mark.parametrize("name", [MINI, "color_checker_4.jpg"])
def test_a_covered_card_is_refused(
    name: str, place: tuple[float, float], reach: float, colour: tuple[int, int, int]
) -> None:
    picture = covered(real(name), corners_of(name), place, reach, colour)
    assert "covers" in refusal(find_card(as_photo(picture)))


def test_a_finger_nearly_of_the_fields_own_colour_is_seen() -> None:
    """Dark skin over a third and a half of the patch called dark skin: faint, but over a good part of it."""
    picture = chart(own_colours(), step=60)
    whole = read(find_card(as_photo(picture)))
    for share in (0.35, 0.5):
        hidden = picture.copy()
        corner = np.rint(whole.corners[0]).astype(int)
        wide = round(share * 52)
        finger = hidden[corner[1] - 12 : corner[1] + 64, corner[0] - 12 : corner[0] + wide]
        finger[:] = 0.82 * whole_colour(picture, whole.centres[0])
        assert "covers" in refusal(find_card(as_photo(hidden)))


def whole_colour(picture: Picture, centre: Points) -> Points:
    column, row = np.rint(centre).astype(int)
    return picture[row, column].astype(np.float64)


def test_a_soft_reflection_makes_its_fields_uncertain_or_refuses() -> None:
    picture, corners = real(MINI), corners_of(MINI)
    plain = read(find_card(as_photo(picture)))
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    centre = inside(corners, 3.0, 2.0)
    far = np.hypot(x - centre[0], y - centre[1]) / (np.linalg.norm(corners[1] - corners[0]) / 6)
    linear = decode_srgb(picture / 255.0) + 0.02 * np.exp(-0.5 * far**2)[..., None]
    veiled = read(find_card(as_photo(np.rint(255 * encode_srgb(np.clip(linear, 0, 1))).astype(np.uint8))))
    change = np.abs(veiled.rgb - plain.rgb).max(axis=1)
    middle = change > 0.01
    assert 2 <= middle.sum() <= 12
    assert np.all(veiled.rgb_se.max(axis=1)[middle] > change[middle] / 3)
    # The rest of the card is believed as before.
    assert np.median(veiled.rgb_se[change < 0.002]) < 2 * np.median(plain.rgb_se)


@pytest.mark.parametrize("place", [(4.5, 3.5), (2.5, 2.5), (0.7, 0.2), (3.0, 3.9)], ids=str)
@pytest.mark.parametrize("strength", [0.03, 0.06, 0.12])
def test_a_soft_reflection_on_dark_fields_is_told(place: tuple[float, float], strength: float) -> None:
    picture = chart(own_colours(), step=60)
    plain = read(find_card(as_photo(picture)))
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    centre = inside(plain.corners, *place)
    for reach in (45, 70):
        added = strength * np.exp(-0.5 * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / reach**2)
        veiled = np.rint(255 * encode_srgb(np.clip(decode_srgb(picture / 255.0) + added[..., None], 0, 1)))
        reading = find_card(as_photo(veiled.astype(np.uint8))).reading
        # Refused or told: no field is off by more than its three standard errors where the eye would see it.
        off = [] if reading is None else np.abs(reading.rgb - plain.rgb).max(axis=1)
        told = [] if reading is None else 3 * reading.rgb_se.max(axis=1)
        assert np.all((np.array(off) < np.array(told)) | (np.array(off) < 0.01))


def test_a_sheen_on_the_ground_alone_leaves_the_fields_believed() -> None:
    """The ground of many cards is glossy, their fields are mat."""
    plain = chart(own_colours(), step=60)
    fields = chart(own_colours(), step=60, ground=0)
    on_ground = np.abs(plain.astype(int) - fields).max(axis=2) > 10
    rise = np.linspace(0, 0.04, plain.shape[1])[None, :, None] * on_ground[..., None]
    shining = np.rint(255 * encode_srgb(np.clip(decode_srgb(plain / 255.0) + rise, 0, 1))).astype(np.uint8)
    reading = read(find_card(as_photo(shining)))
    sheen = np.interp(reading.centres[:, 0], np.arange(plain.shape[1]), rise.max(axis=(0, 2)))
    assert sheen.max() > 0.025
    assert np.median(reading.rgb_se.max(axis=1) / sheen) < 0.3


def test_a_finger_on_the_frame_alone_does_no_harm() -> None:
    picture = covered(real(MINI), corners_of(MINI), (7.0, 2.0), 0.6, LIGHT_SKIN)
    assert error(read(find_card(as_photo(picture))), corners_of(MINI)) < 0.01


def test_a_cut_card_is_refused() -> None:
    picture = real(MINI)
    assert "outside the picture" in refusal(find_card(as_photo(picture[:, :740])))


def test_a_blurred_card_is_refused() -> None:
    picture = np.asarray(cv2.GaussianBlur(real(MINI), (0, 0), 9), np.uint8)
    assert "blurred" in refusal(find_card(as_photo(picture)))


def test_a_tiny_card_is_refused() -> None:
    assert "too small" in refusal(find_card(as_photo(shrunk(real("color_checker_1.jpg"), 0.055))))


@pytest.mark.parametrize("name", ["astronaut", "cat", "coffee", "rocket", "colorwheel", "checkerboard"])
def test_no_card_is_seen_where_there_is_none(name: str) -> None:
    picture = np.asarray(getattr(skimage.data, name)())
    picture = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3]
    assert codes(find_card(as_photo(picture.astype(np.uint8)))) == ["no_card"]


def test_no_card_is_seen_on_an_empty_holder_or_a_face() -> None:
    for path in (CARDS / "neg_normal_example.jpg", *sorted(FACES.glob("*.jpg"))[:3]):
        assert codes(find_card(read_photo(path))) == ["no_card"]


def chart(colours: Points, ground: int = 30, step: int = 40, side: float = 0.86) -> Picture:
    """Fields (rows, columns, 3), linear, on a dark ground on a grey table."""
    rows, columns = colours.shape[:2]
    picture = np.full((rows * step + 200, columns * step + 200, 3), 120, np.uint8)
    picture[85:-85, 85:-85] = ground
    inset = round((1 - side) / 2 * step)
    for row, column in np.ndindex(rows, columns):
        top, left = 100 + row * step + inset, 100 + column * step + inset
        field = picture[top : top + step - 2 * inset, left : left + step - 2 * inset]
        field[:] = np.rint(255 * encode_srgb(np.clip(colours[row, column], 0, 1)))
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.uint8)


def own_colours() -> Points:
    return load_card("classic-24").linear_srgb().reshape(4, 6, 3)


def test_a_chart_with_the_cards_colours_is_the_card() -> None:
    assert read(find_card(as_photo(chart(own_colours())))).card == "classic-24"


@pytest.mark.parametrize("columns", [(3, 8), (0, 8), (4, 0)], ids=str)
def test_a_larger_chart_that_holds_the_cards_colours_is_not_the_card(columns: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    before, after = columns
    rim = 2 if all(columns) else 0
    large = rng.uniform(0.05, 0.8, (4 + 2 * rim, 6 + before + after, 3))
    large[rim : rim + 4, before : before + 6] = own_colours()
    assert codes(find_card(as_photo(chart(large)))) == ["unknown_card"]


def test_a_chart_with_two_rows_turned_is_another_chart() -> None:
    """Another maker's chart of 24 fields has nearly these colours, in rows that run to and fro."""
    turned = own_colours()
    turned[[0, 2]] = turned[[0, 2], ::-1]
    assert codes(find_card(as_photo(chart(turned)))) == ["unknown_card"]


@pytest.mark.parametrize("side", [14, 22, 34])
def test_a_card_among_keys_of_its_own_size_is_found(side: int) -> None:
    """Keys and tiles stand in rows, too, and there are many more of them."""
    rng = np.random.default_rng(side)
    picture = np.full((1200, 1600, 3), 25, np.uint8)
    for top in range(0, 1200, side + 4):
        for left in range(-int(rng.integers(side)), 1600, side + 4):
            shade = float(rng.uniform(55, 95))
            cv2.rectangle(picture, (left, top), (left + side, top + side), (shade, shade, shade), -1)
    card, corners = real(MINI)[760:1400, 420:920], corners_of(MINI) - (420, 760)
    # The frame lies about a quarter of a field beyond the fields.
    outline = np.array([inside(corners, x, y) for x, y in ((-0.3, -0.3), (6.3, -0.3), (6.3, 4.3), (-0.3, 4.3))])
    shrink = 0.5
    move = np.array([[shrink, 0, 700], [0, shrink, 400], [0, 0, 1.0]])
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.rint(through(move, outline)).astype(np.int32), (1.0,))
    soft = np.asarray(cv2.GaussianBlur(card, (0, 0), 0.8), np.uint8)
    laid = np.where(mask[..., None] > 0, warped(soft, move, (1600, 1200)), picture)
    assert error(read(find_card(as_photo(laid))), through(move, corners)) < 0.01


def test_none_does_not_look_and_an_unknown_name_is_refused() -> None:
    photo = as_photo(shrunk(real(MINI), 0.3))
    assert codes(find_card(photo, "none")) == ["no_card"]
    assert read(find_card(photo, "mini-24")).card == "mini-24"
    with pytest.raises(UnknownCard):
        find_card(photo, "classic")


def test_pictures_of_odd_shape_do_no_harm() -> None:
    rng = np.random.default_rng(0)
    shapes = [(1, 1), (3, 700), (700, 3), (64, 64), (17, 31)]
    pictures: list[Picture] = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
    for picture in (*pictures, np.zeros((300, 300, 3), np.uint8)):
        assert codes(find_card(as_photo(picture))) == ["no_card"]


def test_threads_do_not_disturb_each_other() -> None:
    photo = as_photo(shrunk(real(MINI), 0.5))
    alone = read(find_card(photo))
    with ThreadPoolExecutor(4) as pool:
        together = [read(search) for search in pool.map(lambda _: find_card(photo), range(8))]
    assert all(np.array_equal(reading.rgb, alone.rgb) for reading in together)
