"""Deliver files in odd ways: twice, under a taken name, while they grow, with a hostile name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from tests.faults import deliveries, invariants
from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.deliveries import FOLDER
from tests.faults.file_faults import GOOD, OTHER, retyped
from tests.faults.house import House, Stage


def repeat(house: House, name: str) -> Outcome:
    """Deliver the bytes of the pending file a second time."""
    with open_trial(house, Stage.WAITING) as trial:
        trial.world.deliver(name, deliveries.second_window().content)
        trial.rerun()
        trial.world.deliver("once-more.csv", deliveries.second_window().content)
        trial.rerun()
    return trial.outcome


def overwrite(house: House) -> Outcome:
    """Write other bytes under the name of an admitted file."""
    expected = invariants.expected([deliveries.first_window(), deliveries.second_window(), OTHER])
    with open_trial(house, Stage.WAITING, expected=expected, same_decisions=False) as trial:
        trial.expect(
            holds=trial.world.run(("ingest", "validate_raw", "admit")).ok,
            otherwise="the first file failed",
        )
        trial.world.deliver("w2.csv", OTHER.content)
        trial.rerun()
    return trial.outcome


def half_uploaded(house: House, name: str) -> Outcome:
    """Leave an incomplete file beside the good one; no step reads it."""
    with open_trial(house, Stage.WAITING) as trial:
        trial.world.deliver(name, GOOD[: len(GOOD) // 2])
        trial.rerun()
        count = trial.world.rows(
            "select count(*) from raw.deliveries where object_name like %s", f"%{name}"
        )
        trial.expect(holds=count == [(0,)], otherwise="a file under way was looked at")
    return trial.outcome


def growing(house: House) -> Outcome:
    """Write a file slowly during ingest; it is admitted once it is complete."""
    expected = invariants.expected([deliveries.first_window(), deliveries.second_window(), OTHER])
    with open_trial(house, Stage.WAITING, expected=expected, same_decisions=False) as trial:
        path = trial.world.objects / FOLDER / "slow.csv"
        described = house.folder / "patient" / f"{deliveries.SOURCE}.yaml"
        described.parent.mkdir(exist_ok=True)
        described.write_text(
            deliveries.DESCRIPTION.replace("settle_seconds: 0", "settle_seconds: 1")
        )
        trial.world.changes["SCORING_SOURCES"] = str(described)

        def write() -> None:
            import time

            size = max(1, len(OTHER.content) // 20)
            with path.open("wb", buffering=0) as target:
                for start in range(0, len(OTHER.content), size):
                    target.write(OTHER.content[start : start + size])
                    time.sleep(0.15)

        writer = trial.world.spawn(write, "writer")
        while not path.exists():
            os.sched_yield()
        early = trial.record(trial.world.run(("ingest",)))
        names = [receipt["object_name"] for receipt in early.receipts.get("ingest", [])]
        trial.expect(
            holds=not any(name.endswith("slow.csv") for name in names),
            otherwise="a growing file was taken",
        )
        writer.wait()
        trial.rerun()
    return trial.outcome


def stray(house: House, name: str) -> Outcome:
    """Put a file with a hostile name into the landing folder; no file outside is changed."""
    with open_trial(house, Stage.WAITING) as trial:
        folder = trial.world.objects / FOLDER
        outside = trial.world.folder / "outside.csv"
        outside.write_bytes(GOOD)
        if name == "a link out of the store":
            (folder / "link.csv").symlink_to(outside)
        elif name == "a linked folder out of the store":
            (trial.world.folder / "out").mkdir()
            (trial.world.folder / "out" / "a.csv").write_bytes(GOOD)
            (folder / "linked").symlink_to(trial.world.folder / "out")
        elif name == "a link to itself":
            (folder / "loop.csv").symlink_to("loop.csv")
        elif name == "a pipe without a writer":
            os.mkfifo(folder / "pipe.csv")
        else:
            (folder / name).write_bytes(retyped())
        trial.rerun()
        trial.expect(holds=outside.read_bytes() == GOOD, otherwise="a file outside was changed")
        _drop_landed(trial)
    return trial.outcome


def _drop_landed(trial: Trial) -> None:
    for (table,) in trial.world.rows(
        "select landed_table from raw.deliveries where state = 'held' and landed_table is not null"
    ):
        trial.world.execute(f"drop table {table}")


NAMES = (
    "a link out of the store",
    "a linked folder out of the store",
    "a link to itself",
    "a pipe without a writer",
    "..\\..\\etc\\passwd.csv",
    "-rf *.csv",
    "'; drop table raw.deliveries; --.csv",
    "$(touch outside).csv",
    "line\nbreak.csv",
    "\x1b[31mred.csv",
    "x" * 251 + ".csv",
    "платёж-支払い.csv",
    "NUL.csv",
)


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for name in ("again.csv", "a-before-w2.csv"):
        yield Case("duplicate file", name, "taken once", partial(repeat, name=name))
    yield Case("other bytes under a taken name", "w2.csv", "both are taken", overwrite)
    for name in ("c.csv.part", "c.csv.tmp", ".c.csv", "_c.csv", "c.csv.filepart"):
        expected = "left alone"
        yield Case("half-uploaded file", name, expected, partial(half_uploaded, name=name))
    yield Case("half-uploaded file", "still growing", "taken when it is whole", growing)
    for name in NAMES:
        expected = "the name is data, nothing outside is touched"
        yield Case("hostile name", ascii(name)[:40], expected, partial(stray, name=name))
