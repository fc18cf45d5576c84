"""Draft the feeds of loan applications and of their outcomes."""

from __future__ import annotations

from features.tryout import (
    guess_amounts,
    guess_keys,
    guess_labels,
    guess_others,
    guess_private,
    guess_times,
)
from features.tryout.column_facts import ColumnFacts
from features.tryout.draft_entries import currency_entry, key_entry, named, time_entry
from features.tryout.draft_material import Material, add_amount, add_others, add_refusals
from features.tryout.drafts import PROVENANCE, Entry, FeedDraft, delivered_by
from features.tryout.guess_private import Refusal


def applications(material: Material, person: ColumnFacts | None) -> FeedDraft:
    """Return the draft of a file of applications."""
    feed = FeedDraft("applications")
    outcome = guess_labels.guess(material.open, guess_labels.LOANS)
    outcomes = {each.name for each in material.open if each.bare in guess_labels.LOANS}
    rest = [
        each
        for each in material.open
        if each.name not in outcomes and not guess_private.by_name(each, feed.name, None)
    ]
    amounts = guess_amounts.guess(rest)
    times = [
        each
        for each in guess_times.guess(rest)
        if "earliest" not in each.names[0].casefold() and each.score > 0
    ]
    meanings = [*(times[0].names if times else ()), *(amounts[0].names if amounts else ())]
    row = guess_keys.of_row(
        rest, [*meanings, *([person.name] if person else [])], [], is_whole=material.sample.is_whole
    )
    feed.columns["application_id"] = key_entry("application_id", row)
    if person is not None and person.name not in row.names:
        feed.columns["customer_id"] = named("customer_id", person, "names the applicant")
    else:
        why = "no column names the applicant; each application is one of its own"
        feed.keys.append(Entry("is_applicant_unknown", value=True, comments=(why,)))
    feed.columns["applied_at"] = time_entry("applied_at", times[0] if times else None)
    if amounts:
        add_amount(feed, "loan_amnt", amounts[0])
    else:
        why = "TODO: no column holds the amount that was asked for; one amount for all rows"
        feed.columns["loan_amnt"] = Entry("loan_amnt", {"constant": "1000"}, (why,))
    taken = set(delivered_by(feed))
    add_others(feed, [each for each in rest if each.name not in taken])
    if "term" not in feed.columns:
        feed.columns["term"] = Entry("term", None, ("TODO: the months until the loan ends",))
    currency = guess_amounts.currency(rest, amounts[0] if amounts else None, material.base)
    feed.columns["currency"] = currency_entry(currency)
    add_refusals(material, feed, outcome, set(delivered_by(feed)))
    known = {each.name for each in feed.refused}
    feed.refused += [
        Refusal(name, "the outcome of the loan; the feed application_labels reads it")
        for name in sorted(outcomes - known)
    ]
    return feed


def outcomes(material: Material, main: FeedDraft) -> FeedDraft | None:
    """Draft the feed of the outcomes that the file of applications also holds."""
    names = [each for each in material.facts if each.bare in guess_labels.LOANS]
    names = [each for each in names if 2 <= len(each.distinct) <= 20]
    if not names:
        return None
    best = min(names, key=lambda each: guess_labels.LOANS.index(each.bare))
    outcomes = guess_others.outcomes_of(sorted(best.distinct.to_pylist()))
    feed = FeedDraft("application_labels")
    feed.comments.append("the outcomes stand in the same files")
    feed.columns["application_id"] = Entry("application_id", main.columns["application_id"].value)
    feed.columns["outcome"] = Entry("outcome", best.name, ("by its name and its words",))
    feed.columns["provenance"] = Entry(
        "provenance", {"constant": PROVENANCE}, ("TODO: name the party that reports it",)
    )
    unknown = [word for word, meaning in outcomes.items() if meaning is None]
    doubt = (f"TODO: {len(unknown)} words have no known meaning and read as current",)
    meanings = {word: meaning or "current" for word, meaning in outcomes.items()}
    feed.keys.append(Entry("outcomes", meanings, doubt if unknown else ()))
    feed.refused = [each for each in main.refused if each.name != best.name]
    return feed
