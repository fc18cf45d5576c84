"""Check the rules on files that need no running system: places, sizes and names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("features", "expectations", "scoring", "plugins", "dags", "infra")
PYTHON = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CORE = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in PACKAGES[:3]]
LEARNT = ("groupby", "rolling", "merge", "pivot_table", "expanding", "merge_asof", "ewm")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_module_fits_into_one_reading(path: Path) -> None:
    lines = len(path.read_text().splitlines())

    assert lines <= (120 if path.parent.name == "dags" else 300)


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_module_is_named_after_what_it_holds(path: Path) -> None:
    assert path.stem not in {"utils", "util", "misc", "helpers", "common", "base", "manager"}


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_module_says_why_it_exists(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_rows_are_computed_in_sql_and_not_in_python(path: Path) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "merge")
    }

    assert not calls & set(LEARNT)


def test_the_dbt_project_holds_no_python() -> None:
    assert not list((ROOT / "dbt").rglob("*.py"))


def test_no_file_beside_the_dags_is_taken_for_a_dbt_plugin() -> None:
    names = [path.name for folder in ("dags", "plugins") for path in (ROOT / folder).rglob("*.py")]

    assert not [name for name in names if name.startswith("dbt_")]


def test_the_loadable_plugin_shadows_no_package() -> None:
    ignored = (ROOT / "plugins" / ".airflowignore").read_text().split()
    loadable = {path.name for path in (ROOT / "plugins").glob("*.py")} - set(ignored)
    packages = {f"{path.parent.name}.py" for path in ROOT.glob("*/__init__.py")}

    assert loadable == {"scoring_plugin.py"}
    assert not loadable & packages
    assert "orchestration/" in ignored


def test_every_folder_says_what_lives_in_it_in_forty_lines() -> None:
    for folder in (*PACKAGES, "dbt", "tests"):
        text = (ROOT / folder / "README.md").read_text()

        assert len(text.splitlines()) <= 40, folder


TASK_BODY = 4


WITH_TASKS = [
    path for path in (*ROOT.glob("dags/*.py"), *ROOT.glob("plugins/orchestration/*.py"))
    if "@task" in path.read_text()
]  # fmt: skip


@pytest.mark.parametrize("path", sorted(WITH_TASKS), ids=name_of)
def test_a_task_of_a_dag_only_calls_a_step(path: Path) -> None:
    tasks = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and any("task" in ast.dump(decorator) for decorator in node.decorator_list)
    ]

    assert tasks
    assert all(len(node.body) <= TASK_BODY for node in tasks)
