"""The photographs themselves, sealed: a folder now, an object store when it grows."""

from __future__ import annotations

from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from analyzer.records.sealing import Seal, is_sealed


class PhotoStore:
    """Photographs by key, each with a few smaller views made from it.

    A kept photograph is never overwritten: ``put`` refuses a key that is taken. Views can be made
    again, so they may be. What an older version kept unsealed is read, and sealed by :meth:`seal_all`.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = LocalStore(str(folder), automatic_cleanup=True)
        self._seal = seal

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data`` under ``key``; raises ``FileExistsError`` where the key is taken."""
        try:
            obstore.put(self._store, key, self._seal.close(data, key), mode="create")
        except AlreadyExistsError:
            raise FileExistsError(f"a photograph is already kept as {key}") from None

    def get(self, key: str) -> bytes:
        """The photograph kept under ``key``; raises ``FileNotFoundError``, ``WrongKey``."""
        kept = bytes(obstore.get(self._store, key).bytes())
        return self._seal.open(kept, key) if is_sealed(kept) else kept

    def view(self, key: str, name: str) -> bytes | None:
        """The view ``name`` of photograph ``key``, None where it has not been made yet."""
        try:
            return self.get(_view_key(key, name))
        except FileNotFoundError:
            return None

    def put_view(self, key: str, name: str, data: bytes) -> None:
        place = _view_key(key, name)
        obstore.put(self._store, place, self._seal.close(data, place))

    def seal_all(self) -> int:
        """Seal what an older version kept unsealed; how many objects that were."""
        places = [str(entry["path"]) for batch in obstore.list(self._store) for entry in batch]
        kept = ((place, bytes(obstore.get(self._store, place).bytes())) for place in places)
        count = 0
        for place, data in kept:
            if not is_sealed(data):
                obstore.put(self._store, place, self._seal.close(data, place))
                count += 1
        return count

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
