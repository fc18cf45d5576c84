"""An author cannot approve their own policy under a second spelling of the name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.platform.errors import ConfigurationError
from scoring.decision.policy import persons

SPELLINGS = {
    "case": "ANN LEE",
    "blanks around": "  ann lee  ",
    "no blank": "annlee",
    "a no-break space": "ann\u00a0lee",
    "an ideographic space": "ann\u3000lee",
    "full width": "Ａｎｎ Ｌｅｅ",
    "bold letters": "𝐀𝐧𝐧 𝐋𝐞𝐞",
    "a zero-width space": "ann\u200b lee",
    "a zero-width joiner": "an\u200dn lee",
    "a soft hyphen": "ann\u00ad lee",
    "a byte order mark": "\ufeffann lee",
    "a direction mark": "ann lee\u200f",
    "a grapheme joiner": "ann\u034f lee",
    "a variation selector": "ann\ufe0f lee",
    "a tag": "ann lee\U000e0041",
    "a filler": "ann\u3164lee",
    "a blank of Braille": "ann\u2800lee",
    "accents": "ánn lee\u0301",
    "a dot": "Ann Lee.",
    "a hyphen": "ann-lee",
    "Cyrillic letters": "\u0430nn l\u0435\u0435",
    "Greek letters": "αnn lee",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_two_spellings_of_a_name_are_one_person(spelling: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot approve their own policy"):
        persons.require_two("ann lee", spelling)


@pytest.mark.parametrize(
    ("author", "approver"),
    [("fin", "ﬁn"), ("straße", "STRASSE"), ("José", "Jose\u0301"), ("パ", "ﾊﾟ"), ("İbo", "ibo")],
)
def test_ligatures_and_composed_letters_equal_their_plain_letters(
    author: str, approver: str
) -> None:
    assert persons.identity_of(author) == persons.identity_of(approver)


@pytest.mark.parametrize(
    ("author", "approver"),
    [("ann", "ben"), ("ann1", "ann2"), ("Ann Lee", "Ann Li"), ("李雷", "李磊"), ("मीना", "माना")],
)
def test_names_that_differ_in_a_letter_are_two_persons(author: str, approver: str) -> None:
    persons.require_two(author, approver)

    assert persons.identity_of(author) != persons.identity_of(approver)


@pytest.mark.parametrize(
    "name", ["", " ", "\t\n", "\u200b\u200d", "\u00a0", "\u3164", "...", "\x00"]
)
@pytest.mark.parametrize("role", ["author", "approver"])
def test_a_name_without_a_visible_letter_is_refused(name: str, role: str) -> None:
    names = {"author": "ann", "approver": "ben"} | {role: name}

    with pytest.raises(ConfigurationError, match=f"the {role} has no name"):
        persons.require_two(**names)


@pytest.mark.parametrize("name", ["ben\x1b[2K", "ben\udc80", "b" * 2_000])
def test_a_name_that_cannot_be_stored_or_shown_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="the approver has no name"):
        persons.require_two("ann", name)


@given(st.text(max_size=20), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_form_in_which_unicode_writes_a_name_makes_no_difference(name: str, form: str) -> None:
    written = unicodedata.normalize(form, name)  # type: ignore[arg-type]

    assert persons.identity_of(written) == persons.identity_of(name)
    assert persons.identity_of(f" {name}\u200b") == persons.identity_of(name)
