"""`vesper stock orders` lists the proposed orders, and chooses those that a budget pays."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from features.platform.settings import Settings
from scoring.__main__ import main
from scoring.commands import sessions
from scoring.commands.stock import orders
from scoring.decision.policy import policy
from tests.conftest import Db
from tests.integration.merchants.store import HOSTILE

SHOP = ("stock", "orders", "--merchant", "shop")


@pytest.fixture(autouse=True)
def at_the_store(store: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the warehouse with the plans; the environment of the tests names none."""

    def settings() -> Settings:
        return store.settings

    monkeypatch.setattr(sessions, "get_settings", settings)
    monkeypatch.setattr(orders, "get_settings", settings)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Return the status and the document of the command."""
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def chosen(document: dict[str, Any]) -> dict[str, str]:
    """Return the verdict on each product."""
    return {order["product_id"]: order["verdict"] for order in document["orders"]}


def test_without_a_limit_every_order_is_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    status, (listed,) = answer(capsys, *SHOP)

    assert status == 0
    assert (listed["merchant_id"], listed["night"]) == ("shop", "2026-03-31")
    assert list(chosen(listed)) == ["free", "best", "usual", "without margin", "without cost"]
    assert set(chosen(listed).values()) == {"proposed"}
    assert (listed["order_cost"], listed["saved_margin"]) == (30.0, 9.0)


def test_a_budget_pays_the_best_orders_that_fit_and_status_1_says_that_others_are_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, (listed,) = answer(capsys, *SHOP, "--budget", "12")

    assert status == 1
    # the order of 18.00 does not fit, and the later one of 3.00 does
    assert chosen(listed) == {
        "free": "proposed",
        "best": "proposed",
        "usual": "over_budget",
        "without margin": "proposed",
        "without cost": "unknown_cost",
    }
    assert listed["order_cost"] == 12.0


def test_a_budget_of_exactly_all_orders_of_a_merchant_leaves_none(
    store: Db, capsys: pytest.CaptureFixture[str]
) -> None:
    ((money,),) = store.rows(
        "select max(cost_until_here)::text from serving.order_proposals where merchant_id = 'big'"
    )

    status, (listed,) = answer(capsys, "stock", "orders", "--merchant", "big", "--budget", money)

    assert status == 0
    assert listed["order_cost"] == float(money)


def test_the_budget_of_the_plans_policy_holds_where_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (policy.FOLDER / "2026.12.2.yaml").read_text()
    limited = text.replace("budget_minor: null", "budget_minor: 900")
    (tmp_path / "2026.12.2.yaml").write_text(limited)
    # the policies of the project set no limit
    monkeypatch.setattr(policy, "load", partial(policy.load, folder=tmp_path))

    assert answer(capsys, *SHOP)[1][0]["order_cost"] == 9.0
    assert answer(capsys, *SHOP, "--budget", "12")[1][0]["order_cost"] == 12.0


def test_each_merchant_has_the_budget_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    status, documents = answer(capsys, "stock", "orders", "--budget", "20")

    assert status == 1
    assert [each["merchant_id"] for each in documents] == ["big", "shop", HOSTILE[0]]
    assert all(0 < each["order_cost"] <= 20 for each in documents)


def test_a_person_reads_a_table_in_which_no_name_moves_the_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["stock", "orders", "--merchant", HOSTILE[0]]) == 0

    shown = capsys.readouterr().out
    assert "night of 2026-03-31: 1 of 1 orders, cost 18.00, saved margin 3.00 USD" in shown
    assert "\\x1b[2J\\u202e" in shown
    assert "\x1b[2J" not in shown


def test_a_merchant_without_a_plan_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["stock", "orders", "--merchant", "nowhere"])

    shown = capsys.readouterr()
    assert (status, shown.out) == (2, "")
    assert "has no product of merchant 'nowhere'" in shown.err


@pytest.mark.parametrize("text", ["-1", "nan", "Infinity", "much"])
def test_a_budget_that_is_no_money_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*SHOP, "--budget", text])

    shown = capsys.readouterr()
    assert (status, shown.out) == (2, "")
    assert "no amount of money" in shown.err
