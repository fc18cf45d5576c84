"""Draft the description of an unknown file: one guess per key, each with its reason."""

from __future__ import annotations

import re
from pathlib import PurePath

from features.feeds import FEEDS
from features.tryout import (
    guess_amounts,
    guess_keys,
    guess_labels,
    guess_others,
    guess_stock,
    guess_times,
)
from features.tryout.column_facts import ColumnFacts
from features.tryout.draft_applications import applications, outcomes
from features.tryout.draft_entries import label_entry, named
from features.tryout.draft_material import Material, add_others, add_refusals
from features.tryout.draft_stock import stock
from features.tryout.draft_transactions import transactions
from features.tryout.drafts import (
    PROVENANCE,
    Draft,
    Entry,
    FeedDraft,
    delivered_by,
    delivered_of,
)
from features.tryout.samples import Sample


def draft_of(sample: Sample, *, base_currency: str = "USD") -> Draft:
    """Return the draft for a sampled file."""
    return _drafted(Material.of(sample, base_currency))


def name_of(file: str) -> str:
    """Return a name for the source of a file."""
    stem = PurePath(file).name.split(".")[0]
    bare = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")[:40]
    return bare if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", bare) else "own_data"


def _drafted(material: Material) -> Draft:
    person, merchant = guess_keys.person(material.open), guess_keys.merchant(material.open)
    of_stock = guess_stock.feed_of(material.open, person)
    feed = of_stock or guess_others.feed_of(
        material.facts, person, merchant, has_amount=bool(guess_amounts.guess(material.open))
    )
    drafted = Draft(name_of(material.sample.name), material.sample.name, material.sample)
    drafted.notes += material.sample.notes
    if of_stock is not None:
        main = stock(material, feed.name)
    elif feed.name == "transactions":
        main = transactions(material, person, merchant)
    elif feed.name == "applications":
        main = applications(material, person)
    else:
        main = _plain(material, feed.name)
    main.comments.insert(0, f"taken for {feed.name}: {feed.reason}")
    drafted.feeds.append(main)
    if feed.name == "applications" and (ends := outcomes(material, main)):
        drafted.feeds.append(ends)
    _describe_set(material, drafted, main)
    read = {name for each in drafted.feeds for name in delivered_by(each)}
    refused = {each.name for each in main.refused}
    drafted.unread = [
        each.name for each in material.facts if each.name not in read and each.name not in refused
    ]
    return drafted


def _plain(material: Material, name: str) -> FeedDraft:
    """Draft a feed whose columns have the names of the feed, or nearly."""
    feed = FeedDraft(name)
    free = {each.bare: each for each in material.open}
    label = guess_labels.guess(material.open, guess_labels.FRAUD)
    for column in FEEDS[name].columns:
        each = free.get(column.name.replace("_", ""))
        if column.name == "is_fraud" and label:
            feed.columns[column.name] = label_entry(label)
        elif column.name == "provenance":
            why = "TODO: name the party that reports it, in provenance_rank too"
            feed.columns[column.name] = Entry("provenance", {"constant": PROVENANCE}, (why,))
        elif each is not None:
            feed.columns[column.name] = Entry(column.name, each.name)
        elif column.is_key and (key := _named_key(material, column.name)):
            feed.columns[column.name] = named(column.name, key, "different in each row")
        elif column is FEEDS[name].subject:
            taken = [label.name] if label else []
            row = guess_keys.of_row(material.open, taken, [], is_whole=material.sample.is_whole)
            value = row.names[0] if len(row.names) == 1 else None
            feed.columns[column.name] = Entry(column.name, value, (row.reason,))
        elif column.is_required:
            feed.columns[column.name] = named(column.name, None, "")
    add_others(feed, [each for each in material.open if each.name not in delivered_by(feed)])
    add_refusals(material, feed, label, set(delivered_by(feed)))
    return feed


def _named_key(material: Material, name: str) -> ColumnFacts | None:
    """Return the column that names the subject of a reference feed."""
    find = {"customer_id": guess_keys.person, "merchant_id": guess_keys.merchant}.get(name)
    return find(material.open) if find else None


def _describe_set(material: Material, drafted: Draft, main: FeedDraft) -> None:
    declared = FEEDS[main.name].event
    event = main.columns.get(declared.name) if declared else None
    zoned = event is not None and _is_zoned(material, event)
    if zoned or event is None or event.value is None:
        drafted.keys.append(Entry("time_zone", None, ("every time says its own zone",)))
    else:
        why = "CHECK: the times carry no offset; write the zone of the clock that wrote them"
        drafted.keys.append(Entry("time_zone", "UTC", (why,)))


def _is_zoned(material: Material, event: Entry) -> bool:
    """Return whether each time of a drafted column carries an offset, or is counted."""
    names = delivered_of(event)
    if len(names) != 1:
        return isinstance(event.value, dict) and "%z" in str(event.value.get("format"))
    facts = next((each for each in material.open if each.name == names[0]), None)
    guess = guess_times.of_column(facts) if facts else None
    return guess is not None and guess.has_zone
