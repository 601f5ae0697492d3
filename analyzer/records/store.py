"""The photographs themselves: a folder now, an object store when it grows."""

from __future__ import annotations

from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore


class PhotoStore:
    """Photographs by key, each with a few smaller views made from it.

    A kept photograph is never overwritten: ``put`` refuses a key that is taken. Views can be made
    again, so they may be.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = LocalStore(str(folder), automatic_cleanup=True)

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data`` under ``key``; raises ``FileExistsError`` where the key is taken."""
        try:
            obstore.put(self._store, key, data, mode="create")
        except AlreadyExistsError:
            raise FileExistsError(f"a photograph is already kept as {key}") from None

    def get(self, key: str) -> bytes:
        """The photograph kept under ``key``; raises ``FileNotFoundError``."""
        return bytes(obstore.get(self._store, key).bytes())

    def view(self, key: str, name: str) -> bytes | None:
        """The view ``name`` of photograph ``key``, None where it has not been made yet."""
        try:
            return self.get(_view_key(key, name))
        except FileNotFoundError:
            return None

    def put_view(self, key: str, name: str, data: bytes) -> None:
        obstore.put(self._store, _view_key(key, name), data)

    def delete(self, key: str) -> None:
        """Remove the photograph and every view of it; a photograph already gone is no error."""
        views = [entry["path"] for batch in obstore.list(self._store, prefix=f"{key}.views") for entry in batch]
        for path in [key, *views]:
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                continue


def _view_key(key: str, name: str) -> str:
    return f"{key}.views/{name}"
