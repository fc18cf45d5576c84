"""Check the rules on files that need no running system: places, sizes and names."""

from __future__ import annotations

import ast

from tests.architecture.modules import ROOT, module_of, name_of, text_of

PACKAGES = ("features", "expectations", "scoring", "plugins", "dags", "infra")
PYTHON = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CORE = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in PACKAGES[:3]]
LEARNT = ("groupby", "rolling", "merge", "pivot_table", "expanding", "merge_asof", "ewm")
VAGUE = {"utils", "util", "misc", "helpers", "common", "base", "manager"}


def test_every_module_fits_into_one_reading() -> None:
    lines = {path: len(text_of(path).splitlines()) for path in PYTHON}

    assert {
        name_of(path): count
        for path, count in lines.items()
        if count > (120 if path.parent.name == "dags" else 300)
    } == {}


def test_every_module_is_named_after_what_it_holds() -> None:
    assert [name_of(path) for path in PYTHON if path.stem in VAGUE] == []


def test_every_module_says_why_it_exists() -> None:
    assert [name_of(path) for path in PYTHON if not module_of(path).docstring] == []


def test_rows_are_computed_in_sql_and_not_in_python() -> None:
    calls = {
        name_of(path): {name for name, of in module_of(path).methods if of != "merge"}
        for path in CORE
    }

    assert {
        name: called & set(LEARNT) for name, called in calls.items() if called & {*LEARNT}
    } == {}


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


def test_a_task_of_a_dag_only_calls_a_step() -> None:
    files = (*ROOT.glob("dags/*.py"), *ROOT.glob("plugins/orchestration/*.py"))
    tasks = {
        name_of(path): [
            node
            for node in ast.walk(ast.parse(text_of(path)))
            if isinstance(node, ast.FunctionDef)
            and any("id='task'" in ast.dump(decorator) for decorator in node.decorator_list)
        ]
        for path in files
        if "@task" in text_of(path)
    }

    assert tasks
    assert [name for name, found in tasks.items() if not found] == []
    assert {
        f"{name}: {task.name}"
        for name, found in tasks.items()
        for task in found
        if len(task.body) > TASK_BODY
    } == set()
