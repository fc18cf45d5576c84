"""Compares names of persons by what a reader sees: a second spelling is no second person.

Case, width, ligatures, accents, blanks, punctuation, invisible characters and letters of other
alphabets that look Latin make no difference. Two real persons whose names differ in nothing else
count as one, so one of them must add a word to the name. The database has the same check in
`audit.person`.
"""

from __future__ import annotations

import re
import unicodedata

from features.platform.errors import ConfigurationError

MAX_LENGTH = 1_000

#: What makes no difference: all of ASCII and Latin 1 but letters and digits, accents, fillers.
_IGNORED = re.compile(
    "[\x01-/:-@\\[-`{-\u00bf\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u2000-\u206f\u20d0-\u20ff\u2800\u3000\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
#: Cyrillic and Greek letters, and the Latin ones that they look like.
_LOOK_ALIKES = str.maketrans("аеорсухіјѕһкмтвнԁԛԝαοριντυκ", "aeopcyxijshkmtbhdqwaopivtuk")


def identity_of(name: str) -> str:
    """Return the form of a name that is compared; empty where no letter of it is visible."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    visible = _IGNORED.sub("", folded).translate(_LOOK_ALIKES)
    return "".join(c for c in visible if unicodedata.category(c)[0] not in "CZPS")


def require_two(author: str, approver: str) -> None:
    """Refuse an author who approves their own work.

    Raises:
        ConfigurationError: a name is empty or too long, or both are one person.
    """
    for role, name in (("author", author), ("approver", approver)):
        if not is_text(name) or not identity_of(name):
            raise ConfigurationError(f"the {role} has no name: state who it is, in letters")
    if identity_of(author) == identity_of(approver):
        raise ConfigurationError(
            f"{approver!r} cannot approve their own policy; a second person must"
        )


def is_text(text: str) -> bool:
    """Return whether a text can be stored and read: not too long, without control characters."""
    hidden = any(unicodedata.category(character) in ("Cc", "Cs", "Cn") for character in text)
    return len(text) <= MAX_LENGTH and not hidden
