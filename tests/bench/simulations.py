"""Simulate policies on the decisions of an hour, in a process of its own, and measure it."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.decision.policy import policy
from scoring.domains import SCORE_TRANSACTIONS
from scoring.simulation.order import Order, candidate
from scoring.simulation.report import Report
from scoring.simulation.run import simulate
from tests.bench.ours import warm
from tests.bench.setup import POLICY
from tests.bench.stopwatch import Stopwatch
from tests.bench.traffic import HOUR
from tests.bench.world import BenchError

#: A candidate that moves about one row in a hundred, and one that moves nothing.
STRICTER = (("review: 0.20", "review: 0.05"), ("anomaly_review: 0.999", "anomaly_review: 0.99"))


def run(request: dict[str, Any]) -> None:
    """Simulate the policy in force and a stricter one on the same hour.

    Args:
        request: the start of the hour, and a folder for the stricter policy.

    Raises:
        BenchError: a row is missing, or the policy in force does not give the stored decisions.
    """
    warm()
    start, folder = datetime.fromisoformat(request["start"]), Path(request["folder"])
    text = (policy.FOLDER / f"{POLICY}.yaml").read_text()
    for old, new in STRICTER:
        text = text.replace(old, new)
    (folder / "stricter.yaml").write_text(text)
    settings = get_settings()
    store = object_store(settings)
    watch = Stopwatch()

    def simulated(name: str) -> Report:
        order = Order(SCORE_TRANSACTIONS, candidate(name), (start, start + HOUR))
        return watch.timed(Path(name).stem, lambda: simulate(order, settings, store))

    stricter = simulated(str(folder / "stricter.yaml"))
    same = simulated(POLICY)
    if same.moved or same.own_differing:
        raise BenchError(f"the policy in force moves {same.moved} decisions")
    if not 0 < stricter.moved == stricter.stricter:
        raise BenchError(f"the stricter policy makes {stricter.moved - stricter.stricter} milder")
    watch.seconds = {
        "simulate": watch.seconds["stricter"],
        "simulate_in_force": watch.seconds[Path(POLICY).stem],
    }
    watch.tell(stricter.rows)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
