"""Means, levels and errors of the reading, against numbers worked out by hand or in another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.color import rgb2lab

from analyzer.erythema import JITTER_SE, a_at_level, erythema_index, measure, redness_share, sampling_se, skin_tone
from analyzer.reading import FACE_LABEL, LABELS, tone_class
from calibration.cielab import lab_to_xyz, linear_srgb_to_lab, xyz_to_lab

SIZE = 96


def no_error(mean: NDArray[np.float64]) -> float:
    assert mean.shape == (3,)
    return 0.0


def two_cheeks() -> NDArray[np.uint8]:
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[16:80, 0:48] = LABELS["right_cheek"]
    labels[16:80, 48:96] = LABELS["left_cheek"]
    return labels


def flat(L: float, a: float, b: float) -> NDArray[np.float32]:
    return np.full((SIZE, SIZE, 3), (L, a, b), np.float32)


def test_a_region_is_the_mean_of_its_own_pixels_and_the_face_of_all() -> None:
    lab = flat(60, 10, 18)
    lab[:, 48:] = (64, 16, 16)
    lab[:16] = (0, 99, 99)  # outside every region
    found = measure(lab, two_cheeks(), no_error)
    assert set(found) == {"right_cheek", "left_cheek", "face"}
    right, left, face = found["right_cheek"], found["left_cheek"], found["face"]
    assert (right.L, right.a, right.b) == pytest.approx((60, 10, 18))
    assert (left.L, left.a, left.b) == pytest.approx((64, 16, 16))
    assert (face.L, face.a, face.b, face.a_sd) == pytest.approx((62, 13, 17, 3))
    assert (right.label, left.label, face.label) == (3, 2, FACE_LABEL)
    assert (right.pixels, face.pixels) == (64 * 48, 64 * 96)
    assert right.redness_share is None


def test_mean_of_a_star_is_not_a_star_of_the_mean_colour() -> None:
    light = np.full((SIZE, SIZE, 3), (0.5, 0.28, 0.2)) * np.linspace(0.05, 1.6, SIZE)[:, None, None]
    lab = linear_srgb_to_lab(light.astype(np.float32))
    labels = np.full((SIZE, SIZE), LABELS["chin"], np.uint8)
    reading = measure(lab, labels, no_error)["chin"]
    of_the_mean = linear_srgb_to_lab(light.mean(axis=(0, 1)))[1]
    assert reading.a == pytest.approx(float(lab[..., 1].astype(np.float64).mean()), abs=1e-4)
    assert abs(reading.a - of_the_mean) > 0.3


def test_pixels_are_counted_in_the_photograph_as_stored() -> None:
    labels = two_cheeks()
    full = labels.repeat(3, axis=0).repeat(3, axis=1)[:-1]  # the stored photograph need not be a multiple
    reading = measure(flat(60, 10, 18), labels, no_error, full_labels=full, scale=3)
    assert reading["left_cheek"].pixels == int((full == LABELS["left_cheek"]).sum())
    assert measure(flat(60, 10, 18), labels, no_error, scale=3)["left_cheek"].pixels == 9 * 64 * 48


@pytest.mark.parametrize(("light", "expected"), [(0.7, 13.3), (0.5, 11.9)])
def test_one_skin_in_less_light(light: float, expected: float) -> None:
    """Published with the contract: a* 14.5 at 0.9 of the light is 13.3 at 0.7 and 11.9 at 0.5."""
    bright = np.array([66.0, 14.5, 17.0])
    dim = xyz_to_lab(lab_to_xyz(bright) * light / 0.9)
    assert dim[1] == pytest.approx(expected, abs=0.05)
    assert a_at_level(bright[0], bright[1], dim[0]) == pytest.approx(dim[1], abs=1e-9)
    assert a_at_level(dim[0], dim[1], bright[0]) == pytest.approx(14.5, abs=1e-9)


@given(
    L=st.floats(20, 85), a=st.floats(2, 35), b=st.floats(2, 30), light=st.floats(0.4, 2.0), spread=st.floats(0.0, 0.3)
)
def test_the_light_level_is_taken_out_of_a_whole_region_exactly(
    L: float, a: float, b: float, light: float, spread: float
) -> None:
    random = np.random.default_rng(1)
    xyz = lab_to_xyz(np.array([L, a, b])) * np.exp(spread * random.normal(size=(500, 1)))
    before, after = xyz_to_lab(xyz).mean(axis=0), xyz_to_lab(xyz * light).mean(axis=0)
    if xyz_to_lab(xyz * light)[:, 0].min() > 9:  # darker than that CIELAB is no cube root any more
        assert a_at_level(after[0], after[1], before[0]) == pytest.approx(before[1], abs=1e-6)


def test_a_level_is_at_sixty_or_at_the_given_lightness() -> None:
    labels = two_cheeks()
    assert measure(flat(60, 12, 18), labels, no_error)["face"].a_level == pytest.approx(12, abs=1e-5)
    expected = xyz_to_lab(lab_to_xyz(np.array([40.0, 12.0, 18.0])) * (76 / 56) ** 3)
    assert measure(flat(40, 12, 18), labels, no_error)["face"].a_level == pytest.approx(expected[1], abs=1e-4)
    assert measure(flat(40, 12, 18), labels, no_error, reference_L=40)["face"].a_level == pytest.approx(12, abs=1e-5)


def test_erythema_index_is_the_logarithm_of_red_over_green() -> None:
    coded = np.array([[180, 120, 100], [150, 100, 90]]) / 255
    light = ((coded + 0.055) / 1.055) ** 2.4
    expected = np.log10(light[:, 0].sum() / light[:, 1].sum())
    assert erythema_index(rgb2lab(coded)) == pytest.approx(expected, abs=2e-3)


def test_standard_error_joins_calibration_sampling_and_the_landmarks_jitter() -> None:
    random = np.random.default_rng(3)
    lab = flat(60, 10, 18)
    blocks = random.normal(0, 2.0, (SIZE // 16, SIZE // 16))
    lab[..., 1] += blocks.repeat(16, axis=0).repeat(16, axis=1)
    reading = measure(lab, two_cheeks(), lambda mean: 0.06 * float(mean[1]))["left_cheek"]
    sampling = sampling_se(lab[..., 1], two_cheeks() == LABELS["left_cheek"], 16)
    all_of_it = np.linalg.norm([0.06 * reading.a, sampling, JITTER_SE])
    assert reading.a_se == pytest.approx(all_of_it, rel=1e-6)


def test_the_error_of_the_whole_face_grows_with_the_regions_that_are_missing() -> None:
    """Cheeks of 10 and 16 alone, of six regions: the others may lie as far off, and on other days they count."""
    lab = flat(60, 10, 18)
    lab[:, 48:, 1] = 16
    found = measure(lab, two_cheeks(), no_error)
    whole, cheek = found["face"].a_se, found["left_cheek"].a_se
    assert whole > 4 / 6 * np.std([10, 16], ddof=1)
    assert cheek < 0.2
    with_others = two_cheeks()
    for name, row in (("forehead", 16), ("nose", 32), ("perioral", 48), ("chin", 64)):
        with_others[row : row + 16, 40:56] = LABELS[name]
    assert measure(lab, with_others, no_error)["face"].a_se < 0.5 * whole


def test_sampling_error_is_that_of_independent_blocks() -> None:
    """Blotches of 16 pixels: the error of the mean over 64 of them is their deviation over 8."""
    random = np.random.default_rng(4)
    inside = np.ones((128, 128), np.bool_)
    means, errors = [], []
    for _ in range(200):
        a = random.normal(10, 2.0, (8, 8)).repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)
        means.append(a.mean())
        errors.append(sampling_se(a, inside, 16))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.12)


def test_a_smooth_slope_over_a_cheek_is_no_error() -> None:
    slope = np.linspace(8, 16, 128, dtype=np.float32)[None].repeat(128, axis=0)
    assert sampling_se(slope, np.ones((128, 128), np.bool_), 16) < 0.15
    few = np.zeros((128, 128), np.bool_)
    few[:10, :10] = True
    assert sampling_se(slope, few, 16) == pytest.approx(float(slope[0, :10].std()), rel=1e-4)


def test_redness_share_counts_from_three_above_the_baseline() -> None:
    lab = flat(60, 12, 18)
    lab[:48, :, 1] = 15.0
    labels = two_cheeks()
    assert redness_share(lab, labels, "left_cheek", 12.0) == pytest.approx(0.5)
    assert redness_share(lab, labels, "face", 12.1) == 0.0
    assert redness_share(lab, labels, "nose", 12.0) is None


@pytest.mark.parametrize(
    ("ita", "name"),
    [
        (55.1, "very_light"), (55.0, "light"), (41.0, "intermediate"), (28.0, "tan"), (10.0, "brown"),
        (-29.9, "brown"), (-30.0, "dark"), (-60.0, "dark"),
    ],
)  # fmt: skip
def test_tone_classes_at_their_borders(ita: float, name: str) -> None:
    assert tone_class(ita) == name


def test_skin_tone_is_read_on_cheeks_and_forehead() -> None:
    labels = two_cheeks()
    labels[:16] = LABELS["chin"]
    lab = flat(65, 12, 18)
    lab[:16] = (20, 5, 5)
    tone = skin_tone(lab, labels)
    assert tone is not None
    assert tone.ita == pytest.approx(np.degrees(np.arctan(15 / 18)), abs=1e-3)
    assert tone.tone_class == "intermediate"
    chin_only = np.where(labels == LABELS["chin"], labels, 0).astype(np.uint8)
    dark = skin_tone(lab, chin_only)
    assert dark is not None
    assert dark.tone_class == "dark"
    assert skin_tone(lab, np.zeros_like(labels)) is None


def test_no_skin_gives_no_reading() -> None:
    assert measure(flat(60, 12, 18), np.zeros((SIZE, SIZE), np.uint8), no_error) == {}
