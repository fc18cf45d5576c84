"""Guess the amount of a row and its spelling: marks, signs, brackets, currency."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from features.platform.currencies import EXPONENTS
from features.tryout.column_facts import ColumnFacts

STRONG = (
    *("amount", "amt", "amountusd", "amounteur", "transactionamount", "txamount", "betrag"),
    *("umsatz", "montant", "importe", "salesvalue", "dollarvalue", "loanamnt", "loanamount"),
    *("creditamount", "purchaseamount", "paymentamount", "grossamount", "transactionamt"),
    *("authamount", "txnamount", "txnamt", "amountlocal", "requestedamount", "kreditbetrag"),
    *("amtcredit", "limitbal"),
)
WEAK = ("total", "amount", "amt", "value", "price", "sum", "paid", "spend", "wert", "preis")
_BAD = ("balance", "limit", "income", "fee", "tax", "disc", "old", "new", "count", "average",
        "avg", "saldo", "unit", "number", "score", "bal")  # fmt: skip
_QUANTITY = ("quantity", "qty", "menge", "stueck", "units", "anzahl")
_PRICE = ("unitprice", "priceperunit", "price", "einzelpreis", "stueckpreis")
_CURRENCY = ("currency", "currencycode", "ccy", "curr", "waehrung", "devise", "moneda")

#: What a sign of a currency most often means.
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "US$": "USD", "C$": "CAD",
         "A$": "AUD", "R$": "BRL", "₩": "KRW", "₺": "TRY", "zł": "PLN", "Kč": "CZK",
         "CHF": "CHF", "Fr.": "CHF"}  # fmt: skip
#: Codes that are in use and not in ISO 4217, and the currency at whose value they stand.
USUAL_CODES = {"NIS": "ILS", "RMB": "CNY", "CNH": "CNY", "NTD": "TWD", "UKP": "GBP", "STG": "GBP",
               "IMP": "GBP", "JEP": "GBP", "GGP": "GBP", "TVD": "AUD", "KID": "AUD",
               "FOK": "DKK"}  # fmt: skip
_AMBIGUOUS = frozenset(("$", "¥"))
_PIECES = re.compile(
    r"\s*(?P<open>\()?\s*(?P<minus>[-+\u2212])?\s*(?P<before>[^\d\s().,+-]{1,4}\.?)?\s*"
    r"(?P<minus2>[-+])?(?P<digits>\d[\d.,' \u00a0\u202f_]*?(?:[eE][-+]?\d{1,3})?)"
    r"\s*(?P<after>[^\d\s().,+-]{1,4})?\s*(?P<close>\))?(?P<trailing>[-+])?\s*"
)
_ENOUGH = 0.98
_LOOKED_AT = 2000
#: Options, signs, share of negatives, share of zeros, comments.
_Read = tuple[dict[str, object], tuple[str, ...], float, float, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AmountGuess:
    """A guess of the amount: its column or columns, and the options of its spelling.

    Attributes:
        names: the delivered column, or the two whose product is the amount.
        options: keys of the description.
        signs: signs and codes that stand with the amounts.
        negatives: share of negative amounts.
        zeros: share of zeros.
        questions: comments.
    """

    names: tuple[str, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    signs: tuple[str, ...] = ()
    negatives: float = 0.0
    zeros: float = 0.0
    questions: tuple[str, ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class CurrencyGuess:
    """A guess of the currency: a column of codes, a constant, or the sign of the amount."""

    column: str | None
    constant: str | None
    signs: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    replace: Mapping[str, str] = field(default_factory=dict)


def guess(facts: Sequence[ColumnFacts]) -> list[AmountGuess]:
    """Return the guesses of the amount of a row, the best first."""
    found = [each for each in map(of_column, facts) if each and each.score > 0]
    if not any(each.score >= 2 for each in found):
        quantity = next((each for each in facts if each.bare in _QUANTITY and each.is_number), None)
        price = next((each for each in facts if each.bare in _PRICE and each.is_number), None)
        if quantity and price:
            found.insert(0, _product(quantity, price))
    return sorted(found, key=lambda each: -each.score)


def by_values(facts: Sequence[ColumnFacts]) -> AmountGuess | None:
    """Return the guess of the amount of a file without names: a number with two decimals."""
    for each in facts:
        if each.is_number and each.share(r"\.[0-9]{1,2}$") > 0.5 and len(each.distinct) > 1:
            options, _, negatives, zeros, questions = _plain(each)
            why = ("CHECK: found by its values, for the file has no names", *questions)
            return AmountGuess((each.name,), options, (), negatives, zeros, why)
    return None


def of_column(facts: ColumnFacts) -> AmountGuess | None:
    """Return the guess of one column, or None where it holds no amounts."""
    score: float = facts.score(STRONG, WEAK)
    is_known = facts.bare in STRONG
    if not score or (not is_known and any(bad in facts.words for bad in _BAD)):
        return None
    if facts.type is not None and (
        pa.types.is_boolean(facts.type) or pa.types.is_temporal(facts.type)
    ):
        return None
    if not facts.count:
        return None
    read = _plain(facts) if facts.is_number else _spelled(facts)
    if read is None:
        return None
    return AmountGuess((facts.name,), *read, score)


def _plain(
    facts: ColumnFacts,
) -> _Read:
    """Return the guess of a column of plain numbers."""
    options: dict[str, object] = {}
    questions = []
    if facts.share(r"[eE]") > 0:
        options["exponents"] = True
    if facts.share(r"\.[0-9]{5,}") > 0 or facts.share(r"[eE]-") > 0:
        options["rounding"] = "binary"
        questions.append("some amounts carry more decimals than money has; they are rounded")
    values = pc.cast(facts.values, pa.float64())
    if (facts.is_integer and facts.type is None) or (
        facts.type and pa.types.is_integer(facts.type)
    ):
        if {"cents", "cent", "minor", "pence", "rappen"} & set(facts.words):
            options["unit"] = "minor"
        else:
            questions.append("whole numbers: if they are cents, write unit: minor")
    negatives = float(pc.mean(pc.less(values, 0)).as_py())
    zeros = float(pc.mean(pc.equal(values, 0)).as_py())
    return options, (), negatives, zeros, tuple(questions)


def _spelled(
    facts: ColumnFacts,
) -> _Read | None:
    """Return the guess of a column of texts such as `$1,234.56` or `1.234,56-`."""
    looked_at = facts.values[:_LOOKED_AT].to_pylist()
    matches = [match for match in map(_PIECES.fullmatch, looked_at) if match]
    if len(matches) < _ENOUGH * len(looked_at):
        return None
    numbers = [match["digits"].strip() for match in matches]
    decimal, thousands, doubt = marks_of(numbers)
    signs = tuple(
        sorted({sign for match in matches for sign in (match["before"], match["after"]) if sign})
    )
    if len(signs) > 12:
        return None
    negative = [
        name
        for name, is_used in (
            ("parentheses", any(match["open"] and match["close"] for match in matches)),
            ("trailing_minus", any(match["trailing"] == "-" for match in matches)),
        )
        if is_used
    ]
    options: dict[str, object] = {
        "decimal": "," if decimal == "," else None,
        "thousands": thousands,
        "currency_sign": list(signs),
        "negative": negative,
        "exponents": any(re.search("[eE]", number) for number in numbers),
    }
    below = sum(map(_is_negative, matches)) / len(matches)
    zero = sum(not re.search("[1-9]", number) for number in numbers) / len(matches)
    stated = {key: value for key, value in options.items() if value}
    return stated, signs, below, zero, (doubt,) if doubt else ()


def marks_of(numbers: Sequence[str]) -> tuple[str, str | None, str | None]:
    """Return the decimal mark, the mark between thousands, and a doubt about them."""
    others = {mark for mark in "' _" if any(mark in number for number in numbers)}
    if any(blank in number for number in numbers for blank in "\u00a0\u202f"):
        others.add(" ")
    both = [number for number in numbers if "," in number and "." in number]
    if both:
        decimal = "," if both[0].rfind(",") > both[0].rfind(".") else "."
        return decimal, "." if decimal == "," else ",", None
    thousands = min(others) if others else None
    commas = [number for number in numbers if "," in number]
    points = [number for number in numbers if "." in number]
    if commas:
        if all(_is_grouped(number, ",") for number in commas):
            if any(number.count(",") > 1 for number in commas) or len(commas) < len(numbers):
                return ".", ",", "commas stand before three digits only, so they part thousands"
            return ",", thousands, "CHECK: a comma before three digits may part thousands"
        return ",", thousands, None
    is_grouped = bool(points) and all(_is_grouped(number, ".") for number in points)
    if is_grouped and any(number.count(".") > 1 for number in points):
        return ",", ".", "points stand before three digits only, so they part thousands"
    return ".", thousands, None


def _is_grouped(number: str, mark: str) -> bool:
    first, *groups = number.split(mark)
    return 0 < len(first) <= 3 and first != "0" and all(len(group) == 3 for group in groups)


def _is_negative(match: re.Match[str]) -> bool:
    marks = (match["minus"], match["minus2"], match["trailing"])
    return bool(match["open"] and match["close"]) or any(mark in ("-", "\u2212") for mark in marks)


def _product(quantity: ColumnFacts, price: ColumnFacts) -> AmountGuess:
    counts = pc.cast(quantity.values, pa.float64())
    prices = pc.cast(price.values, pa.float64())
    negatives = float(pc.mean(pc.less(counts, 0)).as_py() or 0)
    zeros = float(pc.mean(pc.equal(prices, 0)).as_py() or 0)
    return AmountGuess(
        (quantity.name, price.name),
        {},
        (),
        negatives,
        zeros,
        ("no column holds the amount: quantity times price",),
        1.5,
    )


def currency(facts: Sequence[ColumnFacts], amount: AmountGuess | None, base: str) -> CurrencyGuess:
    """Return the guess of the currency.

    Args:
        facts: of all columns.
        amount: the guess of the amount.
        base: the base currency of the warehouse, for a file that names none.
    """
    columns = [each for each in facts if each.score(_CURRENCY, ("currency",)) and _is_code(each)]
    columns += [each for each in facts if _is_code(each) and each.count > 5]
    if columns:
        number = len(columns[0].distinct)
        codes = "code" if number == 1 else "codes"
        words = columns[0].distinct.to_pylist()
        used = set(filter(re.compile("[A-Z]{3}").fullmatch, words))
        strange = sorted(used - set(EXPONENTS))
        meant = {code: USUAL_CODES[code] for code in strange if code in USUAL_CODES}
        rest = [code for code in strange if code not in meant]
        meant |= {word: word.upper() for word in words if _is_lower_code(word)}
        reason = f"{number} {codes}" + (f"; not in ISO 4217: {', '.join(rest[:9])}" if rest else "")
        return CurrencyGuess(columns[0].name, None, {}, reason, meant)
    signs = {sign: code for sign in (amount.signs if amount else ()) if (code := _code_of(sign))}
    if len(signs) > 1:
        return CurrencyGuess(None, None, signs, "the sign of the amount names the currency")
    if signs:
        sign, code = next(iter(signs.items()))
        doubt = "; CHECK: other currencies share the sign" if sign in _AMBIGUOUS else ""
        return CurrencyGuess(None, code, {}, f"every amount is written with {sign}{doubt}")
    return CurrencyGuess(None, base, {}, "TODO: the file names no currency; write yours")


def _code_of(sign: str) -> str | None:
    return sign if sign in EXPONENTS else SIGNS.get(sign)


def _is_lower_code(word: str) -> bool:
    return word.islower() and word.upper() in EXPONENTS


def _is_code(facts: ColumnFacts) -> bool:
    codes = pa.array(list(EXPONENTS))
    if not facts.count or facts.share(r"^(?:[A-Z]{3}|[a-z]{3})$") < _ENOUGH:
        return False
    return bool(pc.mean(pc.is_in(pc.utf8_upper(facts.values), codes)).as_py() >= 0.9)
