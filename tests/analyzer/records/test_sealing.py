"""Sealed photographs: opened by their own key at their own place, by nothing else; a key is never replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.records.archive import open_archive
from analyzer.records.sealing import Seal, WrongKey, is_sealed, key_file, passing_seal, seal_of

SEAL = Seal(bytes(range(32)))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_what_is_closed_opens_again(data: bytes, place: str) -> None:
    sealed = SEAL.close(data, place)
    assert is_sealed(sealed)
    assert len(sealed) == len(data) + 82
    assert SEAL.open(sealed, place) == data
    assert SEAL.close(data, place) != sealed  # never the same key and nonce twice


@given(st.data())
def test_a_changed_byte_another_place_or_another_key_does_not_open(draw: st.DataObject) -> None:
    sealed = SEAL.close(b"a face", "p/1")
    at = draw.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= draw.draw(st.integers(1, 255))
    for seal, data, place in ((SEAL, bytes(changed), "p/1"), (SEAL, sealed, "p/2"), (passing_seal(), sealed, "p/1")):
        with pytest.raises(WrongKey, match="does not open"):
            seal.open(data, place)
    with pytest.raises(WrongKey):
        SEAL.open(sealed[: draw.draw(st.integers(0, len(sealed) - 1))], "p/1")


def test_the_envelope_is_the_published_one() -> None:
    """Opened by hand with RFC 3394 and SP 800-38D, as a reader in another language would."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

    sealed = SEAL.close(b"a face", "p/1")
    assert sealed[6:14] == SEAL.name
    head, body, tag = sealed[:66], sealed[66:-16], sealed[-16:]
    own = aes_key_unwrap(SEAL.key, head[26:66])
    decryptor = Cipher(algorithms.AES(own), modes.GCM(head[14:26], tag)).decryptor()
    decryptor.authenticate_additional_data(head + b"p/1")
    assert decryptor.update(body) + decryptor.finalize() == b"a face"


def test_the_key_is_made_once_outside_the_records_for_its_owner_alone(tmp_path: Path) -> None:
    key = tmp_path / "settings" / "photographs.key"
    first = seal_of(tmp_path / "data", key)
    assert seal_of(tmp_path / "data", key) == first
    assert seal_of(tmp_path / "other data", key) == first
    assert key.stat().st_mode & 0o077 == 0
    assert [one.name for one in key.parent.iterdir()] == [key.name]
    assert first.key.hex() not in (tmp_path / "data" / "key-name").read_text()


def test_a_lost_or_exchanged_key_is_said_and_never_replaced(tmp_path: Path) -> None:
    key, data = tmp_path / "photographs.key", tmp_path / "data"
    seal_of(data, key)
    kept = key.read_text()
    key.unlink()
    with pytest.raises(WrongKey, match="their key is not at"):
        seal_of(data, key)
    assert not key.exists()
    key.write_text("00" * 32)
    with pytest.raises(WrongKey, match="another key"):
        seal_of(data, key)
    for damaged in ("", "not a key", "00" * 31, kept[:-4]):
        key.write_text(damaged)
        with pytest.raises(WrongKey, match="key file"):
            seal_of(data, key)
    key.write_text(kept)
    assert seal_of(data, key)


def test_the_records_open_with_the_users_own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUBOR_KEY_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert key_file() == tmp_path / "config" / "rubor" / "photographs.key"
    first = open_archive(tmp_path / "data")
    first.photos.put("p/1", b"a face")
    first.close()
    again = open_archive(tmp_path / "data")
    assert again.photos.get("p/1") == b"a face"
    again.close()
    key_file().unlink()
    with pytest.raises(WrongKey):
        open_archive(tmp_path / "data")
