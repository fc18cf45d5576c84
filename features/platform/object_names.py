"""Checks names of objects, which are foreign data, before any use."""

from __future__ import annotations

MAX_NAME_BYTES = 900  # S3 allows 1024; the rest is for prefixes
MAX_PART_BYTES = 255  # of one folder or file name on Linux


class UnsafeNameError(ValueError):
    """The name would leave the store's root, or no file system can hold it."""


def check_name(name: str) -> str:
    """Return the name if it is safe to use.

    Raises:
        UnsafeNameError: absolute, too long, a control character, an empty, `.` or `..` part.
    """
    if not name or len(name.encode(errors="surrogatepass")) > MAX_NAME_BYTES:
        raise UnsafeNameError("empty or over-long object name")
    if any(ord(char) < 0x20 or 0xD800 <= ord(char) <= 0xDFFF for char in name) or "\\" in name:
        raise UnsafeNameError("object name with a control character or a backslash")
    for part in name.split("/"):
        if part in {"", ".", ".."}:
            raise UnsafeNameError("object name that leaves its folder")
        if len(part.encode()) > MAX_PART_BYTES:
            raise UnsafeNameError("object name with an over-long part")
    return name
