"""`python -m tests.faults`: break the platform in hundreds of ways and count the losses.

Every fault happens in a copy of a real warehouse. Then all steps run again without a fault, and the
result is compared with a run without any fault.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from infra.local.state import CHECKOUT
from tests.faults import report, suite
from tests.faults.house import open_house
from tests.faults.processes import warm

ROOT = CHECKOUT / ".local"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases; return 0 if every case holds and, for the whole suite, every bar holds too."""
    parsed = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # killed children leave dbt's semaphores behind; killing is the purpose of this suite
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"
    started = time.monotonic()
    cases = (
        suite.named(parsed.only, parsed.seed)
        if parsed.only
        else suite.plan(parsed.faults, parsed.seed)
    )
    if parsed.list:
        sys.stdout.writelines(f"{case.name}: {case.expected}\n" for case in cases)
        return 0
    if not cases:
        sys.stderr.write(f"no case is named like {parsed.only}; see --list\n")
        return 2
    ROOT.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="faults-", dir=ROOT))
    try:
        warm(folder / "warm")
        with open_house(folder / "house") as house:
            print_line = report.line_printer(len(cases), started)
            results = suite.run(house, suite.in_order(cases), print_line)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    is_whole = not parsed.only and parsed.faults is None
    name = "faults.json" if is_whole else "faults-sample.json"
    target = parsed.report or ROOT / "reports" / name
    document = report.document(results, seed=parsed.seed, whole=is_whole, started=started)
    return report.finish(results, document, target)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=20261121, help="of the random generator")
    parser.add_argument(
        "--faults", type=int, help="only so many faults, of as many kinds as there are"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help=f"only cases whose fault@place holds NAME, or a group: {', '.join(suite.GROUPS)}",
    )
    parser.add_argument("--report", type=Path, help="where the report goes; .local/reports")
    parser.add_argument("--list", action="store_true", help="print the cases and run none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
