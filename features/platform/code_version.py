"""Identifies the loaded code of this process by a digest of its source files.

A commit in the environment names the started checkout, not the running code: files can change under
a running process, and a task imports its modules anew. So the digest is taken at the import of the
platform's first module, and again at the pin of a run. If the two differ, the process may hold a
mixture that no checkout has, and refuses to decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from features.platform.errors import CodeChangedError

CHECKOUT = Path(__file__).resolve().parents[2]
SHOWN_LETTERS = 16
#: The files that can change a decision. Policies and source descriptions are data; runs pin them.
_PARTS = {
    "dags": (".py",),
    "plugins": (".py",),
    "features": (".py",),
    "expectations": (".py",),
    "scoring": (".py",),
    "scoring/decision/reason_codes": (".yaml",),
    "dbt": (".sql", ".yml", ".csv"),
}
_MADE_BY_DBT = ("target", "logs", "dbt_packages")


def of_checkout(root: Path = CHECKOUT) -> str:
    """Return the SHA-256 over names and contents of the source files below a folder, in hex."""
    digest = hashlib.sha256()
    for path in _files(root):
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


@cache
def at_load() -> str:
    """Return the digest of the code as this process has loaded it; the package calls it first."""
    return of_checkout()


def pinned(commit: str) -> str:
    """Return the code version that a run pins: the started commit, and a digest of the loaded code.

    Args:
        commit: the operator's name of the checkout, such as `3026074a1b2c`.

    Raises:
        CodeChangedError: files have changed since this process loaded them.
    """
    loaded, now = at_load(), of_checkout()
    if loaded != now:
        raise CodeChangedError(
            f"the code has changed from {loaded[:SHOWN_LETTERS]} to {now[:SHOWN_LETTERS]} since "
            "this process loaded it; the next attempt loads it anew. If that is refused too, "
            "restart the processes with the old code: `make down`, then `make up`"
        )
    return f"{commit}+{loaded[:SHOWN_LETTERS]}"


def is_loaded(version: str) -> bool:
    """Return whether a pinned code version is the code that this process has loaded."""
    return version.rpartition("+")[2] == at_load()[:SHOWN_LETTERS]


def _files(root: Path) -> Iterator[Path]:
    """Yield the source files in the order of their names."""
    paths = {
        path
        for part, suffixes in _PARTS.items()
        for path in (root / part).rglob("*")
        if path.suffix in suffixes and _is_source(path.relative_to(root))
    }
    return iter(sorted(paths))


def _is_source(path: Path) -> bool:
    return not (path.parts[0] == "dbt" and path.parts[1] in _MADE_BY_DBT) and (
        not path.name.startswith(".")
    )
