"""A run pins the code that its process has loaded, not the code on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.platform import code_version
from features.platform.errors import CodeChangedError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (
        "scoring/steps/score.py",
        "features/sources/mapping.py",
        "dbt/models/a.sql",
        "dbt/target/a.sql",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("first")
    return tmp_path


@pytest.mark.parametrize("name", ["scoring/steps/score.py", "dbt/models/a.sql"])
def test_changed_code_has_another_digest(checkout: Path, name: str) -> None:
    before = code_version.of_checkout(checkout)

    (checkout / name).write_text("second")

    assert code_version.of_checkout(checkout) != before


def test_a_moved_a_new_and_a_removed_file_change_the_digest(checkout: Path) -> None:
    digests = {code_version.of_checkout(checkout)}
    (checkout / "scoring/steps/score.py").rename(checkout / "scoring/steps/scores.py")
    digests.add(code_version.of_checkout(checkout))
    (checkout / "scoring" / "more.py").touch()
    digests.add(code_version.of_checkout(checkout))
    (checkout / "features/sources/mapping.py").unlink()
    digests.add(code_version.of_checkout(checkout))

    assert len(digests) == 4


def test_files_that_are_not_code_do_not_change_the_digest(checkout: Path) -> None:
    before = code_version.of_checkout(checkout)
    (checkout / "dbt" / "target" / "a.sql").write_text("compiled")
    (checkout / "scoring" / "decision" / "policies").mkdir(parents=True)
    (checkout / "scoring" / "decision" / "policies" / "new.yaml").write_text("a policy")
    (checkout / "scoring" / "__pycache__").mkdir()
    (checkout / "scoring" / "__pycache__" / "score.cpython-311.pyc").write_bytes(b"compiled")

    assert code_version.of_checkout(checkout) == before


def test_the_digest_does_not_depend_on_where_the_checkout_lies(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = code_version.of_checkout(checkout)
    moved = checkout.rename(tmp_path_factory.mktemp("elsewhere") / "checkout")

    assert code_version.of_checkout(moved) == before


def test_a_run_pins_the_commit_and_the_code_that_is_loaded() -> None:
    version = code_version.pinned("3026074a1b2c")

    assert version.startswith("3026074a1b2c+")
    assert code_version.is_loaded(version)


@pytest.mark.parametrize("version", ["3026074a1b2c", "3026074a1b2c+0123456789abcdef", ""])
def test_changed_code_differs_from_the_loaded_code(version: str) -> None:
    assert not code_version.is_loaded(version)


def test_a_process_whose_code_has_changed_pins_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    # simulate a file that was saved after the first import
    monkeypatch.setattr(code_version, "at_load", lambda: "0" * 64)

    with pytest.raises(CodeChangedError, match="make down"):
        code_version.pinned("3026074a1b2c")
