"""Photographs sealed at rest: AES-256-GCM under a key of their own, which the records' key wraps.

The key lies outside the records, so that a copied or stolen data folder shows no face. Each sealed object says which
key it needs and is bound to its place: moved to another photograph's name it does not open.
Sources: NIST SP 800-38D (GCM), RFC 3394 (key wrap).
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from calibration.errors import UsageError, writing

KEY_FILE = "RUBOR_KEY_FILE"
_MAGIC = b"RUBOR\x01"
_KEY, _NAME, _NONCE, _WRAPPED = 32, 8, 12, 40
_HEAD = len(_MAGIC) + _NAME + _NONCE + _WRAPPED


class WrongKey(UsageError):
    """The key at hand does not open what is sealed."""


@dataclass(frozen=True, repr=False)
class Seal:
    """``key`` (32 bytes) wraps the key of every object."""

    key: bytes

    @property
    def name(self) -> bytes:
        """Which key this is, without telling it."""
        return hashlib.sha256(b"rubor key " + self.key).digest()[:_NAME]

    def close(self, data: bytes, place: str) -> bytes:
        """``data`` sealed for ``place``, 82 bytes longer."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap

        own, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
        head = _MAGIC + self.name + nonce + aes_key_wrap(self.key, own)
        return head + AESGCM(own).encrypt(nonce, data, head + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for ``place``. Raises :class:`WrongKey` for another key, another place or a changed byte."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        head, rest = sealed[:_HEAD], sealed[_HEAD:]
        nonce, wrapped = head[-_WRAPPED - _NONCE : -_WRAPPED], head[-_WRAPPED:]
        try:
            return AESGCM(aes_key_unwrap(self.key, wrapped)).decrypt(nonce, rest, head + place.encode())
        except (InvalidTag, InvalidUnwrap, ValueError):
            raise WrongKey(f"{place} does not open: it was sealed with another key, or changed.") from None


def is_sealed(data: bytes) -> bool:
    return data.startswith(_MAGIC)


def passing_seal() -> Seal:
    """A key that is never written down: what it sealed is gone with the process."""
    return Seal(os.urandom(_KEY))


def key_file() -> Path:
    """Where the key lies: ``RUBOR_KEY_FILE``, else the user's own settings folder."""
    chosen = os.environ.get(KEY_FILE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "rubor" / "photographs.key"


def seal_of(folder: Path, key: Path) -> Seal:
    """The seal of the records in ``folder``; a key is made where neither records nor key are there yet.

    Raises :class:`WrongKey` where the records were sealed with a key that is not in ``key``: a new one would lock them
    for ever.
    """
    mark = folder / "key-name"
    needed = mark.read_text(encoding="ascii").strip() if mark.is_file() else None
    seal = _read(key)
    if seal is None:
        if needed is not None:
            raise WrongKey(f"The photographs in {folder} are sealed, and their key is not at {key}. Put it back there.")
        seal = _make(key)
    if needed is not None and needed != seal.name.hex():
        raise WrongKey(f"The photographs in {folder} are sealed with another key than the one at {key}.")
    if needed is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.write_text(seal.name.hex() + "\n", encoding="ascii")
    return seal


def _read(key: Path) -> Seal | None:
    try:
        found = bytes.fromhex(key.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise WrongKey(f"The key file {key} cannot be read.") from None
    if len(found) != _KEY:
        raise WrongKey(f"The key file {key} holds no key.")
    return Seal(found)


def _make(key: Path) -> Seal:
    made = passing_seal()
    with writing(key):
        key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=key.parent, encoding="ascii") as file:  # readable by its owner alone
            file.write(made.key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first: its key counts
                os.link(file.name, key)
    return _read(key) or made
