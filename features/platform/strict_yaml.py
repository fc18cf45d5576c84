"""Reads YAML files strictly, and refuses guesses, repeated keys and hidden content.

Plain YAML keeps the last of two equal keys and lets ten lines grow to gigabytes. It reads `yes` as
a boolean and `12:30` as a number. Here a file is one mapping in UTF-8, each key occurs once and is
text, and only `true` and `false` are booleans. Every refusal names file, line, column and key.
"""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from features.platform.card_numbers import names_card_number
from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Document, Steps, dotted

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NUMBER_LENGTH = 40

_MutablePlaces = dict[Steps, tuple[int, int]]

#: The refused characters: control characters, and marks that make a text look like another.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
#: The characters that are refused even as an escape such as "\\0": no database can hold them.
_UNWRITABLE = re.compile("[\x00\ufffe\uffff\ud800-\udfff]")
_BOOLEAN, _NULL, _INTEGER, _FLOAT, _TEXT = (
    f"tag:yaml.org,2002:{kind}" for kind in ("bool", "null", "int", "float", "str")
)


class _Loader(yaml.CSafeLoader):
    """Reads booleans, nulls and numbers in one form each; everything else is text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    (_BOOLEAN, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_INTEGER, r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    (
        _FLOAT,
        r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?",
        "-+0123456789.",
    ),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})\Z"), list(_first))


def read(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        FileNotFoundError: there is no such file.
        ConfigurationError: the file is not one strict YAML mapping; names line, column and key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name} is not readable: {error}") from None
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"{path.name} is larger than {MAX_BYTES:,} bytes")
    return parse(content, path.name)


def parse(content: bytes, name: str) -> Document:
    """Read the bytes of one YAML file; raises the errors of `read`."""
    text = _text(content, name)
    places: _MutablePlaces = {}
    try:
        _require_plain(text)
        node = yaml.compose(text, Loader=_Loader)
        if not isinstance(node, MappingNode):
            _refuse(name, "expected keys and values")
        mapping = _mapping(node, (), places)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        context = f"{error.context}, " if str(error.problem).startswith("but ") else ""
        _refuse(name, f"{where}{context}{error.problem}")
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape beyond Unicode
        _refuse(name, str(error))
    return Document(name, mapping, places, hashlib.sha256(content).hexdigest())


def _text(content: bytes, name: str) -> str:
    """Decode a file, and refuse forbidden characters."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        _refuse(name, f"line {line}: the bytes are no UTF-8; save the file as UTF-8")
    unix_text = text.replace("\r\n", "\n")
    if (hostile := _HOSTILE.search(unix_text)) is not None:
        line = unix_text.count("\n", 0, hostile.start()) + 1
        _refuse(name, f"line {line}: the character U+{ord(hostile[0]):04X} is refused")
    return text


def _require_plain(text: str) -> None:
    """Refuse anchors, aliases, tags and deep nesting before any object is built."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _fault(event, "anchors and aliases are refused: write the value out")
        if getattr(event, "tag", None) is not None:
            raise _fault(event, "tags are refused: write the plain value")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _fault(event, f"nested deeper than {MAX_DEPTH} levels")


def _mapping(node: MappingNode, path: Steps, places: _MutablePlaces) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark, key = key_node.start_mark, _key(key_node, path)
        key_path = (*path, key)
        if key in mapping:
            first = places[key_path][0]
            raise _fault(
                key_node, f"the key {dotted(key_path)} occurs twice, first in line {first}"
            )
        places[key_path] = (mark.line + 1, mark.column + 1)
        mapping[key] = _value(value_node, key_path, places)
    return mapping


def _key(node: Node, path: Steps) -> str:
    where = f" of {dotted(path)}" if path else ""
    if not isinstance(node, ScalarNode):
        raise _fault(node, f"a key{where} is no text")
    if node.value == "<<" and node.style not in ("'", '"'):
        raise _fault(node, f"merge keys are refused{where}: write the keys out")
    if node.tag != _TEXT:
        raise _fault(node, f"the key {node.value or 'null'}{where} is no text: put it in quotes")
    _require_readable(node, path)
    return str(node.value)


def _value(node: Node, path: Steps, places: _MutablePlaces) -> object:
    if isinstance(node, MappingNode):
        return _mapping(node, path, places)
    if isinstance(node, SequenceNode):
        entries = []
        for i, entry in enumerate(node.value):
            places[(*path, i)] = (entry.start_mark.line + 1, entry.start_mark.column + 1)
            entries.append(_value(entry, (*path, i), places))
        return entries
    _require_readable(node, path)
    return _scalar(node, path)


def _scalar(node: Node, path: Steps) -> str | bool | int | float | None:
    if node.tag == _NULL:
        return None
    if node.tag == _BOOLEAN:
        return bool(node.value.lower() == "true")
    if node.tag == _TEXT:
        return str(node.value)
    if len(node.value) > MAX_NUMBER_LENGTH:
        raise _fault(node, f"{dotted(path)}: the number is too long")
    if node.tag == _INTEGER:
        return int(node.value)
    number = float(node.value)
    is_zero = not re.search("[1-9]", re.split("[eE]", node.value)[0])
    if math.isinf(number) or (number == 0 and not is_zero):
        raise _fault(node, f"{dotted(path)}: the number is too large or too small")
    return number


def _require_readable(node: Node, path: Steps) -> None:
    if (hostile := _UNWRITABLE.search(node.value)) is not None:
        raise _fault(
            node,
            f"{dotted(path) or 'a key'}: the character U+{ord(hostile[0]):04X} is refused",
        )
    if names_card_number(node.value):
        raise _fault(
            node, f"{dotted(path) or 'a key'}: what passes as a full card number is refused"
        )


def _fault(place: yaml.Event | Node, problem: str) -> yaml.MarkedYAMLError:
    mark: Any = place.start_mark  # of the C parser or the Python parser
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _refuse(name: str, problem: str) -> NoReturn:
    raise ConfigurationError(f"{name} is not readable as YAML: {problem}")
