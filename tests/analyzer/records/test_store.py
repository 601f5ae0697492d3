from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.records.sealing import is_sealed, passing_seal
from analyzer.records.store import PhotoStore


def test_a_kept_photograph_is_never_overwritten(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path / "photos", passing_seal())
    store.put("p/1", b"first")
    with pytest.raises(FileExistsError):
        store.put("p/1", b"second")
    assert store.get("p/1") == b"first"


def test_deleting_takes_the_views_along_and_nothing_else(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path / "photos", passing_seal())
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


def test_nothing_lies_on_the_disk_as_it_was_sent(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path / "photos", passing_seal())
    store.put("p/1", b"a face" * 100)
    store.put_view("p/1", "160.jpg", b"a small face" * 100)
    kept = [path.read_bytes() for path in (tmp_path / "photos").rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert all(is_sealed(one) and b"face" not in one for one in kept)


def test_what_an_older_version_kept_is_read_and_sealed(tmp_path: Path) -> None:
    older = tmp_path / "photos" / "p" / "1"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"\xff\xd8 a face")
    store = PhotoStore(tmp_path / "photos", passing_seal())
    store.put("p/2", b"another")
    assert store.get("p/1") == b"\xff\xd8 a face"
    assert store.seal_all() == 1
    assert is_sealed(older.read_bytes())
    assert store.get("p/1") == b"\xff\xd8 a face"
    assert store.seal_all() == 0


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    PhotoStore(tmp_path / "photos", passing_seal())
    assert (tmp_path / "photos").stat().st_mode & 0o077 == 0
