"""Guess the feed of a file, and the columns that a feed may have but does not need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from features.feeds import FEEDS
from features.tryout.column_facts import ColumnFacts

#: By canonical column of applications: other names that files give it.
LOANS: Mapping[str, tuple[str, ...]] = {
    "term": ("term", "loanterm", "duration", "durationinmonth", "durationmonths", "termmonths",
             "laufzeit", "numberofmonths", "tenor"),
    "purpose": ("purpose", "loanpurpose", "verwendungszweck", "zweck", "intent", "loanintent"),
    "annual_inc": ("annualinc", "annualincome", "income", "personincome", "jahreseinkommen",
                   "amtincometotal", "yearlyincome", "applicantincome"),
    "emp_length": ("emplength", "employmentlength", "presentemploymentsince", "yearsemployed",
                   "personemplength"),
    "home_ownership": ("homeownership", "housing", "residence", "personhomeownership"),
    "dti": ("dti", "debttoincome", "debtratio", "debttoincomeratio"),
    "fico_range_low": ("ficorangelow", "fico", "creditscore", "ficoscore"),
    "fico_range_high": ("ficorangehigh",),
    "revol_util": ("revolutil", "revolvingutilization", "creditutilization"),
    "inq_last_6mths": ("inqlast6mths", "inquirieslast6months"),
    "delinq_2yrs": ("delinq2yrs", "delinquencieslast2years"),
    "pub_rec": ("pubrec", "publicrecords"),
    "open_acc": ("openacc", "openaccounts", "opencreditlines"),
    "total_acc": ("totalacc", "totalaccounts"),
    "revol_bal": ("revolbal", "revolvingbalance"),
    "earliest_cr_line": ("earliestcrline", "firstcreditdate"),
    "mths_since_last_delinq": ("mthssincelastdelinq", "monthssincelastdelinquency"),
}  # fmt: skip
_LOAN_MARKS = frozenset(
    ("loan", "kredit", "credit", "applicant", "borrower", "lending", "antrag", "mortgage")
)
#: Names that only files of lenders have.
_OF_LENDERS = frozenset(
    ("seriousdlqin2yrs", "defaultpaymentnextmonth", "skidcurr", "loanstatus", "creditability",
     "notfullypaid", "loandefault")
)  # fmt: skip
#: By canonical column of transactions: other names that files give it.
PAYMENTS: Mapping[str, tuple[str, ...]] = {
    "type": ("type", "transactiontype"),
    "card_bin": ("cardbin", "bin", "issuerbin"),
    "ip_address": ("ipaddress", "ip", "clientip"),
    "device_id": ("deviceid", "device", "deviceinfo"),
    "location": ("location", "country", "countrycode", "merchantcountry", "locationcode"),
    "channel": ("channel", "entrymode", "posentrymode", "usechip", "paymentchannel", "kanal",
                "productcd", "transactionchannel"),
    "transaction_category": ("transactioncategory", "category", "mcc", "merchantcategory",
                             "merchantcategorycode", "mcccode", "kategorie", "branche"),
    "merchant_risk_score": ("merchantriskscore",),
    "card_risk_score": ("cardriskscore",),
    "customer_risk_score": ("customerriskscore",),
    "customer_latitude": ("lat", "latitude", "customerlat", "customerlatitude", "custlat"),
    "customer_longitude": ("long", "lng", "lon", "longitude", "customerlongitude", "custlong"),
    "merchant_latitude": ("merchlat", "merchantlat", "merchantlatitude", "storelat",
                          "merchantgeolat"),
    "merchant_longitude": ("merchlong", "merchantlong", "merchantlongitude", "merchlon",
                           "storelng", "merchantgeolng", "merchantgeolon"),
}  # fmt: skip
#: By canonical column of reference feeds: other names that files give it.
FACTS: Mapping[str, tuple[str, ...]] = {
    "latitude": ("lat", "homelat", "storelat", "merchlat"),
    "longitude": ("long", "lng", "lon", "homelong", "homelng", "storelng", "merchlong"),
    "location": ("country", "countrycode"),
    "category": ("mcc", "merchantcategory", "branche", "kategorie"),
    "opened_on": ("customersince", "memberssince", "openedat", "accountopened"),
}
_KINDS: Mapping[str, tuple[str, ...]] = {
    "refund": ("refund", "return", "credit", "gutschrift", "rueckerstattung"),
    "reversal": ("reversal", "void", "cancel", "cancellation", "storno"),
    "check": ("check", "verification", "account_verification", "zero_auth", "cardcheck"),
}
_PURCHASES = frozenset(("purchase", "sale", "debit", "payment", "capture", "kauf", "pos", "ecom"))
_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "fully_paid": ("fully paid", "paid", "good", "repaid", "closed", "gut", "no default", "0"),
    "charged_off": ("charged off", "default", "bad", "defaulted", "chargedoff", "schlecht", "1"),
    "current": ("current", "active", "open", "performing"),
    "late": ("in grace period", "late", "late (16-30 days)", "late (31-120 days)", "delinquent"),
}


@dataclass(frozen=True, slots=True)
class FeedGuess:
    """The guessed feed of a file, and why."""

    name: str
    reason: str


def feed_of(
    facts: Sequence[ColumnFacts],
    person: ColumnFacts | None,
    merchant: ColumnFacts | None,
    *,
    has_amount: bool,
) -> FeedGuess:
    """Return the feed that a file most probably brings.

    Args:
        facts: of all columns.
        person: the column that names a customer or a card.
        merchant: the column that names a counterparty.
        has_amount: whether a column holds amounts.
    """
    names = {each.bare for each in facts}
    loans = [
        name
        for name, others in LOANS.items()
        if names & {*others, name.replace("_", "")} and name not in ("earliest_cr_line",)
    ]
    outcomes = sorted(each.name for each in facts if each.bare in _OF_LENDERS)
    if outcomes and merchant is None:
        return FeedGuess("applications", f"{outcomes[0]} is known from data of lenders")
    marks = sorted({word for each in facts for word in each.words} & _LOAN_MARKS)
    if (len(loans) >= 3 or (len(loans) >= 2 and marks)) and merchant is None:
        return FeedGuess("applications", f"columns of loans: {', '.join(loans[:4])}")
    if (label := _label_feed(facts, names)) is not None:
        return label
    if "rate" in names and names & {"currency", "currencycode", "ccy"}:
        return FeedGuess("fx_rates", "a currency and a rate")
    for name, key in (("customers", person), ("merchants", merchant)):
        if name in FEEDS and key is not None and key.is_unique and not has_amount:
            return FeedGuess(name, f"one row for each {key.name}, and no amount")
    signs = ["a customer or card"] if person else []
    signs += ["a counterparty"] if merchant else []
    reason = f"it has {' and '.join(signs)}" if signs else "no other feed fits better"
    return FeedGuess("transactions", reason)


def _label_feed(facts: Sequence[ColumnFacts], names: set[str]) -> FeedGuess | None:
    from features.tryout.guess_labels import FRAUD

    if len(facts) <= 5 and names & set(FRAUD) and not any("am" in each.bare and each.is_number
                                                          for each in facts):  # fmt: skip
        return FeedGuess("transaction_labels", "an identifier and a label, and no amount")
    return None


def others_of(facts: Iterable[ColumnFacts], feed: str) -> dict[str, ColumnFacts]:
    """Return the columns of a feed that names alone identify, by canonical name."""
    known = {column.name for column in FEEDS[feed].columns if not column.is_required}
    synonyms = {"applications": LOANS, "transactions": PAYMENTS}.get(feed, FACTS)
    if feed == "applications":
        known.add("term")
    free = {each.bare: each for each in facts if each.count}
    found: dict[str, ColumnFacts] = {}
    for name in FEEDS[feed].columns:
        if name.name not in known:
            continue
        for spelling in (name.name.replace("_", ""), *synonyms.get(name.name, ())):
            each = free.get(spelling)
            if each is not None and fits(each, name.kind.value) and each not in found.values():
                found[name.name] = each
                break
    return found


def fits(facts: ColumnFacts, kind: str) -> bool:
    """Return whether the values of a column may be read as a kind."""
    numbers = {"integer", "count", "share", "percent", "score", "balance", "amount"}
    if kind in ("latitude", "longitude"):
        return facts.is_number and _reaches(facts, 90 if kind == "latitude" else 180)
    if kind in numbers:
        return facts.is_number
    if kind == "place":
        return facts.share(r"^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$") > 0.98
    if kind == "flag":
        return len(facts.distinct) <= 2
    if facts.type is not None and pa.types.is_floating(facts.type):
        return kind not in ("id", "text")
    return True


def _reaches(facts: ColumnFacts, limit: float) -> bool:
    values = pc.cast(facts.values, pa.float64())
    return bool(pc.all(pc.less_equal(pc.abs(values), limit)).as_py())


def kinds_of(facts: ColumnFacts) -> dict[str, str] | None:
    """Return the kind of transaction for each word of a column, or None where no word is one."""
    if len(facts.distinct) > 12:
        return None
    words = facts.distinct.to_pylist()
    kinds = {
        word: kind
        for word in words
        for kind, spellings in _KINDS.items()
        if word.casefold() in spellings
    }
    if not kinds:
        return None
    return {**{word: "purchase" for word in words if word.casefold() in _PURCHASES}, **kinds}


def outcomes_of(words: Iterable[str]) -> dict[str, str | None]:
    """Return the canonical outcome of each delivered word; None where it is not known."""
    known = {spelling: name for name, spellings in _OUTCOMES.items() for spelling in spellings}
    return {word: known.get(word.strip().casefold().rpartition("status:")[2]) for word in words}
