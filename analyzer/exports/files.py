"""Files that are either there whole or not at all: written beside their place, then moved into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from calibration.errors import UsageError


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write every file, making folders where they are missing; what stood there is replaced.

    Nothing is moved into its place before everything is on the disk. Raises ``UsageError`` where that fails.
    """
    staged: list[tuple[str, Path]] = []
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise UsageError(f"{path} cannot be written: it is a folder.")
            handle, beside = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
            staged.append((beside, path))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        for beside, path in staged:
            Path(beside).chmod(0o644 & ~_mask())
            Path(beside).replace(path)
    except OSError as error:
        where = error.filename2 or error.filename or ""
        raise UsageError(f"{where} cannot be written: {error.strerror or error}.") from None
    finally:
        for beside, _ in staged:
            Path(beside).unlink(missing_ok=True)


def _mask() -> int:
    """The permissions this user withholds from new files; a temporary file starts with fewer than usual."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
