"""Represents one YAML file as data: content, place of each key, and validation against a model.

Validation is strict: a text is not a number, a number is not a text, and each error names file,
line, column and key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ValidationError
from pydantic_core import ErrorDetails

from features.platform.errors import ConfigurationError
from features.platform.model_keys import unknown_key

Steps = tuple[str | int, ...]
Places = Mapping[Steps, tuple[int, int]]
Model = TypeVar("Model", bound=BaseModel)

_KIND_NAMES = {dict: "keys and values", list: "a list", str: "text", bool: "true or false"} | {
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


#: Marks the form of a value that a file may write as plain text or as keys; no key has this name.
TEXT_FORM, KEYS_FORM = "(text)", "(keys)"


def form_of(value: object) -> str:
    """Return the form of a value: plain text or keys."""
    return TEXT_FORM if isinstance(value, str) else KEYS_FORM


#: A moment with its zone. YAML's own timestamps are read as text, and this is their only form.
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one YAML file.

    Attributes:
        name: of the file.
        content: its keys and values.
        places: line and column of each key and entry, from 1.
        sha256: of the file's bytes.
    """

    name: str
    content: Mapping[str, Any]
    places: Places
    sha256: str

    def validate(self, model: type[Model], content: Mapping[str, Any] | None = None) -> Model:
        """Return the content as a model, without conversion between types.

        Args:
            model: the model of the file.
            content: the content with defaults and overrides; by default the file's own content.

        Raises:
            ConfigurationError: the content does not fit the model; one line for each error.
        """
        stated = self.content if content is None else content
        # strict JSON has the types of a file: a list is a tuple or a set, but "0.2" is not a number
        text = json.dumps(stated, default=_as_text)
        try:
            return model.model_validate_json(text, strict=True)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            lines = [self._line(details, stated, model) for details in errors]
            raise ConfigurationError("\n".join(lines)) from None

    def _line(self, error: ErrorDetails, content: Mapping[str, Any], model: type[BaseModel]) -> str:
        path = tuple(step for step in error["loc"] if step not in (TEXT_FORM, KEYS_FORM))
        message = error["msg"]
        if error["type"] == "extra_forbidden":
            message += unknown_key(model, path)
        if error["type"].endswith(("_type", "_parsing")):
            message += f"; the file has {_kind_at(content, path)}"
        known = [path[:end] for end in range(len(path), 0, -1) if path[:end] in self.places]
        where = ""
        if known:
            line, column = self.places[known[0]]
            where = f"line {line}, column {column}: "
        return f"{self.name}: {where}{dotted(path) or 'file'}: {message}"


def dotted(path: Steps) -> str:
    """Return the path of a key in the usual form: `rules.2.when`."""
    return ".".join(map(str, path))


def _kind_at(content: Any, path: Steps) -> str:  # noqa: ANN401 - any YAML value
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            break
    return _KIND_NAMES.get(type(content), "text")


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in YAML")
