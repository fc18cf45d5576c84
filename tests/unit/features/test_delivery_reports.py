"""An example of a rejected row shows its shape, and no value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.ingest.delivery_reports import next_step, shape_of
from features.ingest.reasons import WITHHELD


def test_a_shape_keeps_the_marks_of_a_row() -> None:
    assert shape_of('4711,"Žižka-7",$12.30\t') == '9999,"Aaaaa-9",$99.99\\t'


def test_the_sentence_for_a_withheld_row_stays() -> None:
    assert shape_of(WITHHELD) == WITHHELD


@given(st.text())
def test_a_shape_has_no_value_and_nothing_that_a_terminal_obeys(text: str) -> None:
    escapes = {letter for letter in text if not letter.isprintable()}

    shape = shape_of("".join(letter for letter in text if letter not in escapes))

    assert shape.isprintable()
    assert {letter for letter in shape if letter.isalnum()} <= set("aA9") | {
        letter for letter in text if letter.isnumeric() and not letter.isdigit()
    }
    assert shape_of(text).isprintable()


def test_a_file_that_was_never_opened_because_of_its_name_is_not_to_be_retried() -> None:
    held = {"delivery_id": "d1", "state": "held", "landed_table": None}

    unsafe = next_step({**held, "reason": "unsafe_name: holds a line end"}, None)

    assert "retry" not in unsafe
    assert unsafe.startswith("deliver the file under another name; then vesper deliveries discard")
    assert "vesper deliveries retry d1" in next_step({**held, "reason": "truncated: x"}, None)
