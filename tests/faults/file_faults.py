"""Deliver wrong files: each is held or refused with a reason, and the good file is admitted."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.faults import deliveries, invariants
from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.deliveries import COLUMNS, FOLDER, SECOND, Delivery, csv
from tests.faults.house import House, Stage

OTHER = deliveries.a_window(random.Random(4), "other", SECOND, 80)  # noqa: S311 - data
ROWS = [row for row in OTHER.rows if row["transaction_id"] in OTHER.accepted]
GOOD = csv(ROWS)


@dataclass(frozen=True)
class Bad:
    """Describe a file that must be held, and the first word of its reason."""

    name: str
    content: Callable[[], bytes]
    reason: str


def _without(column: str) -> bytes:
    return csv(ROWS, [name for name in COLUMNS if name != column])


def _header(old: str, new: str) -> bytes:
    header, _, rest = GOOD.partition(b"\n")
    return header.replace(old.encode(), new.encode()) + b"\n" + rest


def retyped() -> bytes:
    return csv([row | {"amount": "twelve"} for row in ROWS])


def _bomb() -> bytes:
    packed = io.BytesIO()
    with gzip.open(packed, "wb", compresslevel=9) as target:
        target.write(GOOD)
        for _ in range(96):
            target.write(b" " * (1 << 20))
    return packed.getvalue()


def _parquet_cut() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), sink)
    return sink.getvalue()[:-30]


def _quote_between(first: int, last: int) -> bytes:
    lines = GOOD.decode().replace('"', "").splitlines()
    lines[first] = lines[first].replace(",web", ',"web')
    lines[last] = lines[last].replace(",web", ',web"')
    return ("\n".join(lines) + "\n").encode()


def _parquet_floats() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist([row | {"device_id": float(n)} for n, row in enumerate(ROWS)]), sink
    )
    return sink.getvalue()


HELD: dict[str, Bad] = {
    "cut in the middle of a row": Bad("a.csv", lambda: GOOD[: len(GOOD) // 2], "truncated"),
    "cut inside a quote": Bad("a.csv", lambda: GOOD[:-3] + b"\n", "truncated"),
    "a quote that swallows rows": Bad(
        "a.csv", lambda: GOOD.replace(b'"web"', b'"web', 1), "multiline_field"
    ),
    "a quote that swallows half the file": Bad(
        "a.csv", lambda: _quote_between(20, 60), "multiline_field"
    ),
    "text behind a closing quote": Bad(
        "a.csv", lambda: GOOD.replace(b'"web"', b'"web" site', 1), "stray_quote"
    ),
    "identifiers in floating point": Bad("a.parquet", _parquet_floats, "wrong_type"),
    "gzip cut short": Bad("a.csv.gz", lambda: gzip.compress(GOOD)[:-9], "truncated"),
    "gzip with a wrong checksum": Bad(
        "a.csv.gz", lambda: gzip.compress(GOOD)[:-8] + bytes(8), "unreadable"
    ),
    "gzip that is none": Bad("a.csv.gz", lambda: GOOD, "unreadable"),
    "Parquet cut short": Bad("a.parquet", _parquet_cut, "unreadable"),
    "zip bomb": Bad("a.csv.gz", _bomb, "too_large"),
    "a row of twenty megabytes": Bad(
        "a.csv", lambda: csv([ROWS[0] | {"channel": "x" * (20 << 20)}]), "too_large"
    ),
    "2,000 columns": Bad(
        "a.csv", (",".join(f"c{n}" for n in range(2000)) + "\n").encode, "too_large"
    ),
    "Latin-1": Bad(
        "a.csv", lambda: GOOD.decode().encode("latin-1", "replace") + b"\xe9\n", "wrong_encoding"
    ),
    "UTF-16": Bad("a.csv", lambda: GOOD.decode().encode("utf-16"), "wrong_encoding"),
    "NUL bytes": Bad("a.csv", lambda: GOOD.replace(b"web", b"w\0b", 1), "wrong_encoding"),
    "an unknown kind of file": Bad("a.xlsx", lambda: GOOD, "unknown_format"),
    "no header": Bad("a.csv", lambda: GOOD.partition(b"\n")[2], "missing_column"),
    "column removed": Bad("a.csv", lambda: _without("customer_id"), "missing_column"),
    "column renamed": Bad("a.csv", lambda: _header("amount", "betrag"), "missing_column"),
    "column doubled": Bad("a.csv", lambda: _header("channel", "amount"), "duplicate_column"),
    "column retyped": Bad("a.csv", retyped, "too_many_bad_rows"),
    "history after decisions": Bad("history/a.csv", lambda: GOOD, "history_refused"),
    "30 % bad rows": Bad(
        "a.csv",
        lambda: csv([row | {"amount": "-1"} if n % 3 == 0 else row for n, row in enumerate(ROWS)]),
        "too_many_bad_rows",
    ),
}


def hold(house: House, bad: Bad) -> Outcome:
    """Deliver a bad file beside the good one: it is held with its reason and delays none."""
    with open_trial(house, Stage.WAITING) as trial:
        trial.world.deliver(bad.name, bad.content())
        trial.rerun()
        held = trial.world.rows(
            "select state, reason, landed_table from raw.deliveries where object_name = %s",
            f"{FOLDER}/{bad.name}",
        )
        states = [(state, (reason or "")[: len(bad.reason)]) for state, reason, _ in held]
        trial.expect(holds=states == [("held", bad.reason)], otherwise=f"it is {states}")
        trial.outcome.seen += f"; {held[0][1] if held else 'nothing'}"
        # a held delivery keeps its rows until a person has reviewed it
        for name in [table for _, _, table in held if table]:
            trial.world.execute(f"drop table {name}")
    return trial.outcome


def takes(house: House, content: Callable[[], bytes], name: str) -> Outcome:
    """Deliver an odd but valid file: its rows are decided like all others."""
    expected = invariants.expected(
        [
            deliveries.first_window(),
            deliveries.second_window(),
            Delivery(name, ROWS, accepted=OTHER.accepted),
        ]
    )
    with open_trial(house, Stage.WAITING, expected=expected, same_decisions=False) as trial:
        trial.world.deliver(name, content())
        trial.rerun()
    return trial.outcome


def _colour() -> bytes:
    lines = GOOD.decode().splitlines()
    coloured = [f"{lines[0]},colour", *(f'{line},"red"' for line in lines[1:])]
    return ("\n".join(coloured) + "\n").encode()


TAKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "column added": (_colour, "b.csv"),
    "columns reordered": (lambda: csv(ROWS, COLUMNS[::-1]), "b.csv"),
    "byte order mark": (lambda: b"\xef\xbb\xbf" + GOOD, "b.csv"),
    "Windows line ends": (lambda: GOOD.replace(b"\n", b"\r\n"), "b.csv"),
    "old Macintosh line ends": (lambda: GOOD.replace(b"\n", b"\r"), "b.csv"),
    "blank lines": (lambda: GOOD.replace(b"\n", b"\n\n"), "b.csv"),
}


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place, bad in HELD.items():
        yield Case("bad file", place, "held with its reason", partial(hold, bad=bad))
    for place, (content, name) in TAKEN.items():
        yield Case("odd file", place, "taken", partial(takes, content=content, name=name))
