"""Threads read model files one after the other."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import skops.io

from scoring.fraud.job import JOB
from scoring.models import model_files
from scoring.runs.pins import MODEL_FILE
from tests.models import fitted


def test_threads_read_model_files_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python 3.11 counts the depth of a syntax tree once for all threads, and NumPy reads an array's
    # header as one: two threads at once end in "AST constructor recursion depth mismatch"
    path = tmp_path / MODEL_FILE
    path.write_bytes(skops.io.dumps(fitted("fraud")))
    inside, most, really_load = 0, 0, model_files.skops_load

    def load(*args: Any, **options: Any) -> Any:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.1)
        try:
            return really_load(*args, **options)
        finally:
            inside -= 1

    monkeypatch.setattr(model_files, "skops_load", load)
    with ThreadPoolExecutor(2) as pool:
        models = [*pool.map(model_files.read, [path, path], ["first", "second"], [JOB.model] * 2)]

    assert [type(model).__name__ for model in models] == ["FraudModel", "FraudModel"]
    assert most == 1
