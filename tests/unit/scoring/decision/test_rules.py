"""A condition is a small, typed part of SQL; everything else is refused with its reason."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from features.platform.errors import ConfigurationError
from scoring.decision.rules import rules

TYPES = {"a": pa.float64(), "b": pa.float64(), "n": pa.int64(), "t": pa.string()}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \t\n", "is empty"),
        ("a > 1" + " and a > 1" * 300, "is longer than 2,000 characters"),
        ("a", "has double precision where something is true or false"),
        ("a > 1 or t", "has text where something is true or false"),
        ("c > 1", "names 'c', which is not a declared column"),
        ("A > 1", "names 'A', which is not a declared column"),
        ('"A" > 1', "has a double quote"),
        ('"null" is null', "which is not a declared column"),
        ("a = null", "compares with null"),
        ("a <> null", "compares with null"),
        ("a in (1, null)", "compares with null"),
        ("a between null and 1", "compares with null"),
        ("null", "compares with null"),
        ("a not null", "has 'not' where it should end"),
        ("a in ()", "has ')' as a value"),
        ("a in (1, )", "has ')' as a value"),
        ("a in (select 1)", "has '1' where ')' is expected"),
        ("t = 5", "compares text with integer"),
        ("a = '5'", "compares double precision with text"),
        ("n in (1, 'x')", "compares bigint with text"),
        ("a = true", "compares double precision with boolean"),
        ("t > 'x'", "orders text"),
        ("t between 'a' and 'b'", "orders text"),
        ("(a > 1) > (b > 1)", "orders boolean"),
        ("t + 1 > 2", "calculates with text"),
        ("-t = 'x'", "calculates with text"),
        ("a is true", "tests whether double precision is true"),
        ("a is 5", "only null, true and false"),
        ("a is unknown", "only null, true and false"),
        ("a is distinct from 1", "only null, true and false"),
        ("a / 2 > 1", "divides, which can fail on a row"),
        ("a % 2 = 1", "has the operator '%'"),
        ("a == 1", "write '='"),
        ("a !=-5", "has the operator '!=-'"),
        ("a <=> 1", "has the operator '<=>'"),
        ("a ~ 'x'", "has the operator '~'"),
        ("t || 'x' = 'y'", "has the operator '||'"),
        ("t like 'x%'", "has 'like' where it should end"),
        ("a > 1 -- b", "has a comment"),
        ("a > 1 /* b */", "has the operator '/*'"),
        ("a > 1; drop table x", "a rule has one condition"),
        ("a::int > 1", "has ':', which rules may not use"),
        ("abs(a) > 1", "calls 'abs'"),
        ("a.b > 1", "which rules may not use"),
        ("a > :x", "has ':'"),
        ("a > $1", "has '$'"),
        ("t = $$x$$", "has '$'"),
        ("t = E'x'", "which rules may not use"),
        ("t = 'x' 'y'", "where it should end"),
        ("t = 'x", "which rules may not use"),
        ("t = 'x\\'", "which rules may not use"),
        ("a > 1_000", "which rules may not use"),
        ("a > 0x1F", "which rules may not use"),
        ("a > 1.5.2", "which rules may not use"),
        ("a >\u00a01", "has '\\xa0'"),
        ("\uff41 > 1", "has '\\uff41'"),
        ("a > 1e400", "no double precision column can hold"),
        ("a > 1e-400", "no double precision column can hold"),
        ("a > 1e999999999", "too many digits"),
        ("n > 1e80", "more than 76 digits"),
        ("n * n * n * n > 1", "calculates with more than 76 digits"),
        ("2147483647 + 1 > n", "calculates a constant that is no integer"),
        ("9223372036854775807 * 2 > n", "calculates a constant that is no bigint"),
        ("a < 5 < 6", "where it should end"),
        ("a = b = true", "where it should end"),
        ("a between 1 and 2 = true", "where it should end"),
        ("a is null is null", "where it should end"),
        ("a > 1 and", "has its end as a value"),
        ("(a > 1", "has its end where ')' is expected"),
        ("a > 1)", "has ')' where it should end"),
        ("(" * 11 + "a > 1" + ")" * 11, "nests parentheses deeper"),
        ("not " * 100 + "a > 1", "nests deeper"),
        ("a" + " + 1" * 100 + " > 1", "nests deeper"),
        ("- " * 900 + "a > 1", "nests deeper"),
        ("case when a > 1 then true end", "where it should end"),
    ],
)
def test_a_condition_that_could_fail_or_be_misread_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rules.parse(text, TYPES)

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "is_hit"),
    [
        ("a > 1 and n > 1", True),
        ("NOT a > 1", False),
        ("a = b is null", True),
        ("a > 1 or b > 1", True),
        ("a > 1 and b > 1", False),
        ("not (b > 1)", False),
        ("t = 'it''s'", True),
        ("n * 0.1 = 0.3", True),
        ("n between 0.5 and a", True),
        ("(a > 1) = (n > 1)", True),
        ("true", True),
    ],
)
def test_a_condition_hits_where_it_is_true_and_not_where_it_is_unknown(
    text: str, is_hit: bool
) -> None:
    columns = {
        "a": pa.array([5.0]),
        "b": pa.array([None], pa.float64()),
        "n": pa.array([3]),
        "t": pa.array(["it's"]),
    }

    assert rules.parse(text, TYPES).hits(columns, 1).to_pylist() == [is_hit]


def test_a_parsed_condition_cannot_fail_on_a_row() -> None:
    edges = [None, 0.0, -0.0, 5e-324, 1.8e308, -1.8e308, math.inf, -math.inf, math.nan]
    whole = [None, 0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, 7, 8]
    columns = {
        "a": pa.array(edges),
        "b": pa.array(edges[::-1]),
        "n": pa.array(whole, pa.int64()),
        "t": pa.array([None, "", "\x00", "x" * 10_000, "é", "'", "\u202e", "1", "null"]),
    }

    for text in (
        "a * b * 1e300 > n",
        "n * n * 9223372036854775807 + n > 0.5",
        "n * 0.1 - a < b",
        "-n > n",
        "t = '' or t <> 'é'",
    ):
        assert len(rules.parse(text, TYPES).hits(columns, 9)) == 9


def test_a_column_of_a_type_that_no_rule_reads_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="whose type timestamp"):
        rules.parse("at is null", {"at": pa.timestamp("us", tz="UTC")})
