"""Whatever a merchant may read rests on tables that show each merchant its own rows."""

from __future__ import annotations

from typing import Any

from tests.conftest import Db

OPENED, BOUND = "readable_by_merchants", "row_level_security"
#: Whose rows no view gives to a merchant: each is summed up over all merchants in a bound table.
SUMMED_UP = {"raw.transactions", "raw.transaction_versions", "raw.merchants"}


def hooks_of(node: dict[str, Any]) -> str:
    """Return the post-hooks of a model as one text."""
    return " ".join(hook["sql"] for hook in node["config"].get("post-hook", ()))


def below(names: list[str], manifest: dict[str, Any]) -> set[str]:
    """Return the tables and sources that views read, through other views."""
    found: set[str] = set()
    for name in names:
        node = manifest["nodes"].get(name)
        is_view = node is not None and node["config"]["materialized"] in ("view", "ephemeral")
        found |= below(manifest["parent_map"][name], manifest) if is_view else {name}
    return found


def test_the_tables_behind_a_view_of_merchants_bind_each_session_to_its_rows(
    manifest: dict[str, Any], migrated: Db
) -> None:
    opened = [name for name, node in manifest["nodes"].items() if OPENED in hooks_of(node)]
    bound = {
        table
        for (table,) in migrated.rows(
            "select oid::regclass::text from pg_class"
            " where relrowsecurity and relkind in ('r', 'p')"
        )
    }
    has_merchants = {
        table
        for (table,) in migrated.rows(
            "select attrelid::regclass::text from pg_attribute inner join pg_class"
            " on pg_class.oid = attrelid where attname = 'merchant_id' and relkind in ('r', 'p')"
        )
    }

    unbound = set()
    for name in below(opened, manifest):
        if node := manifest["nodes"].get(name):
            if "merchant_id" in node["columns"] and BOUND not in hooks_of(node):
                unbound.add(name)
        else:
            source = manifest["sources"][name]
            table = f"{source['schema']}.{source['name']}"
            if table in has_merchants - bound - SUMMED_UP:
                unbound.add(table)
    assert unbound == set()


def test_a_view_of_merchants_begins_with_the_merchant(manifest: dict[str, Any]) -> None:
    opened = [node for node in manifest["nodes"].values() if OPENED in hooks_of(node)]

    assert [node["name"] for node in opened if next(iter(node["columns"])) != "merchant_id"] == []
