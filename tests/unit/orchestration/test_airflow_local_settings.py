"""Only the scheduler preloads libraries for its forks.

It preloads no package of this project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import pytest

import airflow_local_settings

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"

# Run the file as Airflow does: by name, in a process with the arguments of its command. Loading the
# libraries takes ten seconds, so the test records their names and does not load them.
LOAD = """
import importlib, json, sys
asked = []
importlib.import_module = asked.append
from airflow_local_settings import LIBRARIES
roots = {name.partition(".")[0] for name in LIBRARIES}
print(json.dumps([*asked, *sorted(roots & sys.modules.keys())]))
"""


def loaded(command: str) -> list[str]:
    """Return the names of the libraries that an Airflow process loads with the file."""
    output = subprocess.run(
        [sys.executable, "-c", LOAD, command],
        env=os.environ | {"PYTHONPATH": str(PLUGINS)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    libraries: list[str] = json.loads(output)
    return libraries


def spec_of(library: str) -> ModuleSpec | None:
    """Find a module as `find_spec` does, without loading its parent packages."""
    spec, path, parts = None, None, library.split(".")
    for depth in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:depth]), path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec


@pytest.mark.parametrize("library", airflow_local_settings.LIBRARIES)
def test_loaded_libraries_are_installed_and_not_of_this_project(library: str) -> None:
    spec = spec_of(library)

    assert spec is not None
    assert "site-packages" in Path(spec.origin or "").parts


@pytest.mark.parametrize("command", ["api-server", "dag-processor", "triggerer", "task"])
def test_other_processes_load_no_library(command: str) -> None:
    assert loaded(command) == []


def test_the_scheduler_loads_every_library() -> None:
    assert loaded("scheduler") == list(airflow_local_settings.LIBRARIES)
