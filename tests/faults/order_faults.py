"""Deliver contradictory files: the statement that arrived last is valid."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from tests.faults import deliveries, invariants
from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.deliveries import FOLDER, SECOND, Delivery, csv
from tests.faults.file_faults import ROWS
from tests.faults.house import House, Stage

#: By fault: the name, the amount and the second of arrival of each file, in order of arrival.
Files = tuple[tuple[str, str, int], ...]
ORDERS: dict[str, Files] = {
    "names against the order of arrival": (("z.csv", "10.00", 1), ("a.csv", "20.00", 2)),
    "back to an earlier value": (
        ("1.csv", "10.00", 1),
        ("2.csv", "20.00", 2),
        ("3.csv", "10.00", 3),
    ),
}


def contradict(house: House, files: Files) -> Outcome:
    """Deliver files that state the amount of one transaction; each becomes a version, in order."""
    row = ROWS[0]
    expected = invariants.expected(
        [
            deliveries.first_window(),
            deliveries.second_window(),
            Delivery("stated.csv", [row], accepted=frozenset((row["transaction_id"],))),
        ]
    )
    with open_trial(house, Stage.WAITING, expected=expected, same_decisions=False) as trial:
        for name, amount, second in files:
            trial.world.deliver(name, csv([row | {"amount": amount}]))
            moment = SECOND.timestamp() + second
            os.utime(trial.world.objects / FOLDER / name, (moment, moment))
        trial.rerun()
        versions = trial.world.rows(
            "select amount_minor / 100 from raw.transactions where transaction_id = %s "
            "order by version",
            row["transaction_id"],
        )
        stated = [int(float(amount)) for _, amount, _ in files]
        amounts = [amount for (amount,) in versions]
        trial.expect(holds=amounts == stated, otherwise=f"the versions are {amounts}")
    return trial.outcome


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place, files in ORDERS.items():
        run = partial(contradict, files=files)
        yield Case("order of files", place, "the last arrival is valid", run)
