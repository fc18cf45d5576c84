"""Floors that import-linter alone does not keep: top levels, words of higher floors, purity."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.architecture.modules import ROOT, module_of, name_of, text_of

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


def imported_as(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def naming(paths: list[Path], words: re.Pattern[str]) -> dict[str, list[str]]:
    """Return by module the strings that hold one of the words."""
    found = {
        name_of(path): [text for text in module_of(path).strings if words.search(text)]
        for path in paths
    }
    return {name: texts for name, texts in found.items() if texts}


def test_the_top_level_of_scoring_is_its_composition() -> None:
    files = {path.stem for path in (ROOT / "scoring").glob("*.py")}

    assert files == {"__init__", "__main__", "decider", "domains", "split_decider"}


def test_no_string_of_the_data_side_names_a_higher_floor() -> None:
    assert naming(FEATURES, HIGHER_FLOOR).keys() <= DECLARED


def test_no_string_of_the_shared_machinery_names_a_domain() -> None:
    assert naming(SHARED, DOMAIN) == {}


def test_a_module_that_calls_itself_pure_is_held_to_it() -> None:
    pure = {imported_as(path) for path in CORE if "Pure." in module_of(path).docstring.split()}
    held = {
        module
        for module in pure
        for source in PURE["source_modules"]
        if module == source or module.startswith(f"{source}.")
    }

    assert pure - held == set()
    assert held


def test_purity_is_kept_indirectly_as_well() -> None:
    assert PURE["allow_indirect_imports"] is False
    assert set(PURE["forbidden_modules"]) == {"psycopg", "mlflow", "boto3"}


def test_every_package_is_inside_the_contracts() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert {*packages, "orchestration", "dags"} == set(LINTER["root_packages"])


def test_a_missing_row_is_never_taken_for_a_value() -> None:
    taken = re.compile(r"fetchone\(\) or |\brow or \(|raise AssertionError")

    assert [name_of(path) for path in CORE if taken.search(text_of(path))] == []


def test_sessions_are_opened_in_one_place() -> None:
    roots = ("features", "expectations", "scoring", "infra", "plugins")
    opening = {
        name_of(path)
        for root in roots
        for path in (ROOT / root).rglob("*.py")
        if "psycopg.connect(" in text_of(path)
    }

    assert opening - NOT_YET_THROUGH_THE_SEAM == OPENS_SESSIONS
