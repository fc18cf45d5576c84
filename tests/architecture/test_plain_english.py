"""Prose names its subjects: indefinite words are capped in docstrings, comments and Markdown.

A sentence whose subject is *what* or *who* takes longer to read than one that names the run, the
delivery or the role. Well-written projects of the field use 0.3 to 0.7 of these words per 1,000.
"""

from __future__ import annotations

import ast
import re
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Indefinite words per 1,000 words of all prose.
CAP = 5
#: The history of the work is not edited after the fact.
HISTORY = "docs/engineering-notes/"
WORST = 15

INDEFINITE = re.compile(r"\b(?:what|who|nobody|somebody|everybody|told|tells|stands)\b", re.I)
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_CODE = re.compile(r"```.*?```|`[^`\n]*`|<!--.*?-->", re.DOTALL)
_DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Prose:
    """The text of one file that is written for readers, without code."""

    name: str
    text: str

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(WORD.findall(self.text))

    @property
    def indefinite(self) -> int:
        """How many of them are indefinite."""
        return len(INDEFINITE.findall(self.text))

    def __str__(self) -> str:
        share = 1000 * self.indefinite / max(self.words, 1)
        return f"{self.indefinite:4} of {self.words:5} words ({share:5.1f} per 1,000)  {self.name}"


def test_prose_names_its_subjects() -> None:
    files = [Prose(name, prose(name)) for name in tracked()]
    words, indefinite = sum(one.words for one in files), sum(one.indefinite for one in files)
    worst = sorted(files, key=lambda one: one.indefinite, reverse=True)[:WORST]

    assert words > 10_000, "the prose was not found"
    assert 1000 * indefinite <= CAP * words, (
        f"{1000 * indefinite / words:.1f} indefinite words per 1,000, at most {CAP} are allowed; "
        "name the subject of the sentence. Worst files:\n" + "\n".join(map(str, worst))
    )


def test_the_count_sees_prose_and_leaves_code_out(tmp_path: Path) -> None:
    python = tmp_path / "module.py"
    python.write_text(
        '"""Say who did it."""\n\nWHAT = "what stands here is no prose"  # nobody reads it\n\n\n'
        'class A:\n    """Somebody else."""\n'
    )
    page = tmp_path / "page.md"
    page.write_text("What is `who`?\n\n```sql\nselect what from who;\n```\n")

    found = [Prose(path.name, prose(str(path))) for path in (python, page)]

    assert [one.indefinite for one in found] == [3, 1]


def tracked() -> list[str]:
    """Return the files with prose that git knows."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.py", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [name for name in listed if name and not name.startswith(HISTORY)]


def prose(name: str) -> str:
    """Return the prose of one file; of one that is gone from the disk, none."""
    path = ROOT / name
    if not path.exists():
        return ""
    text = path.read_text()
    return "\n".join(_of_python(text)) if path.suffix == ".py" else _CODE.sub(" ", text)


def _of_python(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("#: ")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DESCRIBED):
            yield _CODE.sub(" ", ast.get_docstring(node) or "")
