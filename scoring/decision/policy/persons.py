"""Compares names of persons as a reader sees them: a second spelling is not a second person.

The comparison ignores case, width, ligatures, accents, blanks, punctuation and invisible
characters. It maps letters of other alphabets to the Latin letters that they resemble. Two real
persons whose names differ in nothing else count as one person, so one of them must add a word to
the name. The database has the same check in `audit.person`.
"""

from __future__ import annotations

import re
import unicodedata

from features.platform.card_numbers import names_card_number
from features.platform.errors import ConfigurationError

MAX_LENGTH = 1_000

#: The ignored characters: ASCII and Latin 1 except letters and digits, accents, fillers.
_IGNORED = re.compile(
    "[\x01-/:-@\\[-`{-\u00bf\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u2000-\u206f\u20d0-\u20ff\u2800\u3000\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
#: Cyrillic and Greek letters, and the Latin letters that they resemble.
_LOOK_ALIKES = str.maketrans("аеорсухіјѕһкмтвнԁԛԝαοριντυκ", "aeopcyxijshkmtbhdqwaopivtuk")


def identity_of(name: str) -> str:
    """Return the form of a name for comparison; it is empty if no letter is visible."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    visible = _IGNORED.sub("", folded).translate(_LOOK_ALIKES)
    return "".join(c for c in visible if unicodedata.category(c)[0] not in "CZPS")


def require_two(author: str, approver: str) -> None:
    """Refuse an author who approves their own work.

    Raises:
        ConfigurationError: a name is empty or too long, or both names are of one person.
    """
    for role, name in (("author", author), ("approver", approver)):
        if not is_text(name) or not identity_of(name):
            raise ConfigurationError(f"the {role} has no name: give a name in letters")
    if identity_of(author) == identity_of(approver):
        raise ConfigurationError(
            f"{approver!r} cannot approve their own policy; a second person must"
        )


def require_words(name: str, words: str) -> None:
    """Refuse a text of a person that says nothing, or too much.

    Args:
        name: of the text, such as `reason of an override`.
        words: the text.

    Raises:
        ConfigurationError: no letter is visible, a character is hidden, or a card number is named.
    """
    if not is_text(words) or not identity_of(words):
        raise ConfigurationError(
            f"the {name} is missing: state it in words of up to 1,000 characters"
        )
    if names_card_number(words):
        raise ConfigurationError(f"the {name} holds what passes as a full card number; take it out")


def is_text(text: str) -> bool:
    """Return whether a text can be stored and read: not too long, without control characters."""
    hidden = any(unicodedata.category(character) in ("Cc", "Cs", "Cn") for character in text)
    return len(text) <= MAX_LENGTH and not hidden
