"""Pins the loaded libraries of this process by the lock file of their installation.

A lock file lists the versions to install. It can be edited without an installation, and libraries
can be upgraded while a process holds older ones in memory: a task of Airflow is a fork of a
scheduler that loaded them long ago. So a run pins the lock file's SHA-256 only if the locked,
installed and loaded versions agree.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

from features.platform.errors import CodeChangedError, ConfigurationError

#: The libraries that compute decisions, by the module name of their import.
DECIDING = {
    "numpy": "numpy",
    "pandas": "pandas",
    "psycopg": "psycopg",
    "pyarrow": "pyarrow",
    "scipy": "scipy",
    "shap": "shap",
    "sklearn": "scikit-learn",
    "skops": "skops",
}
_SHOWN = 5
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


def lock_digest(lock: Path) -> str:
    """Return the SHA-256 of the lock file, in hex, if the lock describes this process.

    Args:
        lock: a requirements file with exact versions.

    Raises:
        ConfigurationError: the lock cannot be read, or other versions are installed.
        CodeChangedError: this process has loaded versions other than the installed ones.
    """
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the lock file {lock} cannot be read ({type(error).__name__}); restore it"
        ) from error
    locked = {normal(name): version for name, version in _LOCKED.findall(content.decode())}
    installed = _installed()
    others = [
        f"{name} {installed[name]}, locked is {version}"
        for name, version in locked.items()
        if name in installed and installed[name] != version
    ]
    if others:
        raise ConfigurationError(
            f"{len(others)} installed libraries are not those of {lock.name}: "
            f"{'; '.join(others[:_SHOWN])}. Run `make setup`, then restart the running processes"
        )
    _require_loaded(installed)
    return hashlib.sha256(content).hexdigest()


def normal(name: str) -> str:
    """Return a distribution's name in the one spelling that all indexes agree on (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _require_loaded(installed: dict[str, str]) -> None:
    stale = []
    for module, name in DECIDING.items():
        loaded = getattr(sys.modules.get(module), "__version__", None)
        if loaded and name in installed and loaded != installed[name]:
            stale.append(f"{name} {loaded}, installed is {installed[name]}")
    if stale:
        raise CodeChangedError(
            f"this process has loaded older libraries: {'; '.join(stale)}. Restart the processes "
            "that hold them: `make down`, then `make up`"
        )


def _installed() -> dict[str, str]:
    """Return the versions of installed distributions, read from the names of their folders."""
    versions: dict[str, str] = {}
    for folder in map(Path, sys.path):
        for path in folder.glob("*.dist-info") if folder.is_dir() else ():
            name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
            versions.setdefault(normal(name), version)
    return versions
