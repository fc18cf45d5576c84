"""`python -m infra.local.quality DATA`: runs `python -m scoring quality` in a warehouse of its own.

The warehouse is made for the measurement and removed after it, so that it never meets the state of
a stack that runs.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from infra.local.environment import INHERITED, ONE_THREAD, QUIET
from infra.local.postgres import Cluster
from infra.local.state import CHECKOUT, code_version
from infra.postgres import warehouse

ROOT = CHECKOUT / ".local"
# nothing in it must survive a crash, and it is written once
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def main(arguments: Sequence[str]) -> int:
    """Measure in a warehouse of its own; return the exit status of the measurement."""
    if not any(arguments):
        sys.stderr.write("quality: name the public file, or a folder of them: DATA=<path>\n")
        return 2
    # as an ordinary end, so that Postgres is stopped and the folder removed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ROOT.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="quality-", dir=ROOT))
    cluster = Cluster(folder / "postgres", _free_port(), secrets.token_urlsafe(18))
    try:
        cluster.create(FAST)
        cluster.start()
        passwords = {role: secrets.token_urlsafe(18) for role in warehouse.LOGIN_ROLES}
        warehouse.create_roles(cluster.conninfo(), passwords)
        warehouse.create_database(cluster.conninfo(), "warehouse", "owner")
        warehouse.migrate(cluster.conninfo("warehouse"))
        return subprocess.run(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "scoring", "quality", *arguments],
            env=_environment(folder, cluster, passwords),
            check=False,
        ).returncode
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _environment(folder: Path, cluster: Cluster, passwords: dict[str, str]) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        **QUIET,
        **ONE_THREAD,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        **{f"SCORING_WAREHOUSE__{role.upper()}_PASSWORD": passwords[role] for role in passwords},
        "SCORING_WAREHOUSE__PORT": str(cluster.port),
        "SCORING_OBJECTS__URL": (folder / "objects").as_uri(),
        "SCORING_HOME": str(CHECKOUT),
        "SCORING_WORK": str(folder / "work"),
        "SCORING_CODE_VERSION": code_version(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
