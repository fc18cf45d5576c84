"""Read each module of the project once, for all rules that hold for each of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


@dataclass(frozen=True)
class Module:
    """What the rules read of a module.

    Args:
        docstring: of the module; empty if there is none.
        strings: of its code, without docstrings.
        methods: the name and the receiver of each method that it calls; of a receiver that is no
            plain name, an empty one.
    """

    docstring: str
    strings: tuple[str, ...]
    methods: frozenset[tuple[str, str]]


def name_of(path: Path) -> str:
    """Return the path below the checkout."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text()


@cache
def module_of(path: Path) -> Module:
    """Return what the rules read of a module."""
    tree = ast.parse(text_of(path))
    return Module(ast.get_docstring(tree) or "", tuple(_strings(tree)), frozenset(_methods(tree)))


def _strings(tree: ast.Module) -> Iterator[str]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.value


def _methods(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            receiver = node.func.value
            yield node.func.attr, receiver.id if isinstance(receiver, ast.Name) else ""
