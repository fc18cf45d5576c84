"""Names the encodings that a source may declare for its text files.

Python knows stateful and exotic codecs, and names one encoding in many ways. This list has the
encodings of real exports, each under one name.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

UTF_8, UTF_16, UTF_16_LE, UTF_16_BE = "utf-8", "utf-16", "utf-16-le", "utf-16-be"
WINDOWS_1252, LATIN_1 = "windows-1252", "iso-8859-1"

ENCODINGS = (
    UTF_8,
    UTF_16,
    UTF_16_LE,
    UTF_16_BE,
    LATIN_1,
    *(f"iso-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *(f"windows-{page}" for page in range(1250, 1259)),
    *("cp437", "cp850", "cp852", "cp866", "mac-roman", "koi8-r", "koi8-u"),
    *("shift-jis", "euc-jp", "euc-kr", "gb18030", "big5"),
)
_ALIASES = {
    "utf8": UTF_8,
    "utf16": UTF_16,
    "utf-16le": UTF_16_LE,
    "utf-16be": UTF_16_BE,
    "latin1": LATIN_1,
    "latin-1": LATIN_1,
    "iso8859-1": LATIN_1,
    **{f"cp{page}": f"windows-{page}" for page in range(1250, 1259)},
}


def _known(name: str) -> str:
    plain = name.strip().casefold().replace("_", "-")
    encoding = _ALIASES.get(plain, plain)
    if encoding not in ENCODINGS:
        raise ValueError(f"{name!r} is not one of the encodings {', '.join(ENCODINGS)}")
    return encoding


#: The name of an encoding; common other names such as `latin-1` and `cp1252` are accepted.
Encoding = Annotated[str, AfterValidator(_known)]
