"""Find columns that no model may read: personal data, card numbers, protected attributes, leaks.

The content counts as well as the name, because a column of e-mail addresses may have any name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.leaks import Leak, leaks_of
from features.platform.card_numbers import passes_luhn
from features.tryout.column_facts import ColumnFacts

CARD_NUMBERS = "holds full card numbers"
_NAMES = frozenset(
    (
        *("name", "firstname", "lastname", "fullname", "surname", "givenname", "familyname"),
        *("customername", "clientname", "cardholder", "cardholdername", "holder", "first", "last"),
        *("middlename", "maidenname", "vorname", "nachname", "kundenname", "inhaber", "nom"),
        *("prenom", "nombre", "apellido", "username"),
    )
)
_CONTACT = frozenset(
    (
        *("email", "mail", "phone", "mobile", "telephone", "telefon", "tel", "fax", "street"),
        *("address", "strasse", "adresse", "addr", "postcode", "ssn", "passport", "iban", "bic"),
        *("taxid", "steuernummer", "svnr", "dob", "birthdate", "dateofbirth", "birthday"),
        *("geburtsdatum", "zip", "plz", "zipcode", "cvv", "cvc", "pin", "emailaddress"),
        *("phonenumber", "homeaddress", "nationalid", "socialsecuritynumber", "accountholder"),
    )
)
_EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"
_IBAN = r"^[A-Z]{2}[0-9]{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}$"
_PHONE = r"^(?:\+|00)[0-9][0-9 ()/.-]{6,18}$"
_CARD = r"^[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}$|^[0-9]{13,19}$"
_MOST = 400
_PROTECTED = frozenset(("sex", "gender", "ethnicity", "religion", "race", "geschlecht"))
_PROTECTED_OF_LOANS = frozenset(("age", "marital", "nationality"))
_OF_FRAUD = frozenset(("fraud", "chargeback", "scenario", "isflaggedfraud"))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivered column that must not be read, and why."""

    name: str
    reason: str


def personal(facts: ColumnFacts) -> str | None:
    """Return why a column looks personal, or None."""
    if facts.bare in _NAMES or set(facts.words) & {"firstname", "lastname", "surname"}:
        return "looks like names of persons"
    words = {*facts.words, facts.bare, *map("".join, pairwise(facts.words))}
    is_contact = words & (_CONTACT - {"pin"}) or facts.bare == "pin"
    if is_contact and "ip" not in words:
        return "looks like an address, a contact, a birth date or a number of a person"
    contents: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: facts.share(_EMAIL) > 0.3, "holds e-mail addresses"),
        (lambda: facts.share(_IBAN) > 0.5 and _ibans(facts) > 0.5, "holds account numbers (IBAN)"),
        (lambda: facts.share(_PHONE) > 0.5, "holds phone numbers"),
        (
            lambda: cards_share(facts) > 0.5,
            f"{CARD_NUMBERS}; deliver a token or a digest in place of them",
        ),
    )
    return next((reason for is_so, reason in contents if is_so()), None)


def cards_share(facts: ColumnFacts) -> float:
    """Return the share of values that are full card numbers by length and Luhn."""
    if facts.type is not None and pa.types.is_floating(facts.type):
        return 0.0
    values = facts.distinct[:_MOST].to_pylist()
    if not values or facts.share(_CARD) < 0.5:
        return 0.0
    digits = [re.sub(r"[ -]", "", value) for value in values]
    return sum(
        each.isdigit() and 13 <= len(each) <= 19 and passes_luhn(each) for each in digits
    ) / len(values)


def is_long_number(facts: ColumnFacts) -> bool:
    """Return whether identifiers of a column are numbers that may pass for card numbers."""
    return facts.share(r"[0-9](?:[^0-9A-Za-z]*[0-9]){12,}") > 0


def _ibans(facts: ColumnFacts) -> float:
    values = facts.distinct[:_MOST].to_pylist()
    return sum(map(_is_iban, values)) / max(len(values), 1)


def _is_iban(text: str) -> bool:
    bare = text.replace(" ", "")
    moved = bare[4:] + bare[:4]
    return moved.isalnum() and int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def by_name(facts: ColumnFacts, feed: str, label: str | None) -> str | None:
    """Return why a name says that no model may read the column, or None."""
    leaks, words = leaks_of(facts.name), {*facts.words, facts.bare}
    is_loan = feed == "applications"
    is_protected = Leak.PROTECTED in leaks or not _PROTECTED.isdisjoint(words)
    reasons = (
        (
            is_protected or (is_loan and not _PROTECTED_OF_LOANS.isdisjoint(words)),
            "a protected attribute; the feed applicant_attributes takes it",
        ),
        (
            is_loan and Leak.POST_OUTCOME in leaks,
            "a fact from after the loan was granted: it leaks the outcome",
        ),
        (
            is_loan and Leak.LENDERS_PRICE in leaks,
            "the lender's own judgement of the same applicant",
        ),
        (
            feed == "transactions" and not _OF_FRAUD.isdisjoint(words) and facts.name != label,
            "its name speaks of fraud: it may leak the label",
        ),
    )
    return next((reason for is_so, reason in reasons if is_so), None)


def leak_of(
    facts: ColumnFacts, positive: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]
) -> str | None:
    """Return how a column almost determines the label in the sample, or None.

    Args:
        facts: of the column.
        positive: whether the label of each row says yes.
        known: whether each row has a label.
    """
    if int(positive.sum()) < 10 or int((known & ~positive).sum()) < 10:
        return None
    if facts.is_number and len(facts.distinct) > 20:
        return _ranking_leak(facts, positive, known)
    if len(facts.distinct) > max(50, len(positive) // 20):
        return None
    coded = pc.fill_null(facts.texts, "").dictionary_encode()
    places = coded.indices.to_numpy(zero_copy_only=False)[known]
    hits = np.bincount(places, weights=positive[known])
    rows = np.bincount(places)
    is_telling = (hits / np.maximum(rows, 1) > 0.9) & (rows >= 3)
    caught, implied = hits[is_telling].sum() / positive.sum(), rows[is_telling].sum()
    if caught > 0.6 and implied < 0.7 * len(places):
        return f"its values give {caught:.0%} of the positive labels away"
    return None


def _ranking_leak(
    facts: ColumnFacts, positive: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]
) -> str | None:
    values = pc.cast(facts.texts, pa.float64()).to_numpy(zero_copy_only=False)
    is_there = known & np.isfinite(values)
    values, label = values[is_there], positive[is_there]
    if not label.any() or label.all():
        return None
    order = np.argsort(values, kind="stable")
    _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
    ranks = np.repeat(first + (counts + 1) / 2, counts)
    hits = int(label.sum())
    area = (ranks[label[order]].sum() - hits * (hits + 1) / 2) / (hits * (len(label) - hits))
    if max(area, 1 - area) > 0.98:
        return f"it ranks the labels almost perfectly (AUC {max(area, 1 - area):.3f})"
    return None


def refusals(
    facts: Sequence[ColumnFacts],
    feed: str,
    label: str | None,
    flags: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None,
    kept: frozenset[str],
) -> list[Refusal]:
    """Return the columns that must not be read.

    Args:
        facts: of all columns.
        feed: the guessed feed.
        label: the column of the label.
        flags: whether the label of each row says yes, and whether it is known.
        kept: columns that are read whatever the sample says of them, such as keys and times.
    """
    found = []
    for each in facts:
        if each.name == label:
            continue
        reason = personal(each) or by_name(each, feed, label)
        if reason is None and flags is not None and each.name not in kept:
            reason = leak_of(each, *flags)
        if reason:
            found.append(Refusal(each.name, reason))
    return found
