"""Guess the identifiers of a row: its own, its person and its counterparty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
import pyarrow as pa

from features.tryout.column_facts import ColumnFacts
from features.tryout.hashes import of_rows

ROW = (
    *("transactionid", "txid", "txnid", "transid", "transnum", "transactionnumber", "receipt"),
    *(
        "receiptid",
        "paymentid",
        "orderid",
        "invoiceno",
        "invoiceid",
        "belegnummer",
        "beleg",
        "uuid",
    ),
    *("transactionreference", "reference", "applicationid", "loanid", "antragsnummer", "id"),
    *("authid", "transactionuuid", "sourcerow", "rowid", "buchungsnummer"),
)
PERSON = (
    *("customerid", "customer", "clientid", "client", "cardid", "card", "ccnum", "cardnumber"),
    *("accountid", "account", "householdid", "userid", "user", "memberid", "nameorig", "kunde"),
    *("kundennummer", "karte", "kartennummer", "konto", "kontonummer", "masterid", "cardtoken"),
    *("custid", "cardholderid", "applicantid", "borrowerid", "personid", "cardno", "accountnumber"),
    *("sourceaccount", "sender", "senderid", "senderaccount", "payerid", "consumerid", "uid"),
    *("card1",),  # of a public set of card payments
)
MERCHANT = (
    *("merchantid", "merchant", "storeid", "store", "shopid", "shop", "terminalid", "terminal"),
    *("vendorid", "vendor", "payee", "payeeid", "namedest", "counterparty", "haendler", "filiale"),
    *("merchantname", "recipient", "recipientid", "receiver", "receiverid", "receiveraccount"),
    *("beneficiary", "destination", "targetaccount", "acceptorid", "merchantnumber", "seller"),
)
_ROW_WEAK = ("id", "no", "nr", "num", "number", "key", "seq", "ref", "nummer")
_OF_IDS = frozenset(("id", "no", "nr", "num", "number", "token", "hash", "key", "nummer", "ref"))
_NUMBERING = frozenset(("", "unnamed0", "index", "rownumber", "level0", "sourcerow"))


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """A guess of an identifier: one column, several joined, or a digest of the row.

    Attributes:
        names: the delivered columns; none for a digest.
        reason: the comment.
    """

    names: tuple[str, ...]
    reason: str


def person(facts: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """Return the column that names the customer or the card."""
    weak = ("customer", "cust", "client", "card", "account", "kunde")
    # a card may be numbered within its customer: 0, 1, 2
    counted = [each for each in facts if "card" in each.words and each.share("^[0-9]{1,2}$") == 1]
    rest = [each for each in facts if each not in counted]
    return _best(rest, PERSON, weak) or _best(facts, PERSON, weak)


def merchant(facts: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """Return the column that names the counterparty."""
    return _best(facts, MERCHANT, ("merchant", "store", "shop", "terminal", "vendor"))


def _best(
    facts: Sequence[ColumnFacts], strong: Sequence[str], weak: Sequence[str]
) -> ColumnFacts | None:
    def rank(each: ColumnFacts) -> tuple[float, ...]:
        order = strong.index(each.bare) if each.bare in strong else len(strong)
        return (each.score(strong, weak) + 0.5 * ("id" in each.words), each.filled_share, -order)

    fitting = [
        each
        for each in facts
        if each.count and each.filled_share > 0.5 and _is_named(each, strong, weak) and _is_id(each)
    ]
    return max(fitting, key=rank, default=None)


def _is_named(facts: ColumnFacts, strong: Sequence[str], weak: Sequence[str]) -> bool:
    """Return whether the name is a strong one, or has a part of one beside a word such as `id`."""
    return facts.bare in strong or (
        facts.score(strong, weak) > 0
        and not _OF_IDS.isdisjoint(facts.words)
        and len(facts.distinct) > 1
    )


def _is_id(facts: ColumnFacts) -> bool:
    if facts.type is not None and (
        pa.types.is_boolean(facts.type) or pa.types.is_temporal(facts.type)
    ):
        return False
    is_measure = {"lat", "long", "lng", "score", "amount", "type", "category", "city", "state",
                  "zip", "pop", "segment", "count", "brand", "limit", "age", "present"}  # fmt: skip
    return not is_measure & set(facts.words)


def of_row(
    facts: Sequence[ColumnFacts],
    taken: Sequence[str],
    parts: Sequence[str],
    *,
    is_whole: bool,
    together: Sequence[str] = (),
) -> KeyGuess:
    """Return the guess of the identifier of a row.

    Args:
        facts: of the columns that may be read.
        taken: columns with another meaning, which alone are no identifier of the row.
        parts: columns that may be parts of a composite identifier, the best first.
        is_whole: whether the sample is the whole file.
        together: the columns of the time, of which a composite identifier has all or none.
    """
    where = "in the file" if is_whole else "in the sample"
    unique = [each for each in facts if each.is_unique and each.name not in taken]
    named = [
        each
        for each in unique
        if (each.score(ROW, _ROW_WEAK) or each.is_nameless) and _may_be_key(each)
    ]
    if named:
        best = max(
            named, key=lambda each: (each.bare not in _NUMBERING, each.score(ROW, _ROW_WEAK))
        )
        doubt = (
            "; CHECK: it numbers the rows of a file, so another file may repeat it"
            if best.bare in _NUMBERING
            else ""
        )
        return KeyGuess((best.name,), f"different in each of {best.count:,} rows {where}{doubt}")
    by_name = {each.name: each for each in facts}
    known = [
        by_name[name]
        for name in parts
        if name in by_name and by_name[name].is_filled and _may_be_key(by_name[name])
    ]
    known += [
        each
        for each in facts
        if each.is_filled and each not in known and each.score(ROW, _ROW_WEAK) and _may_be_key(each)
    ]
    for chosen in _composites(_units(known, together)[:7], parts):
        if _are_unique(chosen):
            listed = " and ".join(each.name for each in chosen)
            return KeyGuess(
                tuple(each.name for each in chosen),
                f"no single column is unique; {len(chosen)} together are {where}: {listed}",
            )
    return KeyGuess((), f"no column and no few columns are unique {where}; equal rows count once")


def _units(
    known: Sequence[ColumnFacts], together: Sequence[str]
) -> Sequence[Sequence[ColumnFacts]]:
    """Return the parts of identifiers; the columns of the time are one part."""
    time = [each for each in known if each.name in together]
    units = [time if each in time else [each] for each in known]
    return [unit for place, unit in enumerate(units) if unit not in units[:place]]


def _composites(
    units: Sequence[Sequence[ColumnFacts]], parts: Sequence[str]
) -> Iterator[Sequence[ColumnFacts]]:
    """Yield composite identifiers: the first parts together first, then all few of them."""
    leading = [unit for unit in units if unit[0].name in parts]
    chosen = [leading[:size] for size in (3, 4, 2) if len(leading) >= size]
    for each in chain(chosen, combinations(units, 2), combinations(units, 3)):
        yield list(chain.from_iterable(each))


def by_values(facts: Sequence[ColumnFacts]) -> list[ColumnFacts]:
    """Return the columns of a file without names that may be identifiers, the finest first."""
    repeated = [
        each
        for each in facts
        if each.is_filled
        and not each.is_unique
        and 1 < len(each.distinct) <= each.count // 2
        and (each.is_integer or not each.is_number)
    ]
    return sorted(repeated, key=lambda each: -len(each.distinct))


def _may_be_key(facts: ColumnFacts) -> bool:
    if facts.type is not None and not (
        pa.types.is_integer(facts.type)
        or pa.types.is_string(facts.type)
        or pa.types.is_large_string(facts.type)
    ):
        return False
    return facts.share(r"^[+-]?[0-9]+\.[0-9]+$") == 0


def _are_unique(chosen: Sequence[ColumnFacts]) -> bool:
    table = pa.table({str(place): each.texts for place, each in enumerate(chosen)})
    hashes = of_rows(table, tuple(table.column_names))
    return len(np.unique(hashes)) == len(hashes)
