"""Draft the feed of transactions."""

from __future__ import annotations

from features.tryout import guess_amounts, guess_keys, guess_labels, guess_times
from features.tryout.column_facts import ColumnFacts
from features.tryout.draft_entries import currency_entry, inline_label, key_entry, named, time_entry
from features.tryout.draft_material import Material, add_amount, add_others, add_refusals
from features.tryout.drafts import Entry, FeedDraft, delivered_by
from features.tryout.guess_amounts import AmountGuess
from features.tryout.guess_private import CARD_NUMBERS
from features.tryout.guess_times import TimeGuess


def transactions(
    material: Material, person: ColumnFacts | None, merchant: ColumnFacts | None
) -> FeedDraft:
    """Return the draft of a file of transactions."""
    feed = FeedDraft("transactions")
    label = guess_labels.guess(material.open, guess_labels.FRAUD)
    labelled = {label.name} if label else set()
    rest = [each for each in material.open if each.name not in labelled]
    amounts = guess_amounts.guess(rest)
    is_nameless = bool(material.open) and all(each.is_nameless for each in material.open)
    amount = amounts[0] if amounts else None
    if amount is None and is_nameless:
        amount = guess_amounts.by_values(rest)
    times = guess_times.guess(rest, is_us="$" in (amount.signs if amount else ()))
    time = times[0] if times else None
    meanings = [*(time.names if time else ()), *(amount.names if amount else ())]
    if merchant is not None and person is not None and merchant.name == person.name:
        merchant = None
    currency = guess_amounts.currency(rest, amount, material.base)
    if is_nameless:
        free = [each for each in rest if each.name not in (*meanings, currency.column)]
        person, merchant = (*guess_keys.by_values(free), None, None)[:2]
    parts = [each.name for each in (person, merchant) if each] + meanings
    row = guess_keys.of_row(
        rest, [*parts, *labelled], _parts(material, person, time, merchant, amount),
        is_whole=material.sample.is_whole, together=time.names if time else (),
    )  # fmt: skip
    feed.columns["transaction_id"] = key_entry("transaction_id", row)
    feed.columns["customer_id"] = named("customer_id", person, "names the customer or the card")
    feed.columns["merchant_id"] = named("merchant_id", merchant, "names the counterparty")
    if merchant is None:
        why = "TODO: no column names a merchant; this is one for all rows"
        feed.columns["merchant_id"] = Entry("merchant_id", {"constant": "one_merchant"}, (why,))
    feed.columns["timestamp"] = time_entry("timestamp", time)
    add_amount(feed, "amount", amount)
    feed.columns["currency"] = currency_entry(currency)
    taken = {*delivered_by(feed), *labelled}
    add_others(feed, [each for each in rest if each.name not in taken])
    if label:
        feed.keys.append(inline_label(label))
    add_refusals(material, feed, label, taken)
    if person is None:
        _offer_card_numbers(feed)
    if is_nameless:
        feed.comments.append("CHECK: the columns have no names, so all were found by their values")
    return feed


def _offer_card_numbers(feed: FeedDraft) -> None:
    """Say how card numbers that were made up for a public file may name the customer."""
    held = [each for each in feed.refused if each.reason.startswith(CARD_NUMBERS)]
    if held:
        name = held[0].name
        why = (
            f"TODO: no column was found for customer_id. {name} holds card numbers; where they "
            f"are made up, write customer_id: {name}, take {name} out of refused, and add "
            "customer_id to numeric_id"
        )
        feed.columns["customer_id"] = Entry("customer_id", None, (why,))


def _parts(
    material: Material,
    person: ColumnFacts | None,
    time: TimeGuess | None,
    merchant: ColumnFacts | None,
    amount: AmountGuess | None,
) -> list[str]:
    """Return the columns that may be parts of a composite identifier."""
    numbered = [
        each.name
        for each in material.open
        if each.score((), ("seq", "no", "nr", "num", "line", "item"))
    ]
    names = [person.name] if person else []
    names += [*numbered, *(time.names if time else ())]
    names += [merchant.name] if merchant else []
    return list(dict.fromkeys([*names, *(amount.names if amount else ())]))
