"""A photograph on the map: stored and read back, the right way round, in the right colours."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from analyzer import mesh
from analyzer.facing import looks_forward
from analyzer.pipeline import PhotoAnalysis, analyze_photo, analyze_photo_bytes
from analyzer.surface.difference import sheet_of
from analyzer.surface.face_map import FaceMap, region_at
from analyzer.surface.layout import SIDE, layout, outline_mask
from analyzer.surface.shade import searched
from calibration.simulated_occluders import Occluder
from calibration.simulation import Framing, Person, Portrait, Scene, render


def test_what_is_stored_is_read_back_exactly_and_is_small(maps: dict[str, FaceMap]) -> None:
    one = maps["d00"]
    data = one.to_bytes()
    again = FaceMap.from_bytes(data)
    assert len(data) < 100_000
    assert np.array_equal(again.codes, one.codes) and np.array_equal(again.seen, one.seen)
    assert one.uncovered is not None and again.uncovered is not None
    assert np.array_equal(again.uncovered, one.uncovered)
    assert not (one.seen & ~one.uncovered).any() and one.seen.sum() < one.uncovered.sum()
    untold = FaceMap.from_bytes(replace(one, uncovered=None).to_bytes())
    assert untold.uncovered is None and np.array_equal(untold.seen, one.seen)
    assert (again.pixels_per_cm, again.size, again.a_se, again.calibrated, again.comparing) == (
        one.pixels_per_cm,
        one.size,
        one.a_se,
        one.calibrated,
        one.comparing,
    )
    assert one.comparing is not None and 0 < one.comparing.se < one.a_se
    assert FaceMap.from_bytes(replace(one, comparing=None).to_bytes()).comparing is None


def test_a_map_stored_by_a_version_that_told_less_is_compared_by_a_star(maps: dict[str, FaceMap]) -> None:
    with Image.open(io.BytesIO(maps["before_1"].to_bytes())) as picture:
        about = json.loads(picture.info["rubor"])
        del about["comparing"]["L"]
        text, out = PngInfo(), io.BytesIO()
        text.add_text("rubor", json.dumps(about))
        picture.save(out, "PNG", pnginfo=text)
    again = FaceMap.from_bytes(out.getvalue())
    assert again.comparing is None
    assert np.array_equal(again.codes, maps["before_1"].codes)


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"face ?map"):
        FaceMap.from_bytes(data)


def test_a_picture_that_is_no_map_is_refused() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (SIDE, SIDE)).save(out, "PNG")
    with pytest.raises(ValueError, match="facemap"):
        FaceMap.from_bytes(out.getvalue())


def test_the_map_has_the_regions_colours(analyses: dict[str, PhotoAnalysis]) -> None:
    for analysis in analyses.values():
        assert analysis.face_map is not None
        for region in ("forehead", "left_cheek", "right_cheek"):
            # The map shows the slanted sides of the face, too; no region is measured there.
            measured = outline_mask((mesh.OUTLINES[region],)) & looks_forward(layout().corners)
            there = measured & analysis.face_map.seen
            mean = analysis.face_map.lab[there].mean(axis=0)
            reading = analysis.reading.regions[region]
            assert np.abs(mean - [reading.L, reading.a, reading.b]).max() < 1.0


def test_the_scale_is_that_of_the_simulated_face(maps: dict[str, FaceMap]) -> None:
    # The portrait's oval is 14.0 of its own iris widths' centimetres across and 0.55 of 1200 pixels, give or take the
    # framing's 5 %.
    assert maps["before_1"].pixels_per_cm == pytest.approx(0.55 * 1200 / 14.0, rel=0.15)
    assert all(0.9 < one.size < 1.1 for one in maps.values())


def test_a_mirrored_photograph_gives_the_same_map(samples: Path, maps: dict[str, FaceMap]) -> None:
    with Image.open(samples / "p01_light_skin" / "before_1.jpg") as picture:
        out = io.BytesIO()
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(out, "JPEG", quality=95)
    mirrored = analyze_photo_bytes(out.getvalue(), "mirrored.jpg").face_map
    plain = maps["before_1"]
    assert mirrored is not None
    both = plain.seen & mirrored.seen
    same = np.abs(plain.lab - mirrored.lab)[both].mean()
    swapped = np.abs(plain.lab - mirrored.lab[:, ::-1])[both & mirrored.seen[:, ::-1]].mean()
    assert same < 1.0 < swapped


def test_most_of_the_bare_face_is_seen_and_no_hair(maps: dict[str, FaceMap]) -> None:
    for one in maps.values():
        assert one.texel_area[one.seen].sum() > 150
        assert (one.lab[..., 0][one.seen] < 30).mean() < 0.01


@pytest.mark.parametrize("worn", [Occluder("hand", seed=1), Occluder("beard", "brown", seed=1)])
def test_a_hand_or_a_beard_is_no_skin_between_the_regions_either(samples: Path, worn: Occluder) -> None:
    # Nobody whom the cover test was taught with.
    scene = Scene(Person("linda_godwin__usa", (66.0, 10.0, 15.0)), framing=Framing(560, 720, 0.6, 0.5, 0.5), card=None)
    picture = render(replace(scene, occluders=(worn,)), Portrait.read(samples / "portraits", "linda_godwin__usa"))
    out = io.BytesIO()
    Image.fromarray(picture.rgb8).save(out, "PNG")
    analysis = analyze_photo_bytes(out.getvalue(), "worn.png")
    assert analysis.measured is not None and analysis.face_map is not None
    where = np.round(layout().spread(analysis.measured.face.landmarks[: mesh.SKIN_POINTS, :2])).astype(int)
    between = layout().skin & ~outline_mask(tuple(mesh.OUTLINES.values()))
    bare = picture.bare[where[..., 1].clip(0, 719), where[..., 0].clip(0, 559)]
    seen = analysis.face_map.seen & between
    assert (between & ~bare).sum() > 0.1 * between.sum()
    assert (seen & ~bare).sum() < 0.05 * seen.sum()
    assert seen.sum() > 0.3 * (between & bare).sum()
    # Nor is a spot looked for on it, though a hand in shade has the tint of skin in shade.
    found = searched(sheet_of(analysis.face_map)).seen
    assert (found & ~bare).sum() < 0.05 * (layout().skin & ~bare).sum()


def test_a_photograph_without_a_face_has_no_map(tmp_path: Path, cat_jpeg: bytes) -> None:
    (tmp_path / "cat.jpg").write_bytes(cat_jpeg)
    assert analyze_photo(tmp_path / "cat.jpg").face_map is None


def test_a_place_has_the_region_it_lies_in_or_next_to() -> None:
    for region, outline in mesh.OUTLINES.items():
        rows, columns = np.nonzero(outline_mask((outline,)))
        inside = {region_at(int(row), int(column)) for row, column in zip(rows[::97], columns[::97], strict=True)}
        assert region in inside
    assert region_at(2, SIDE // 2) == "forehead"
