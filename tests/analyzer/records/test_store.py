from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.records.store import PhotoStore


def test_a_kept_photograph_is_never_overwritten(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path / "photos")
    store.put("p/1", b"first")
    with pytest.raises(FileExistsError):
        store.put("p/1", b"second")
    assert store.get("p/1") == b"first"


def test_deleting_takes_the_views_along_and_nothing_else(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path / "photos")
    for key in ("p/1", "p/10"):
        store.put(key, b"photo")
        store.put_view(key, "160.jpg", b"view")
    store.delete("p/1")
    store.delete("p/1")  # already gone: no error
    with pytest.raises(FileNotFoundError):
        store.get("p/1")
    assert store.view("p/1", "160.jpg") is None
    assert store.get("p/10") == b"photo"
    assert store.view("p/10", "160.jpg") == b"view"


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    PhotoStore(tmp_path / "photos")
    assert (tmp_path / "photos").stat().st_mode & 0o077 == 0
