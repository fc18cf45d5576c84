"""Every table of a folder's README holds the folder's contents, no more and no less."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: These say nothing that a table could add.
UNLISTED = {"README.md", "__init__.py", "__main__.py", ".airflowignore"}
#: Folders whose README must have a table of its contents.
LISTED = ("dags", "expectations", "features", "infra", "plugins", "scoring", "tests")

Name = PurePosixPath


def tracked() -> list[str]:
    """Return every file that git does not ignore and that is on the disk."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).exists()]


FILES = tracked()
FOLDERS = sorted(
    str(Name(name).parent)
    for name in FILES
    if Name(name).name == "README.md" and "/" in name and not name.startswith("docs/")
)


def entries(readme: str) -> set[str] | None:
    """Return the names in the first column of the tables whose first heading is `where`."""
    found: set[str] | None = None
    is_inside = False
    for line in readme.splitlines():
        first = line.strip("| ").split("|")[0].strip() if line.startswith("|") else None
        if first is None:
            is_inside = False
        elif first == "where":
            is_inside, found = True, found or set()
        elif is_inside and found is not None:
            found |= set(re.findall(r"`([^`]+)`", first))
    return found


def contents(folder: str, files: list[str]) -> set[str]:
    """Return all files below a folder that a table has to name, relative to it."""
    inside = [Name(name).relative_to(folder) for name in files if name.startswith(f"{folder}/")]
    return {str(name) for name in inside if name.name not in UNLISTED}


def covered(entry: str, files: set[str]) -> set[str]:
    """Return the files that an entry names: one file, a whole sub-folder, or a pattern."""
    if entry.endswith("/"):
        return {name for name in files if name.startswith(entry)}
    return {
        name for name in files if Name(name).match(entry) and name.count("/") == entry.count("/")
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_table_of_a_readme_is_the_folder(folder: str) -> None:
    named = entries((ROOT / folder / "README.md").read_text())
    if named is None:
        assert folder not in LISTED, "a table with the headings `where | what` is missing"
        return
    files = contents(folder, FILES)

    gone = {entry for entry in named if not covered(entry, files)}
    unnamed = files - {name for entry in named for name in covered(entry, files)}

    assert (gone, unnamed) == (set(), set()), f"in no table: {unnamed}; not in {folder}: {gone}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_make_target_that_a_readme_names_exists(folder: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / folder / "README.md").read_text()))

    assert named <= targets


def test_a_missing_and_a_vanished_file_are_found() -> None:
    readme = "| where | what |\n| --- | --- |\n| `a.py`, `old.py` | x |\n| `sub/` | y |\n"
    files = contents("f", ["f/a.py", "f/new.py", "f/sub/deep/b.py", "f/README.md", "g/c.py"])

    named = entries(readme) or set()

    assert named == {"a.py", "old.py", "sub/"}
    assert files == {"a.py", "new.py", "sub/deep/b.py"}
    assert covered("old.py", files) == set()
    assert covered("sub/", files) == {"sub/deep/b.py"}
    assert covered("*.py", files) == {"a.py", "new.py"}
    assert entries("| what | rule |\n| --- | --- |\n| `a.py` | x |\n") is None
