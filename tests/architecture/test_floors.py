"""Floors that import-linter alone does not keep: top levels, words of higher floors, purity."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in LINTER["contracts"]}
PURE = CONTRACTS["pure modules reach no warehouse, no registry and no object store"]
FEATURES = sorted((ROOT / "features").rglob("*.py"))
CORE = [*FEATURES, *sorted((ROOT / "scoring").rglob("*.py"))]

SHARED = [
    ROOT / "features" / "build.py",
    ROOT / "features" / "rebuild.py",
    ROOT / "scoring" / "decider.py",
    *(
        path
        for room in ("evidence", "models", "quality", "runs", "steps")
        for path in sorted((ROOT / "scoring" / room).glob("*.py"))
    ),
]
DOMAIN = re.compile(
    r"\bfraud|\bcredit|\bgenuine|(?<!set )\btransactions?\b(?! isol)|application(?!_name)"
)

#: Declared data that may name jobs and tables of higher floors.
DECLARED = {"features/feeds/readers.py"}
HIGHER_FLOOR = re.compile(
    r"(?<![\w/.-])(?:scoring|decisions|expectations|orchestration|dags)\.\w"
    r"|\bscore_(?:transactions|applications)\b"
)
#: Modules that open sessions by themselves, and why.
OPENS_SESSIONS = {
    "expectations/record.py",  # by the URL that Great Expectations uses as well
    "features/platform/database.py",
    "infra/local/health.py",  # as a role that the settings do not know
    "infra/local/postgres.py",
    "infra/local/status.py",
    "infra/local/warehouse_facts.py",
    "infra/postgres/warehouse.py",  # as a superuser
    "plugins/orchestration/validation_pages.py",  # at a request, with rows as mappings
    "scoring/runs/leases.py",  # under the name by which a successor ends the session
}
#: Open sessions until the steps take the settings instead of a connection string.
NOT_YET_THROUGH_THE_SEAM = {
    "scoring/steps/publish.py",
    "scoring/steps/score.py",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def strings(tree: ast.Module) -> Iterator[str]:
    """Yield the strings of a module without its docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.value


def test_the_top_level_of_scoring_is_its_composition() -> None:
    files = {path.stem for path in (ROOT / "scoring").glob("*.py")}

    assert files == {"__init__", "__main__", "decider", "domains"}


@pytest.mark.parametrize("path", FEATURES, ids=name_of)
def test_no_string_of_the_data_side_names_a_higher_floor(path: Path) -> None:
    texts = strings(ast.parse(path.read_text()))
    names = [text for text in texts if HIGHER_FLOOR.search(text)]

    assert name_of(path) in DECLARED or not names


@pytest.mark.parametrize("path", SHARED, ids=name_of)
def test_no_string_of_the_shared_machinery_names_a_domain(path: Path) -> None:
    texts = strings(ast.parse(path.read_text()))

    assert not [text for text in texts if DOMAIN.search(text)]


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_a_module_that_calls_itself_pure_is_held_to_it(path: Path) -> None:
    first = (ast.get_docstring(ast.parse(path.read_text())) or "").split()
    module = module_of(path)
    is_held = any(
        module == source or module.startswith(f"{source}.") for source in PURE["source_modules"]
    )

    assert is_held or "Pure." not in first


def test_purity_is_kept_indirectly_as_well() -> None:
    assert PURE["allow_indirect_imports"] is False
    assert set(PURE["forbidden_modules"]) == {"psycopg", "mlflow", "boto3"}


def test_every_package_is_inside_the_contracts() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert {*packages, "orchestration", "dags"} == set(LINTER["root_packages"])


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_a_missing_row_is_never_taken_for_a_value(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"fetchone\(\) or |\brow or \(|raise AssertionError", text)


def test_sessions_are_opened_in_one_place() -> None:
    roots = ("features", "expectations", "scoring", "infra", "plugins")
    opening = {
        name_of(path)
        for root in roots
        for path in (ROOT / root).rglob("*.py")
        if "psycopg.connect(" in path.read_text()
    }

    assert opening - NOT_YET_THROUGH_THE_SEAM == OPENS_SESSIONS
