"""Defines typed values of rule conditions, with the types and results of Postgres.

Literals are exact decimals. Arithmetic between a double and another number is in doubles; all other
arithmetic is exact. NaN equals NaN and is greater than every other number. Types are known before
any row is read, so an operation that could fail is refused at parse time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Columns
from scoring.decision.rules.syntax import UnusableError

Reader = Callable[[Columns], pa.Array]  # or a scalar, which applies to every row

MAX_DIGITS = 400
_EXACT = Context(prec=min(MAX_PREC, 100_000), Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])


class SqlType(StrEnum):
    """The Postgres type of a value; the common type of two numbers is the later one."""

    BOOLEAN = "boolean"
    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    NUMERIC = "numeric"
    DOUBLE = "double precision"


_NUMBERS = (SqlType.INTEGER, SqlType.BIGINT, SqlType.NUMERIC, SqlType.DOUBLE)
_BITS = {SqlType.INTEGER: 31, SqlType.BIGINT: 63}
_OF_ARROW = {
    pa.bool_(): SqlType.BOOLEAN,
    pa.string(): SqlType.TEXT,
    pa.int32(): SqlType.INTEGER,
    pa.int64(): SqlType.BIGINT,
    pa.float64(): SqlType.DOUBLE,
}


@dataclass(frozen=True, slots=True)
class Value:
    """A part of a condition: its type and its reader.

    Attributes:
        type: its type in Postgres.
        read: returns the value for n rows.
        constant: its value if it depends on no column.
    """

    type: SqlType
    read: Reader
    constant: Decimal | str | bool | None = None

    @property
    def is_number(self) -> bool:
        """Whether the value is a number."""
        return self.type in _NUMBERS


def column(name: str, type_: pa.DataType) -> Value:
    """Return the value of a column.

    Raises:
        UnusableError: rules cannot read columns of this type.
    """
    if type_ not in _OF_ARROW:
        raise UnusableError(f"names {name}, whose type {type_} no rule can read")
    return Value(_OF_ARROW[type_], lambda columns: columns[name].cast(type_))


def boolean(value: bool) -> Value:
    """Return a constant truth value."""
    return Value(SqlType.BOOLEAN, lambda _: pa.scalar(value), value)


def text(value: str) -> Value:
    """Return a constant text."""
    return Value(SqlType.TEXT, lambda _: pa.scalar(value), value)


def number(literal: str) -> Value:
    """Return a number as Postgres reads its literal: an integer if it fits one, otherwise exact.

    Raises:
        UnusableError: the number has too many digits.
    """
    value = Decimal(literal)
    if abs(value.adjusted()) > MAX_DIGITS or len(literal) > MAX_DIGITS:
        raise UnusableError("has a number with too many digits")
    return _number(value, is_whole=literal.isdigit())


def _number(value: Decimal, *, is_whole: bool) -> Value:
    type_ = SqlType.NUMERIC
    if is_whole:
        type_ = next((t for t, bits in _BITS.items() if _fits(value, bits)), type_)
    return _constant(type_, value)


def _constant(type_: SqlType, value: Decimal) -> Value:
    return Value(type_, lambda _: _decimal_scalar(value), value)


def _fits(value: Decimal, bits: int) -> bool:
    return bool(-(2**bits) <= value < 2**bits)


def calculated(operation: str, left: Value, right: Value) -> Value:
    """Return left + - * right.

    Raises:
        UnusableError: one side is no number, or constants overflow.
    """
    for side in (left, right):
        if not side.is_number:
            raise UnusableError(f"calculates with {side.type}")
    type_ = max(left.type, right.type, key=_NUMBERS.index)
    if isinstance(left.constant, Decimal) and isinstance(right.constant, Decimal):
        exact = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply}[operation]
        result = exact(left.constant, right.constant)
        if type_ in _BITS and not _fits(result, _BITS[type_]):
            raise UnusableError(f"calculates a constant that is no {type_}")
        return _constant(type_, result)
    kernel = {"+": pc.add, "-": pc.subtract, "*": pc.multiply}[operation]
    first, second = _readers(type_, left, right)
    return Value(type_, lambda columns: kernel(first(columns), second(columns)))


def signed(sign: str, value: Value) -> Value:
    """Return value or -value.

    Raises:
        UnusableError: the value is no number.
    """
    if not value.is_number:
        raise UnusableError(f"calculates with {value.type}")
    if sign == "+":
        return value
    if isinstance(value.constant, Decimal):
        return _number(-value.constant, is_whole=value.type in _BITS or _is_big_whole(value))
    (read,) = _readers(value.type, value)
    return Value(value.type, lambda columns: pc.negate(read(columns)))


def _is_big_whole(value: Value) -> bool:
    # -9223372036854775808 is a bigint, though its digits alone are not
    return value.constant == 2**63


def compared(operation: str, left: Value, right: Value) -> Value:
    """Return left = <> < <= > >= right.

    Raises:
        UnusableError: the types differ, or their order differs between databases.
    """
    if left.type is not right.type and not (left.is_number and right.is_number):
        raise UnusableError(f"compares {left.type} with {right.type}")
    if not left.is_number and operation not in {"=", "<>"}:
        raise UnusableError(f"orders {left.type}: only = and <> and in compare it")
    if left.constant is not None and right.constant is not None:
        return boolean(_order_of(left.constant, right.constant, operation))
    type_ = max(left.type, right.type, key=_NUMBERS.index) if left.is_number else left.type
    sides = _readers(type_, left, right)
    may_be_nan = [type_ is SqlType.DOUBLE and side.constant is None for side in (left, right)]
    if operation in {"=", "<>"}:
        kernel = _same_or_both_nan if all(may_be_nan) else pc.equal
    else:
        if operation in {">", "<="}:
            sides, may_be_nan = sides[::-1], may_be_nan[::-1]
        kernel = _less_than_nan_too if may_be_nan[1] else pc.less
    first, second = sides
    result = Value(SqlType.BOOLEAN, lambda columns: kernel(first(columns), second(columns)))
    return opposite(result) if operation in {"<>", ">=", "<="} else result


def opposite(value: Value) -> Value:
    """Return the negation of a truth value; unknown stays unknown."""
    return Value(SqlType.BOOLEAN, lambda columns: pc.invert(value.read(columns)))


def _order_of(left: Any, right: Any, operation: str) -> bool:  # noqa: ANN401 - of one type
    orders = {
        "=": left == right, "<>": left != right,
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
    }  # fmt: skip
    return bool(orders[operation])


def _same_or_both_nan(a: pa.Array, b: pa.Array) -> pa.Array:
    return pc.or_(pc.equal(a, b), pc.and_(pc.is_nan(a), pc.is_nan(b)))


def _less_than_nan_too(a: pa.Array, b: pa.Array) -> pa.Array:
    return pc.or_(pc.less(a, b), pc.and_(pc.is_nan(b), pc.invert(pc.is_nan(a))))


def _readers(type_: SqlType, *values: Value) -> tuple[Reader, ...]:
    """Return readers of values as one type: doubles as doubles, other numbers as decimals."""
    if type_ is SqlType.DOUBLE:
        return tuple(_as_double(value) for value in values)
    if type_ in _NUMBERS:
        return tuple(_as_decimal(value) for value in values)
    return tuple(value.read for value in values)


def _as_double(value: Value) -> Reader:
    if isinstance(value.constant, Decimal):
        double = float(value.constant)
        if math.isinf(double) or (double == 0) != (value.constant == 0):
            raise UnusableError("has a number that no double precision column can hold")
        return lambda _: pa.scalar(double)
    if value.type is SqlType.DOUBLE:
        return value.read
    return lambda columns: _doubles(value.read(columns))


def _doubles(array: pa.Array) -> pa.Array:
    if pa.types.is_integer(array.type):
        return array.cast(pa.float64(), safe=False)  # rounds to the nearest, as Postgres does
    return array.cast(pa.string()).cast(pa.float64())  # a direct cast may miss the nearest


def _as_decimal(value: Value) -> Reader:
    if value.constant is not None:
        return value.read
    return lambda columns: _decimals(value.read(columns))


def _decimals(array: pa.Array) -> pa.Array:
    if pa.types.is_integer(array.type):
        return array.cast(pa.decimal256(19, 0))
    return array


def _decimal_scalar(value: Decimal) -> pa.Scalar:
    if value == 0:
        value = Decimal(0)
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    precision = max(len(digits) + max(0, int(exponent)), scale, 1)
    if precision > 76:
        raise UnusableError("has a number with more than 76 digits")
    return pa.scalar(value, pa.decimal256(precision, scale))
