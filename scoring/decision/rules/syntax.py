"""Parses the text of a rule's condition: the small part of Postgres' grammar that rules may use.

A general SQL parser accepts too much: it reads `a > 1_000` as an alias, `in (1, )` as a list, and
`a not null` as a test. This grammar is a strict part of Postgres' own, with its precedence, so
every accepted text has the same meaning in Postgres:

    either     = all { "or" all }
    all        = negation { "and" negation }
    negation   = { "not" } test
    test       = comparison [ "is" [ "not" ] ( "null" | "true" | "false" ) | "isnull" | "notnull" ]
    comparison = sum [ sign sum | [ "not" ] "between" sum "and" sum | [ "not" ] "in" "(" sums ")" ]
    sum        = product { ( "+" | "-" ) product }
    product    = signed { "*" signed }
    signed     = { "-" | "+" } ( number | text | "true" | "false" | column | "(" either ")" )
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

MAX_LENGTH = 2_000
MAX_NESTING = 10

NodeKind = Literal[
    "or", "and", "not", "compare", "between", "in", "is",
    "calculate", "sign", "column", "number", "text", "truth",
]  # fmt: skip

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\n\r]+)
  | (?P<number>(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?(?![\w.]))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?![\w'.]))
  | "(?P<quoted>[a-z_][a-z0-9_]*)"
  | (?P<text>'(?:[^'\\]|'')*'(?!'))
  | (?P<operator>[-+*/<>=~!@\#%^&|`?]+)
  | (?P<mark>[(),])
    """,
    re.VERBOSE | re.ASCII,
)
_COMPARISONS = {"=", "<>", "!=", "<", "<=", ">", ">="}
_OPERATORS = {*_COMPARISONS, "+", "-", "*"}
_TRUTHS = {"true", "false"}
_RESERVED = {"and", "or", "not", "between", "in", "is", "isnull", "notnull", "null"}
_NO_NULL = "compares with null, which is never true: write `is null` or `is not null`"
_HINTS = {
    "/": "divides, which can fail on a row: write `a > 2 * b` for `a / b > 2`",
    "==": "has the operator '==': write '='",
    ";": "has ';': a rule has one condition",
    '"': "has a double quote: a text has single ones, and a name needs none",
}


class UnusableError(ValueError):
    """A part of a condition has no meaning, or could fail on a row."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a condition.

    Attributes:
        kind: the kind of the part.
        parts: its operands, from left to right.
        word: an operator, a column's name, a literal, or the state that `is` tests.
    """

    kind: NodeKind
    parts: tuple[Node, ...] = ()
    word: str = ""

    def walk(self) -> Iterator[Node]:
        """Yield this node and every node below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.parts)

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the part names."""
        return frozenset(node.word for node in self.walk() if node.kind == "column")


def parse(text: str) -> Node:
    """Parse a condition.

    Raises:
        UnusableError: the text is empty, too long, or outside the grammar.
    """
    if len(text) > MAX_LENGTH:
        raise UnusableError(f"is longer than {MAX_LENGTH:,} characters")
    parser = _Parser(list(_tokens(text)))
    if not parser.left:
        raise UnusableError("is empty")
    node = parser.either()
    if parser.left:
        raise UnusableError(f"has {parser.left[0]!r} where it should end")
    return node


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise UnusableError(
                _HINTS.get(text[place], f"has {text[place]!a}, which rules may not use")
            )
        place = token.end()
        if token["operator"]:
            yield from _operators(token[0])
        elif token["name"]:
            yield token[0].lower() if token[0].lower() in _RESERVED | _TRUTHS else token[0]
        elif token["quoted"] and token["quoted"] not in _RESERVED | _TRUTHS:
            yield token["quoted"]
        elif not token["blank"]:
            yield token[0]


def _operators(text: str) -> Iterator[str]:
    # Postgres reads the longest operator; a sign at its end belongs to the number after it
    stem = text.rstrip("-+") if len(text) > 1 and "!" not in text else text
    signs = text[len(stem) :]
    if "--" in text:
        raise UnusableError("has a comment: put it in the policy file")
    if (stem and stem not in _OPERATORS) or len(signs) > 1:
        raise UnusableError(_HINTS.get(text, f"has the operator {text!r}, which rules may not use"))
    yield from filter(None, (stem, signs))


@dataclass(slots=True)
class _Parser:
    """The grammar, one method per production, over the remaining tokens."""

    left: list[str]
    nesting: int = field(default=0)

    def takes(self, *expected: str) -> str | None:
        """Read the next token if it is one of these."""
        if self.left and self.left[0] in expected:
            return self.left.pop(0)
        return None

    def require(self, expected: str) -> None:
        """Read the next token, which must equal `expected`.

        Raises:
            UnusableError: the next token differs.
        """
        if self.takes(expected) is None:
            raise UnusableError(f"has {self._next()} where {expected!r} is expected")

    def either(self) -> Node:
        """Read conditions joined by `or`."""
        return self._joined("or", self._all)

    def _all(self) -> Node:
        return self._joined("and", self._negation)

    def _joined(self, word: Literal["and", "or"], part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.takes(word):
            parts.append(part())
        return Node(word, tuple(parts)) if len(parts) > 1 else parts[0]

    def _negation(self) -> Node:
        negations = 0
        while self.takes("not"):
            negations += 1
        node = self._test()
        for _ in range(negations):
            node = Node("not", (node,))
        return node

    def _test(self) -> Node:
        node = self._comparison()
        if (word := self.takes("is", "isnull", "notnull")) is None:
            return node
        is_negated = word == "notnull" or (word == "is" and self.takes("not") is not None)
        state = self.takes("null", "true", "false") if word == "is" else "null"
        if state is None:
            raise UnusableError(f"tests `is` {self._next()}: only null, true and false can be")
        return _negated(Node("is", (node,), state), is_negated)

    def _comparison(self) -> Node:
        left = self._sum()
        if (sign := self.takes(*_COMPARISONS)) is not None:
            return Node("compare", (left, self._sum()), "<>" if sign == "!=" else sign)
        is_negated = self.left[1:2] in (["between"], ["in"]) and self.takes("not") is not None
        if self.takes("between"):
            low = self._sum()
            self.require("and")
            return _negated(Node("between", (left, low, self._sum())), is_negated)
        if self.takes("in"):
            self.require("(")
            items = [self._sum()]
            while self.takes(","):
                items.append(self._sum())
            self.require(")")
            return _negated(Node("in", (left, *items)), is_negated)
        return left

    def _sum(self) -> Node:
        node = self._product()
        while (sign := self.takes("+", "-")) is not None:
            node = Node("calculate", (node, self._product()), sign)
        return node

    def _product(self) -> Node:
        node = self._signed()
        while self.takes("*"):
            node = Node("calculate", (node, self._signed()), "*")
        return node

    def _signed(self) -> Node:
        signs = []
        while (sign := self.takes("-", "+")) is not None:
            signs.append(sign)
        node = self._atom()
        for sign in reversed(signs):
            node = Node("sign", (node,), sign)
        return node

    def _atom(self) -> Node:
        if not self.left or self.left[0] in _RESERVED or self.left[0] in {")", ","}:
            is_null = self.left[:1] == ["null"]
            raise UnusableError(_NO_NULL if is_null else f"has {self._next()} as a value")
        word = self.left.pop(0)
        if word == "(":
            return self._nested()
        if word[0] == "'":
            return Node("text", word=word[1:-1].replace("''", "'"))
        if word in _TRUTHS:
            return Node("truth", word=word)
        if word[0].isdigit() or word[0] == ".":
            return Node("number", word=word)
        if word in _OPERATORS:
            raise UnusableError(f"has {word!r} as a value")
        if self.left[:1] == ["("]:
            raise UnusableError(f"calls {word!r}, and rules have no functions")
        return Node("column", word=word)

    def _nested(self) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise UnusableError(f"nests parentheses deeper than {MAX_NESTING} levels")
        node = self.either()
        self.require(")")
        self.nesting -= 1
        return node

    def _next(self) -> str:
        return repr(self.left[0]) if self.left else "its end"


def _negated(node: Node, is_negated: bool) -> Node:
    return Node("not", (node,)) if is_negated else node
