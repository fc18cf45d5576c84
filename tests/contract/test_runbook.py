"""The runbook has one section per error class, and no other section."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.documents import PAGES, ROOT

PACKAGES = ("features", "expectations", "scoring", "plugins", "infra")
BASE = "ScoringError"
RUNBOOK = PAGES["docs/operations/errors.md"]
SECTIONS = dict(re.findall(r"^#{2,3} (\w+)\n(.*?)(?=^#|\Z)", RUNBOOK, re.DOTALL | re.MULTILINE))
PARTS = ("**Meaning.**", "**Cause.**", "**Next step.**")


def classes() -> Iterator[tuple[str, set[str]]]:
    """Yield each class of the product with the names of its bases."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                    yield node.name, bases


def error_classes() -> set[str]:
    """Return the base of all errors and every class below it."""
    family, bases_of = {BASE}, dict(classes())
    while more := {name for name, bases in bases_of.items() if bases & family} - family:
        family |= more
    return family


def test_every_error_class_has_a_section_and_every_section_an_error_class() -> None:
    assert set(SECTIONS) == error_classes()


def test_every_section_has_meaning_cause_and_next_step() -> None:
    assert [
        name for name, text in SECTIONS.items() if [part for part in PARTS if part not in text]
    ] == []


def test_a_child_has_its_section_below_its_parent() -> None:
    """A level-two section is a child of the base; a level-three one of the section above it."""
    bases_of, parent = dict(classes()), ""
    for marks, name in re.findall(r"^(#{2,3}) (\w+)$", RUNBOOK, re.MULTILINE):
        if marks == "###":
            assert parent in bases_of[name], name
        else:
            parent = name
            assert name == BASE or BASE in bases_of[name], name
