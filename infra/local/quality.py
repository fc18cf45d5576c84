"""Measure the models on each public data set: `python -m infra.local.quality DATA`.

Without DATA, the gate of models is measured by simulation, which needs no warehouse.

Each data set has its own warehouse, which is created for the measurement and removed after it. So
a measurement uses neither the state of a running stack nor the history of another data set.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from features.platform.errors import ConfigurationError
from infra.local.environment import INHERITED, ONE_THREAD, QUIET
from infra.local.ports import free_port
from infra.local.postgres import Cluster
from infra.local.state import CHECKOUT, DEFAULT_CURRENCY, code_version
from infra.postgres import warehouse

ROOT = CHECKOUT / ".local"
# the cluster need not survive a crash: it is used once
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
NOT_MEASURED = 2
RESULTS = {0: "every bar holds", 1: "A BAR DOES NOT HOLD"}


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurement of one data set.

    Args:
        file: the data set.
        source: the source of the file.
        status: exit status of the measurement: 0 holds, 1 does not hold, else it failed.
        seconds: from the empty warehouse to the report.
    """

    file: Path
    source: str
    status: int
    seconds: float

    def as_line(self) -> str:
        """Return the result as one readable line."""
        result = RESULTS.get(self.status, "NOT MEASURED, the cause is above")
        return f"  {self.source:16}{self.seconds:7.0f} s  {result}: {self.file}"


def main(arguments: Sequence[str]) -> int:
    """Measure every data set of the path; return 0 if every bar holds.

    The exit status is 1 if a bar does not hold, and 2 if a data set could not be measured. After a
    failure of one data set, the next one is measured all the same.
    """
    from scoring.commands.quality import measurable, unknown_line

    path, *options = arguments or ("",)
    if not path:
        return simulate(options)
    try:
        data_sets = measurable(Path(path))
    except ConfigurationError as error:
        sys.stderr.write(f"quality: {error}\n")
        return NOT_MEASURED
    results = measure_all(data_sets, options)
    lines = [f"\n{len(results)} data sets, each in a warehouse of its own:"]
    lines += [result.as_line() for result in results]
    if line := unknown_line(Path(path), data_sets):
        lines.append(f"  {line}")
    sys.stdout.write("\n".join(lines) + "\n")
    return max(min(abs(result.status), NOT_MEASURED) for result in results)


def simulate(options: Sequence[str]) -> int:
    """Measure the gate of models in made worlds; return the status of the measurement."""
    sys.stdout.write("no DATA=<path>: the gate of models is measured by simulation\n\n")
    sys.stdout.flush()
    return subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, "-m", "scoring", "quality", *options],
        env=_environment_of_code(),
        check=False,
    ).returncode


def measure_all(data_sets: Mapping[Path, str], options: Sequence[str]) -> list[Measured]:
    """Measure data sets one after another, each in its own process and database."""
    results = []
    with _cluster() as (cluster, folder):
        passwords = {role: secrets.token_urlsafe(18) for role in warehouse.LOGIN_ROLES}
        warehouse.create_roles(cluster.conninfo(), passwords)
        for number, (file, source) in enumerate(data_sets.items(), start=1):
            sys.stdout.write(f"\n== {source}: {file} ({number} of {len(data_sets)})\n\n")
            sys.stdout.flush()
            started = time.monotonic()
            database = f"warehouse_{number}"
            warehouse.create_database(cluster.conninfo(), database, "owner")
            warehouse.migrate(cluster.conninfo(database))
            status = subprocess.run(  # noqa: S603 - our own program, no shell
                [sys.executable, "-m", "scoring", "quality", str(file), *options],
                env=environment(folder / database, cluster, database, passwords),
                check=False,
            ).returncode
            results.append(Measured(file, source, status, time.monotonic() - started))
    return results


@contextmanager
def _cluster() -> Iterator[tuple[Cluster, Path]]:
    """Provide a Postgres and a folder; both are removed at the end, also after SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ROOT.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="quality-", dir=ROOT))
    cluster = Cluster(folder / "postgres", free_port(), secrets.token_urlsafe(18))
    try:
        cluster.create(FAST)
        cluster.start()
        yield cluster, folder
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def environment(
    folder: Path, cluster: Cluster, database: str, passwords: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of the process that measures one data set.

    Args:
        folder: of the process alone.
        cluster: with its warehouse.
        database: the name of the warehouse.
        passwords: by role.
    """
    return {
        **_environment_of_code(),
        **{f"SCORING_WAREHOUSE__{role.upper()}_PASSWORD": passwords[role] for role in passwords},
        "SCORING_WAREHOUSE__PORT": str(cluster.port),
        "SCORING_WAREHOUSE__DATABASE": database,
        # otherwise the process takes the currency of the stack that this checkout has started last
        "SCORING_WAREHOUSE__BASE_CURRENCY": DEFAULT_CURRENCY,
        "SCORING_OBJECTS__URL": (folder / "objects").as_uri(),
        "SCORING_WORK": str(folder / "work"),
    }


def _environment_of_code() -> dict[str, str]:
    """Return the part of the environment that needs no warehouse."""
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        **QUIET,
        **ONE_THREAD,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        "SCORING_HOME": str(CHECKOUT),
        "SCORING_CODE_VERSION": code_version(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
