"""Reads the YAML files that people write, and refuses what YAML would guess, repeat or hide.

Plain YAML keeps the last of two equal keys, calls `yes` a boolean and `12:30` a number, and lets
ten lines grow to gigabytes. Here a file is one mapping in UTF-8, each key occurs once and is text,
and only `true` and `false` are booleans. Every refusal names file, line, column and key.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import yaml
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from features.errors import ConfigurationError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NUMBER_LENGTH = 40

Steps = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

#: What no file holds: control characters, and marks that make a text look like another one.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
#: What not even an escape such as "\\0" may write: no database and no file can hold it.
_UNWRITABLE = re.compile("[\x00\ufffe\uffff\ud800-\udfff]")
_BOOLEAN, _NULL, _INTEGER, _FLOAT, _TEXT = (
    f"tag:yaml.org,2002:{kind}" for kind in ("bool", "null", "int", "float", "str")
)
_NAMES = {dict: "keys and values", list: "a list", str: "text", bool: "true or false"} | {
    int: "a whole number",
    float: "a number",
    type(None): "nothing",
}


_MOMENT = re.compile(
    r"(19|2\d)\d\d-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?( ?([Zz]|[-+]\d\d(:?\d\d)?))?",
    re.ASCII,
)


def _moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _MOMENT.fullmatch(value):
        raise ValueError("expected a moment such as 2026-12-31T00:00:00Z")
    return datetime.fromisoformat(value.upper().replace(" ", "T", 1).replace(" ", ""))


#: A moment with its zone; YAML's own timestamps are text here, and this is their one form.
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class _Loader(yaml.CSafeLoader):
    """Knows booleans, nulls and numbers by one form each; everything else is text."""

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


@dataclass(frozen=True, slots=True)
class Document:
    """What one YAML file says, and where.

    Attributes:
        name: of the file.
        content: its keys and values.
        places: line and column of each key and entry, from 1.
        sha256: of the file's bytes.
    """

    name: str
    content: Mapping[str, Any]
    places: Mapping[Steps, tuple[int, int]]
    sha256: str

    def validate(self, model: type[Model], content: Mapping[str, Any] | None = None) -> Model:
        """Return the content as a model, without turning one type into another.

        Args:
            model: what the file describes.
            content: what to validate where defaults or overrides join the file's own content.

        Raises:
            ConfigurationError: the content is not that; one line for each error.
        """
        found = self.content if content is None else content
        # strict JSON is what a file can say: a list is a tuple or a set, but "0.2" is no number
        text = json.dumps(found, default=_as_text)
        try:
            return model.model_validate_json(text, strict=True)
        except ValidationError as error:
            lines = [self._line(item, found) for item in error.errors(include_url=False)]
            raise ConfigurationError("\n".join(lines)) from None

    def _line(self, item: Any, content: Mapping[str, Any]) -> str:  # noqa: ANN401 - a TypedDict
        path, message = tuple(item["loc"]), item["msg"]
        if item["type"].endswith(("_type", "_parsing")):
            message += f"; the file has {_kind_at(content, path)}"
        key = ".".join(map(str, path)) or "file"
        known = [path[:end] for end in range(len(path), 0, -1) if path[:end] in self.places]
        place = self.places[known[0]] if known else None
        where = f"line {place[0]}, column {place[1]}: " if place else ""
        return f"{self.name}: {where}{key}: {message}"


def read(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        FileNotFoundError: there is no such file.
        ConfigurationError: the file is not one mapping in strict YAML; names line, column and key.
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
    """Read the bytes of one YAML file; raises as `read` does."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        _refuse(name, f"line {line}: the bytes are no UTF-8; save the file as UTF-8")
    if (hostile := _HOSTILE.search(text.replace("\r\n", "\n"))) is not None:
        line = text.replace("\r\n", "\n").count("\n", 0, hostile.start()) + 1
        _refuse(name, f"line {line}: the character U+{ord(hostile[0]):04X} is refused")
    try:
        _require_plain(text)
        node = yaml.compose(text, Loader=_Loader)
        if not isinstance(node, MappingNode):
            _refuse(name, "expected keys and values")
        places: dict[Steps, tuple[int, int]] = {}
        found = _mapping(node, (), places)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        context = f"{error.context}, " if str(error.problem).startswith("but ") else ""
        _refuse(name, f"{where}{context}{error.problem}")
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape beyond Unicode
        _refuse(name, str(error))
    return Document(name, found, places, hashlib.sha256(content).hexdigest())


def _require_plain(text: str) -> None:
    """Refuse anchors, aliases, tags and deep nesting before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _fault(event.start_mark, "anchors and aliases are refused: write the value out")
        if getattr(event, "tag", None) is not None:
            raise _fault(event.start_mark, "tags are refused: write the plain value")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _fault(event.start_mark, f"nested deeper than {MAX_DEPTH} levels")


def _mapping(
    node: MappingNode, path: Steps, places: dict[Steps, tuple[int, int]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark, key = key_node.start_mark, _key(key_node, path)
        here = (*path, key)
        if key in found:
            first = places[here][0]
            raise _fault(mark, f"the key {_dotted(here)} occurs twice, first in line {first}")
        places[here] = (mark.line + 1, mark.column + 1)
        found[key] = _value(value_node, here, places)
    return found


def _key(node: Node, path: Steps) -> str:
    where = f" of {_dotted(path)}" if path else ""
    if not isinstance(node, ScalarNode):
        raise _fault(node.start_mark, f"a key{where} is no text")
    if node.value == "<<" and node.style not in ("'", '"'):
        raise _fault(node.start_mark, f"merge keys are refused{where}: write the keys out")
    if node.tag != _TEXT:
        raise _fault(
            node.start_mark, f"the key {node.value or 'null'}{where} is no text: put it in quotes"
        )
    _require_readable(node, path)
    return str(node.value)


def _value(node: Node, path: Steps, places: dict[Steps, tuple[int, int]]) -> Any:  # noqa: ANN401
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
        raise _fault(node.start_mark, f"{_dotted(path)}: the number is too long")
    if node.tag == _INTEGER:
        return int(node.value)
    number = float(node.value)
    is_zero = not re.search("[1-9]", re.split("[eE]", node.value)[0])
    if math.isinf(number) or (number == 0 and not is_zero):
        raise _fault(node.start_mark, f"{_dotted(path)}: the number is too large or too small")
    return number


def _require_readable(node: Node, path: Steps) -> None:
    if (hostile := _UNWRITABLE.search(node.value)) is not None:
        raise _fault(
            node.start_mark,
            f"{_dotted(path) or 'a key'}: the character U+{ord(hostile[0]):04X} is refused",
        )


def _kind_at(content: Any, path: Steps) -> str:  # noqa: ANN401 - what a file holds
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            break
    return _NAMES.get(type(content), "text")


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in YAML")


def _dotted(path: Steps) -> str:
    return ".".join(map(str, path))


def _fault(mark: Any, problem: str) -> yaml.MarkedYAMLError:  # noqa: ANN401 - of C or of Python
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _refuse(name: str, problem: str) -> NoReturn:
    raise ConfigurationError(f"{name} is not readable as YAML: {problem}")
