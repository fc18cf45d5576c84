"""A lock file is pinned only if it equals the installed and the loaded libraries."""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from features.platform.errors import CodeChangedError, ConfigurationError
from features.platform.libraries import lock_digest
from features.platform.settings import Settings


def a_lock(folder: Path, **versions: str) -> Path:
    path = folder / "requirements.txt"
    lines = [f"{name.replace('_', '-')}=={number} \\\n" for name, number in versions.items()]
    path.write_text("".join(f"{line}    --hash=sha256:{'0' * 64}\n" for line in lines))
    return path


def test_the_lock_that_was_installed_is_pinned_by_its_bytes() -> None:
    lock = Settings().lock_file

    assert lock_digest(lock) == hashlib.sha256(lock.read_bytes()).hexdigest()


def test_a_lock_that_was_changed_without_an_install_is_refused(tmp_path: Path) -> None:
    lock = a_lock(tmp_path, numpy=version("numpy"), Scikit_Learn="0.1")

    with pytest.raises(ConfigurationError, match=r"scikit-learn .*, locked is 0\.1.*`make setup`"):
        lock_digest(lock)


def test_a_locked_library_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    assert lock_digest(a_lock(tmp_path, numpy=version("numpy"), not_installed="1.0"))


def test_a_missing_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"requirements\.txt cannot be read"):
        lock_digest(tmp_path / "requirements.txt")


def test_a_process_with_an_older_loaded_library_pins_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sys.modules["numpy"] is np
    # a fork of a scheduler keeps the old library after an upgrade
    monkeypatch.setattr(np, "__version__", "1.0")

    with pytest.raises(CodeChangedError, match=r"numpy 1\.0, installed is .*make down"):
        lock_digest(a_lock(tmp_path, numpy=version("numpy")))
