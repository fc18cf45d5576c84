"""A YAML file has one meaning.

The parser refuses guessed types, repeated keys and hidden content, and names the place.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from features.platform import strict_yaml
from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Moment

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("features/sources", "scoring/decision/policies", "scoring/decision/reason_codes")
SHIPPED = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.yaml"))]


class Part(BaseModel):
    """Hold a part of a description."""

    model_config = ConfigDict(extra="forbid")
    share: float = Field(default=0.5, ge=0, le=1)
    days: int = 1
    name: str = "n"
    is_on: bool = False
    tags: frozenset[str] = frozenset()
    until: Moment | None = None


class Whole(BaseModel):
    """Hold a description with parts."""

    parts: tuple[Part, ...]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_is_read_and_hashed_by_its_bytes(path: Path) -> None:
    document = strict_yaml.read(path)

    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: 1\nb: 2\na: 3", "line 3, column 1: the key a occurs twice, first in line 1"),
        (b'a: 1\n"a": 3', "line 2, column 1: the key a occurs twice"),
        (b"a:\n  - {b: {c: 1, c: 2}}", "line 2, column 16: the key a.0.b.c occurs twice"),
        (b"a: &x 1\nb: *x", "line 1, column 4: anchors and aliases"),
        (b"a: &a [*a]", "anchors and aliases"),
        (b"b: *missing", "anchors and aliases"),
        (b"<<: {a: 1}", "merge keys"),
        (b"a: !!python/object:os.system x", "tags are refused"),
        (b"a: !!float 5", "tags are refused"),
        (b"a: ! b", "tags are refused"),
        (b"a: 1\n---\nb: 2", "expected a single document in the stream, but found another"),
        (b"a: 1\n...\nb: 2", "line 3"),
        (b"1: a", "the key 1 is no text: put it in quotes"),
        (b"a: {true: 1}", "the key true of a is no text"),
        (b"~: a", "is no text"),
        (b"? \n: a", "the key null is no text"),
        (b"? [a, b]\n: 1", "a key is no text"),
        (b"", "expected keys and values"),
        (b"# only a comment", "expected keys and values"),
        (b"- a", "expected keys and values"),
        (b"just text", "expected keys and values"),
        (b"a: b: c", "line 1, column 5"),
        (b"a:\n\t- b", "line 2, column 1"),
        (b"a: [1", "line "),
        (b"a: 'x", "line 1"),
        (b"a: 1\nb: \xff", "line 2: the bytes are no UTF-8"),
        ("a: 1".encode("utf-16"), "no UTF-8"),
        (b"a: 1\nb: x\x00y", "line 2: the character U+0000"),
        (b"a: x\x1by", "U+001B"),
        ("a: x\u202ey".encode(), "U+202E"),
        (b'a: "\\0"', "line 1, column 4: a: the character U+0000"),
        (b'a: "\\ud800"', "line 1, column 7: found invalid Unicode"),
        (b'a: "\\UFFFFFFFF"', "f.yaml"),
        (b'a: "\\U00110000"', "f.yaml"),
        (b"a: 1e999", "a: the number is too large or too small"),
        (b"a: 1e-999", "a: the number is too large or too small"),
        (b"a: " + b"9" * 5_000, "a: the number is too long"),
        (b"a: " + b"[" * 5_000, "nested deeper than 20 levels"),
        (b"a: " + b"{b: " * 5_000, "nested deeper than 20 levels"),
    ],
)
def test_a_file_that_is_not_plain_keys_and_values_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        strict_yaml.parse(content, "f.yaml")

    assert str(caught.value).startswith("f.yaml is not readable as YAML: ")
    assert reason in str(caught.value)


def test_a_file_that_is_too_large_is_not_even_parsed(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: 1\n" * 1_000_000)

    with pytest.raises(ConfigurationError, match=r"f\.yaml is larger than 1,000,000 bytes"):
        strict_yaml.read(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not readable"):
        strict_yaml.read(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "N", "010", "0x1F", "0o7", "0b1", "1_000", "12:30:00"),
        *("12:30", ".inf", "-.inf", ".nan", "2026-12-01", "=", "1,5", "1e", "--1", "tRUE"),
    ],
)
def test_values_whose_type_yaml_would_guess_are_text(text: str) -> None:
    assert strict_yaml.parse(f"a: {text}".encode(), "f.yaml").content == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("0.20", 0.2),
        ("'1'", "1"),
        ('"true"', "true"),
        ("''", ""),
    ],
)
def test_plain_values_have_one_type(text: str, value: object) -> None:
    parsed = strict_yaml.parse(f"a: {text}".encode(), "f.yaml").content["a"]

    assert (parsed, type(parsed)) == (value, type(value))


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    document = strict_yaml.parse(b"\xef\xbb\xbfa: 1\r\nb: two\r\n", "f.yaml")

    assert document.content == {"a": 1, "b": "two"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("share: yes", "parts.0.share: Input should be a valid number; the file has text"),
        ('share: "0.2"', "parts.0.share: Input should be a valid number; the file has text"),
        ("share: true", "parts.0.share: Input should be a valid number; the file has true or"),
        ("share: null", "parts.0.share: Input should be a valid number; the file has nothing"),
        ("share: .nan", "parts.0.share: Input should be a valid number"),
        ("share: [1]", "parts.0.share: Input should be a valid number; the file has a list"),
        ("share: 2", "parts.0.share: Input should be less than or equal to 1"),
        ("days: true", "parts.0.days: Input should be a valid integer"),
        ("days: 1.0", "parts.0.days: Input should be a valid integer; the file has a number"),
        ('days: "1"', "parts.0.days: Input should be a valid integer; the file has text"),
        ("days: 12:30", "parts.0.days: Input should be a valid integer; the file has text"),
        ("name: 12", "parts.0.name: Input should be a valid string; the file has a whole"),
        ("name: true", "parts.0.name: Input should be a valid string"),
        ("is_on: yes", "parts.0.is_on: Input should be a valid boolean; the file has text"),
        ("is_on: 1", "parts.0.is_on: Input should be a valid boolean"),
        ("tags: a", "parts.0.tags: Input should be a valid"),
        ("tags: [1]", "parts.0.tags.0: Input should be a valid string"),
        ("colour: red", "parts.0.colour: Extra inputs are not permitted"),
        ("until: 2026-12-31", "parts.0.until: Value error, expected a moment such as"),
        ("until: 1798675200", "parts.0.until: Input should be a valid datetime"),
        ("until: '1798675200'", "parts.0.until: Value error, expected a moment such as"),
        ("until: 2026-12-31T00:00:00", "parts.0.until: Input should have timezone info"),
        ("until: 0001-01-01T00:00:00+05:00", "parts.0.until: Value error, expected a moment"),
        ("until: 2026-02-30T00:00:00Z", "parts.0.until: Value error"),
    ],
)
def test_a_wrong_type_is_refused_with_line_key_and_expected_type(line: str, reason: str) -> None:
    document = strict_yaml.parse(f"parts:\n  -\n    {line}\n".encode(), "f.yaml")

    with pytest.raises(ConfigurationError) as caught:
        document.validate(Whole)

    assert str(caught.value).startswith("f.yaml: line 3, column ")
    assert reason in str(caught.value)


def test_each_error_has_a_line_of_its_own() -> None:
    document = strict_yaml.parse(b"parts:\n- share: yes\n- days: no\n", "f.yaml")

    with pytest.raises(ConfigurationError) as caught:
        document.validate(Whole)

    assert [line.split(": Input")[0] for line in str(caught.value).splitlines()] == [
        "f.yaml: line 2, column 3: parts.0.share",
        "f.yaml: line 3, column 3: parts.1.days",
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("2018-08-14T00:00:00Z", "2018-08-14 02:00:00+02:00", '"2018-08-14T00:00Z"'),
        "2018-08-13T19:00:00.000000-05:00",
    ],
)
def test_a_moment_carries_its_zone(text: str) -> None:
    document = strict_yaml.parse(f"parts: [{{until: {text}}}]".encode(), "f.yaml")

    assert document.validate(Whole).parts[0].until == datetime(2018, 8, 14, tzinfo=UTC)


def test_a_whole_number_is_a_number_and_a_list_is_a_set() -> None:
    document = strict_yaml.parse(b"parts: [{share: 1, tags: [a, b]}]", "f.yaml")

    (part,) = document.validate(Whole).parts
    assert (part.share, part.tags) == (1.0, frozenset("ab"))


ANY_BYTES = st.binary(max_size=200)
YAML_LIKE = st.text("ab:-[]{}&*!?|>'\"#%@` \n\t0.e<", max_size=60).map(str.encode)


@given(ANY_BYTES | YAML_LIKE)
def test_any_bytes_give_a_mapping_or_a_refusal(content: bytes) -> None:
    try:
        mapping = strict_yaml.parse(content, "f.yaml").content
    except ConfigurationError:
        return
    assert all(isinstance(key, str) for key in mapping)
