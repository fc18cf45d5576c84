"""Guess whether a file has stock of a merchant, and which columns have which meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.feeds import FEEDS
from features.feeds.stock_movements import MOVEMENTS
from features.tryout.column_facts import ColumnFacts
from features.tryout.guess_others import FeedGuess

_PLACES = ("location", "locationid", "warehouse", "warehouseid", "lager", "lagerort", "site",
           "siteid", "store", "storeid", "branch", "filiale", "depot")  # fmt: skip
#: By canonical column: other names that files give it.
NAMES: Mapping[str, tuple[str, ...]] = {
    "product_id": ("product", "productid", "sku", "skuid", "article", "articleid", "articlenumber",
                   "artikel", "artikelnummer", "artikelnr", "item", "itemid", "itemcode",
                   "stockcode", "ean", "gtin", "productcode", "variantid"),
    "location": _PLACES,
    "on_hand": ("onhand", "quantityonhand", "qtyonhand", "stockonhand", "stocklevel", "instock",
                "bestand", "lagerbestand", "inventorylevel", "stockquantity"),
    "reserved": ("allocated", "committed", "reserviert", "reservedquantity"),
    "expires_on": ("expiry", "expirydate", "expirationdate", "bestbefore", "mhd"),
    "counted_at": ("countdate", "snapshotat", "snapshotdate", "asof", "stichtag"),
    "movement": ("movementtype", "bewegung", "bewegungsart", "movetype"),
    "quantity": ("qty", "pieces", "units", "menge", "anzahl", "stueck", "orderedquantity"),
    "to_location": ("towarehouse", "targetlocation", "ziellager", "destination"),
    "destination": ("shipto", "deliverto", *_PLACES),
    "ordered_at": ("orderdate", "bestelldatum", "podate"),
    "expected_at": ("expecteddate", "expecteddelivery", "eta", "liefertermin", "duedate"),
    "received_at": ("receiveddate", "receiptdate", "wareneingang", "deliveredat"),
    "price": ("promoprice", "promotionprice", "saleprice", "aktionspreis", "unitprice"),
    "channel": ("saleschannel", "kanal", "vertriebskanal"),
    "starts_on": ("startdate", "start", "validfrom", "gueltigab", "von"),
    "ends_on": ("enddate", "end", "validto", "validuntil", "gueltigbis", "bis"),
    "announced_at": ("announced", "createdat", "publishedat", "created"),
}  # fmt: skip
#: By feed: the columns that tell its files from others, and some of which one is enough.
_MARKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "promotions": (("product_id", "price", "starts_on", "ends_on"), ()),
    "purchase_orders": (("product_id", "quantity", "ordered_at"), ("expected_at", "received_at")),
    "stock_movements": (("product_id", "quantity", "movement"), ()),
    "stock_levels": (("product_id", "on_hand"), ()),
}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "receipt": ("received", "goods receipt", "inbound", "wareneingang", "zugang", "we"),
    "sale": ("sold", "issue", "goods issue", "outbound", "warenausgang", "verkauf", "wa"),
    "return": ("returned", "retoure", "rueckgabe", "customer return"),
    "transfer": ("transferred", "umlagerung", "stock transfer", "relocation"),
    "write_off": ("writeoff", "write-off", "waste", "scrap", "shrinkage", "damage", "loss",
                  "schwund", "bruch", "ausschuss"),
}  # fmt: skip
_MOST_WORDS = 12


def feed_of(facts: Sequence[ColumnFacts], person: ColumnFacts | None) -> FeedGuess | None:
    """Return the feed of stock that a file brings, or None; stock names no customer."""
    for name, (needed, either) in _MARKS.items() if person is None else ():
        found = columns_of(facts, name)
        if all(each in found for each in needed) and (
            not either or any(each in found for each in either)
        ):
            listed = ", ".join(found[each].name for each in needed)
            return FeedGuess(name, f"it has no customer, and columns of stock: {listed}")
    return None


def columns_of(facts: Sequence[ColumnFacts], feed: str) -> dict[str, ColumnFacts]:
    """Return the columns of a feed that names alone identify, by canonical name."""
    free = {each.bare: each for each in facts}
    found: dict[str, ColumnFacts] = {}
    for column in FEEDS[feed].columns:
        for spelling in (column.name.replace("_", ""), *NAMES.get(column.name, ())):
            if (each := free.get(spelling)) is not None and each not in found.values():
                found[column.name] = each
                break
    return found


def movements_of(facts: ColumnFacts) -> tuple[dict[str, str], int] | None:
    """Return the movement of each known word of a column, and how many words are unknown.

    None says that the words need no translation, or are too many to be words of movements.
    """
    words = facts.distinct.to_pylist()
    if set(words) <= set(MOVEMENTS) or len(words) > _MOST_WORDS:
        return None
    known = {
        word: name
        for word in words
        for name, others in _WORDS.items()
        if word.strip().casefold() in (name, *others)
    }
    return known, len(words) - len(known)
