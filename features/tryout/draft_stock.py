"""Draft a feed of stock: levels, movements, purchase orders or promotions."""

from __future__ import annotations

from features.feeds import FEEDS, Column, ColumnKind
from features.feeds.columns import DATED, MONEY
from features.tryout import guess_amounts, guess_keys, guess_stock, guess_times
from features.tryout.column_facts import ColumnFacts
from features.tryout.draft_entries import (
    amount_entries,
    currency_entry,
    key_entry,
    named,
    time_entry,
)
from features.tryout.draft_material import Material, add_refusals
from features.tryout.drafts import Entry, FeedDraft, delivered_by

#: A value for all rows where no column has one.
_FOR_ALL = {"merchant_id": "one_merchant", "location": "warehouse", "destination": "warehouse"}


def stock(material: Material, name: str) -> FeedDraft:
    """Return the draft of a file of one of the feeds of stock."""
    feed, declared = FeedDraft(name), FEEDS[name]
    found = guess_stock.columns_of(material.open, name)
    free = [each for each in material.open if each not in found.values()]
    merchant = guess_keys.merchant(free)
    if "merchant_id" not in found and merchant is not None:
        found["merchant_id"] = merchant
    event = declared.event
    if event is not None and event.name not in found:
        feed.columns[event.name] = time_entry(event.name, _best_time(free))
    price = next((found[each.name] for each in declared.columns if _is_money(each, found)), None)
    for column in declared.columns:
        if column is declared.subject:
            feed.columns[column.name] = _key(material, found, column)
        elif column.kind is ColumnKind.CURRENCY:
            amount = guess_amounts.of_column(price) if price else None
            guess = guess_amounts.currency(material.open, amount, material.base)
            feed.columns[column.name] = currency_entry(guess)
        elif (facts := found.get(column.name)) is not None:
            feed.columns[column.name] = _entry(column, facts, name)
        elif column.is_required and column.name not in feed.columns:
            feed.columns[column.name] = _gap(column)
    add_refusals(material, feed, None, set(delivered_by(feed)))
    return feed


def _is_money(column: Column, found: dict[str, ColumnFacts]) -> bool:
    return column.kind in MONEY and column.name in found


def _best_time(free: list[ColumnFacts]) -> guess_times.TimeGuess | None:
    times = guess_times.guess(free)
    return times[0] if times else None


def _key(material: Material, found: dict[str, ColumnFacts], column: Column) -> Entry:
    named_so = found.get(column.name)
    if named_so is not None and named_so.is_unique:
        return named(column.name, named_so, "different in each row")
    meanings = [each.name for name, each in found.items() if name != column.name]
    parts = [named_so.name] if named_so else []
    row = guess_keys.of_row(
        material.open, meanings, [*parts, *meanings], is_whole=material.sample.is_whole
    )
    return key_entry(column.name, row)


def _entry(column: Column, facts: ColumnFacts, feed: str) -> Entry:
    """Return the entry of a column that a delivered one gives, with the options of its spelling."""
    name = column.name
    if column.kind in DATED:
        time = guess_times.of_column(facts)
        value = {"column": facts.name, "format": time.format} if time and time.format else None
        return Entry(name, value or facts.name, (time.reason,) if time else ())
    if column.kind in MONEY:
        return amount_entries(name, guess_amounts.of_column(facts))[0]
    if column.kind is ColumnKind.MOVEMENT and (words := guess_stock.movements_of(facts)):
        known, unknown = words
        todo = f"TODO: {unknown} more words have no movement; their rows are rejected"
        return Entry(name, {"column": facts.name, "map": known}, (todo,) if unknown else ())
    is_negative = column.kind is ColumnKind.QUANTITY and facts.share(r"^-") > 0
    if is_negative and FEEDS[feed].column_of(ColumnKind.MOVEMENT):
        why = f"{facts.share(r'^-'):.1%} are negative; they are taken for pieces that leave"
        return Entry(name, {"column": facts.name, "sign": "outgoing_negative"}, (why,))
    return Entry(name, facts.name)


def _gap(column: Column) -> Entry:
    value = _FOR_ALL.get(column.name)
    if value is None:
        return named(column.name, None, "")
    why = f"TODO: no column was found for {column.name}; this is one for all rows"
    return Entry(column.name, {"constant": value}, (why,))
