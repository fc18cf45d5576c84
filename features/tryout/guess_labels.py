"""Guess the label of a row: its column, the words for yes and no, and its rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from features.tryout.column_facts import ColumnFacts

FRAUD = (
    *("isfraud", "fraud", "txfraud", "fraudlabel", "fraudflag", "fraudulent", "isfraudulent"),
    *("chargedback", "chargeback", "ischargeback", "fraudind", "fraudindicator", "betrug"),
    *("confirmedfraud", "isbetrug"),
)
_GENERAL = ("class", "label", "target", "y", "outcome", "isbad", "bad")
LOANS = (
    *("loanstatus", "default", "isdefault", "creditability", "defaulted", "badloan", "loandefault"),
    *("notfullypaid", "goodbad", "risk", "outcome", "chargedoff", "seriousdlqin2yrs"),
    *("targetdefault", "defaultpaymentnextmonth", "target"),
)
_TRUE = frozenset(("true", "t", "1", "1.0"))
_FALSE = frozenset(("false", "f", "0", "0.0"))
_YES = frozenset(
    (*_TRUE, "yes", "y", "fraud", "fraudulent", "bad", "chargeback", "j", "ja", "oui", "si",
     "positive", "confirmed", "default", "defaulted", "charged off", "betrug")
)  # fmt: skip
_NO = frozenset(
    (*_FALSE, "no", "n", "legit", "legitimate", "genuine", "good", "ok", "nein", "non", "negative",
     "normal", "valid", "not fraud", "non-fraud", "paid", "fully paid")
)  # fmt: skip
_OPEN = frozenset(("pending", "unknown", "open", "review", "n/a", "na", "-", "?", "tbd"))


@dataclass(frozen=True, slots=True)
class LabelGuess:
    """A guess of the label.

    Attributes:
        name: the delivered column.
        true_words: words for yes; empty where the default words suffice.
        false_words: words for no.
        null_tokens: words for a label that is not known yet.
        positive: whether the label of each sampled row says yes.
        known: whether each sampled row has a label.
        doubt: a comment.
    """

    name: str
    true_words: tuple[str, ...]
    false_words: tuple[str, ...]
    null_tokens: tuple[str, ...]
    positive: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    doubt: str = ""

    @property
    def rate(self) -> float:
        """The share of labels that say yes."""
        return float(self.positive.sum() / max(self.known.sum(), 1))


def guess(facts: Sequence[ColumnFacts], names: Sequence[str]) -> LabelGuess | None:
    """Return the guess of the label, or None.

    Args:
        facts: of all columns.
        names: strong names, in small letters without marks.
    """
    ranked = sorted(facts, key=lambda each: -_score(each, names))
    for each in ranked:
        if _score(each, names) > 0 and (found := of_column(each)):
            return found
    return None


def _score(facts: ColumnFacts, names: Sequence[str]) -> int:
    if facts.bare in names:
        return 4 if facts.bare == names[0] else 3
    return 2 if facts.bare in _GENERAL else 0


def of_column(facts: ColumnFacts) -> LabelGuess | None:
    """Return the guess of one column, or None where it has not the words of a label."""
    if not facts.count or len(facts.distinct) > 6:
        return None
    words = facts.distinct.to_pylist()
    if any(len(word) > 32 for word in words):
        return None
    pending = tuple(sorted(word for word in words if word.casefold() in _OPEN))
    rest = [word for word in words if word not in pending]
    true = [word for word in rest if word.casefold() in _YES]
    false = [word for word in rest if word.casefold() in _NO]
    doubt = ""
    if len(true) + len(false) < len(rest) or (len(rest) == 2 and not (true and false)):
        if len(rest) != 2:
            return None
        counts = facts.most_common()
        rare = min(rest, key=lambda word: (counts.get(word, 0), word))
        true, false = [rare], [word for word in rest if word != rare]
        doubt = "CHECK: the rarer word is taken for yes"
    texts = pc.fill_null(facts.texts, "").to_pylist()
    yes, no = set(true), set(false)
    positive = np.array([text in yes for text in texts], np.bool_)
    known = positive | np.array([text in no for text in texts], np.bool_)
    is_default = all(word.casefold() in _TRUE for word in true) and all(
        word.casefold() in _FALSE for word in false
    )
    shown = ((), ()) if is_default else (tuple(sorted(true)), tuple(sorted(false)))
    return LabelGuess(facts.name, *shown, pending, positive, known, doubt)
