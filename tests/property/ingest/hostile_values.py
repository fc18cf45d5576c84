"""Values that formats and parsers read differently, by the columns in which they occur."""

from __future__ import annotations

NUMBERS = (
    "0", "1", "-1", "+1", "1.0", "01", "1.", ".5", "1e5", "1E-3", "1e-120", "1e400", "-0", "1_0",
    "inf", "-inf", "nan", "NaN", "0x10", "1,5", "1 000", " 1", "1 ", "n/a", "", "NULL", "\\N",
    "9" * 19, "9" * 45, "1.5%", "٣", "²", "1e", "e5", "--1", "1.2.3", "0.1e1000", "$1",
    "1.23E+11",
)  # fmt: skip
TIMES = (
    "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+01:00", "2026-03-01 10:00:00Z", "2026-03-01",
    "2026-03-01T10:00Z", "2026-03-01T10Z", "2026-03-01T10:00:00.123456789Z",
    "2026-02-30T00:00:00Z", "2026-03-01T10:00:00", "2100-01-01T00:00:00Z", "1999-12-31T23:59:59Z",
    "2026-03-01T24:00:00Z", "2026-03-01T10:00:60Z", "2026-03-01T10:00:00z",
    "2026-03-01T10:00:00+15:00", "2024-02-29T00:00:00Z", "2026-03-01T10:00:00 Z",
    "20260301T100000Z", "2026-3-1T10:00:00Z", "2026-W10-1", "now", "", "NULL",
    "2026-03-01T10:00:00-0030", "2027-01-01T00:00:00Z", "1.7e9", "1772359200",
)  # fmt: skip
TEXTS = (
    "x", "", "NULL", "nan", "None", "\\N", "null", "NA", "596.0", "1e5", "12e4", "a b", " a",
    "a ", "a\u00a0", "a\u200b", "é", "\ufeffa", "4111111111111111", "'; drop table x; --", 'a"b',
    "a,b", "x" * 300, "x" * 5000, "true", "[1]", "{}", "\x7f", "\u2028", "|", "a|b", "a||b", "😀",
    "\x1b[31m",
)  # fmt: skip
VALUES = {
    "transactions": {
        **dict.fromkeys(("transaction_id", "customer_id", "merchant_id", "device_id"), TEXTS),
        **dict.fromkeys(("card_bin", "ip_address", "location", "channel"), TEXTS),
        **dict.fromkeys(("amount", "type", "merchant_risk_score", "card_risk_score"), NUMBERS),
        **dict.fromkeys(("is_velocity_alert", "is_high_value"), ("1", "true", "f", "yes", "", "2")),
        "timestamp": TIMES,
        "currency": ("USD", "JPY", "KWD", "usd", "XXX", "", "NULL", "US D"),
        "customer_segments": TEXTS,
    },
    "applications": {
        **dict.fromkeys(("application_id", "customer_id", "purpose", "home_ownership"), TEXTS),
        **dict.fromkeys(("loan_amnt", "annual_inc", "revol_bal", "dti", "revol_util"), NUMBERS),
        **dict.fromkeys(("fico_range_low", "fico_range_high"), ("700", "704", "999", "700.0", "x")),
        **dict.fromkeys(("open_acc", "total_acc", "pub_rec", "inq_last_6mths"), NUMBERS),
        "term": ("36 months", "36", " 36 months", "0", "9999", "three years", ""),
        "emp_length": ("5 years", "< 1 year", "10+ years", "n/a", "N/A", "11 years", ""),
        "applied_at": TIMES,
        "earliest_cr_line": (
            "1931-04-01",
            "2009-04-01",
            "2031-01-01",
            "Apr-2009",
            "1899-01-01",
            "",
        ),
        "currency": ("USD", "JPY", "", "usd"),
    },
}
PLAIN = {
    "transactions": {
        "transaction_id": "t",
        "customer_id": "c",
        "merchant_id": "m",
        "timestamp": "2026-03-01T10:00:00Z",
        "amount": "1.00",
        "currency": "USD",
        "type": "1",
        "card_bin": "411111",
        "ip_address": "192.0.2.1",
        "device_id": "d",
        "location": "US-NY",
        "channel": "web",
    },
    "applications": {
        "application_id": "a",
        "customer_id": "c",
        "applied_at": "2026-03-01T10:00:00Z",
        "loan_amnt": "7500",
        "term": "36 months",
        "currency": "USD",
    },
}

#: Values as JSON writes them, and some that it does not know.
JSON_VALUES = (
    *('"c1"', "12", "596.0", "1e5", "true", "null", "NaN", "Infinity", "-Infinity", '""', "[]"),
    *('["a"]', '["a", 1]', "{}", '{"a": 1}', '"NaN"', '"\\ud800"', '"\\u0000"', "1" * 400, "[[]]"),
    *('"a|b"', '["a", null]', "-0", "1.0", "01", "'a'", "1.", ".5"),
)
