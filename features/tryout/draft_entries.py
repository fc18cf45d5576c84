"""Turn guesses into entries of a draft."""

from __future__ import annotations

from features.tryout import guess_amounts, guess_keys
from features.tryout.column_facts import ColumnFacts
from features.tryout.drafts import PROVENANCE, Entry
from features.tryout.guess_amounts import AmountGuess
from features.tryout.guess_labels import LabelGuess
from features.tryout.guess_times import TimeGuess

LOAN_TIME = "2025-01-01T00:00:00Z"


def named(name: str, facts: ColumnFacts | None, meaning: str) -> Entry:
    """Return the entry of a column that one delivered column gives, or a gap."""
    if facts is None:
        return Entry(name, None, (f"TODO: no column was found for {name}; write its name",))
    return Entry(name, facts.name, (f"{meaning}: {len(facts.distinct):,} different values",))


def key_entry(name: str, row: guess_keys.KeyGuess) -> Entry:
    """Return the entry of the identifier of a row."""
    if len(row.names) == 1:
        return Entry(name, row.names[0], (row.reason,))
    if row.names:
        return Entry(name, {"columns": list(row.names)}, (row.reason,))
    return Entry(name, {"generate": "content_hash"}, (row.reason,))


def currency_entry(guess: guess_amounts.CurrencyGuess) -> Entry:
    """Return the entry of the currency."""
    if guess.column is not None and guess.replace:
        value = {"column": guess.column, "replace": dict(guess.replace)}
        return Entry("currency", value, (guess.reason, "CHECK: codes in use beside ISO 4217"))
    if guess.column is not None:
        return Entry("currency", guess.column, (guess.reason,))
    if guess.signs:
        return Entry("currency", {"from_amount": dict(guess.signs)}, (guess.reason,))
    return Entry("currency", {"constant": guess.constant}, (guess.reason,))


def _words(label: LabelGuess) -> dict[str, object]:
    words: dict[str, object] = {}
    if label.true_words:
        words["true_words"] = list(label.true_words)
    if label.false_words:
        words["false_words"] = list(label.false_words)
    if label.null_tokens:
        words["null_tokens"] = list(label.null_tokens)
    return words


def _label_comments(label: LabelGuess) -> tuple[str, ...]:
    rate = f"{label.rate:.2%} of {int(label.known.sum()):,} sampled labels say yes"
    return tuple(text for text in (rate, label.doubt) if text)


def label_entry(label: LabelGuess) -> Entry:
    """Return the entry of a label in a file of labels."""
    words = _words(label)
    value = {"column": label.name, **words} if words else label.name
    return Entry("is_fraud", value, _label_comments(label))


def inline_label(label: LabelGuess) -> Entry:
    """Return the entry of a label in the rows of transactions."""
    value = {
        "column": label.name,
        "latency": "30d",
        "provenance": PROVENANCE,
        "label_in": "history",
        **_words(label),
    }
    late = "TODO: latency is the time from a transaction until its label is known"
    return Entry("inline_label", value, (*_label_comments(label), late))


def time_entry(name: str, time: TimeGuess | None) -> Entry:
    """Return the entry of the time of a row."""
    if time is None:
        if name == "applied_at":
            why = "TODO: no column holds the time of the application; one time for all rows"
            return Entry(name, {"constant": LOAN_TIME}, (why,))
        return named(name, None, "")
    value: dict[str, object] | str
    comments = [time.reason]
    if time.since:
        comments.append("TODO: write the moment at which the count starts")
    elif not time.has_hours:
        comments.append("a date without a time of day: features of the hour say little")
    origin: dict[str, object] = (
        {"columns": list(time.names)} if len(time.names) > 1 else {"column": time.names[0]}
    )
    value = {**origin, "format": time.format} if time.format else origin
    if not time.format and len(time.names) == 1:
        value = time.names[0]
    if time.since and isinstance(value, dict):
        value["since"] = time.since
    return Entry(name, value, tuple(comments))


def amount_entries(name: str, amount: AmountGuess | None) -> tuple[Entry, ...]:
    """Return the entry of an amount, and a key of the feed where amounts may be zero."""
    if amount is None:
        return (named(name, None, ""),)
    options, comments = dict(amount.options), list(amount.questions)
    if amount.negatives and name == "amount":
        is_debit = amount.negatives > 0.5
        options["sign"] = "debit_negative" if is_debit else "credit_negative"
        meaning = "purchases" if is_debit else "refunds"
        comments.append(f"{amount.negatives:.1%} are negative; they are taken for {meaning}")
    further: tuple[Entry, ...] = ()
    if amount.zeros and name == "amount":
        why = f"{amount.zeros:.2%} of the amounts are zero"
        further = (Entry("allow_zero_amount", value=True, comments=(why,)),)
    origin: dict[str, object] = {"column": amount.names[0]}
    if len(amount.names) > 1:
        origin = {"product": list(amount.names)}
    value = {**origin, **options} if options or len(amount.names) > 1 else amount.names[0]
    return (Entry(name, value, tuple(comments) or ("by its name and its values",)), *further)
