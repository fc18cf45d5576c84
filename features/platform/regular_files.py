"""Finds and opens the regular files below a folder; anything else is skipped with a note.

Other programs fill a landing folder. A link may loop, dangle or lead out of the folder; a pipe, a
socket or a device may block its reader for ever. None of them may block the other files.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import structlog

log = structlog.get_logger(__name__)

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a link to a folder",
}


def find(root: Path, folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the regular files of a folder and of the folders below it, with their status.

    Args:
        root: resolved; no file outside of it is found, also not through a link.
        folder: below the root; may be absent.
    """
    for parent, folders, names in os.walk(folder, onerror=partial(_note_unreadable, root)):
        for name in folders:
            if Path(parent, name).is_symlink():  # `walk` does not enter it
                _note(root, Path(parent, name), _KINDS[stat.S_IFDIR])
        for name in names:
            path = Path(parent, name)
            status = _status(root, path)
            if isinstance(status, str):
                _note(root, path, status)
            elif status is not None:
                yield path, status


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading, without blocking.

    Raises:
        FileNotFoundError: the file is absent, or is no longer a regular file.
    """
    # a pipe without a writer would block `open`; the flag has no effect on a regular file
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            raise
        raise FileNotFoundError(f"{path} is no regular file any more") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileNotFoundError(f"{path} is no regular file any more")
    return os.fdopen(handle, "rb")


def _status(root: Path, path: Path) -> os.stat_result | str | None:
    """Return the status of a regular file, or the reason why it is not one; None if it is gone."""
    try:
        if not path.resolve().is_relative_to(root):
            return "a link that leads out of the store"
        status = path.stat()
    except FileNotFoundError:
        return "a link to nothing" if path.is_symlink() else None
    except RuntimeError:
        return "a link to itself"
    except OSError as error:
        return f"it cannot be reached: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return _KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")
    return status


def _note_unreadable(root: Path, error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        _note(root, Path(str(error.filename)), f"the folder cannot be read: {error.strerror}")


def _note(root: Path, path: Path, reason: str) -> None:
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    log.warning("object_skipped", object_name=ascii(name), reason=reason)
