"""A person overrides forecasts by a command that refuses what would have no effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from features.platform.errors import ConfigurationError
from infra.postgres import merchants
from scoring.__main__ import main
from scoring.commands import sessions
from scoring.demand import overrides
from scoring.demand.override_rules import Override
from tests.builders import insert_facts
from tests.conftest import PASSWORD, Db, a_warehouse
from tests.forecasts import publish_night

NIGHT = date(2026, 3, 1)
#: Ids and texts that a careless statement or terminal would take for something else.
HOSTILE = ("p'; drop table x; --", "100%s %(a)s {0}", '{}[]\\"', "Ñandú ☂ 茶", "../../etc")
LEDGER = "select * from decisions.demand_forecasts order by demand_night_id"


@pytest.fixture(scope="module")
def shop(
    cluster: Any, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Db]:
    """A merchant with forecasts of tea in two channels, and of cups in none."""
    with a_warehouse(cluster, migrated_template, tmp_path_factory.mktemp("shop")) as db:
        forecasts = {
            ("shop", "tea", "web"): 2.0,
            ("shop", "tea", "store"): 3.0,
            ("shop", "cups", ""): 1.0,
            ("rival", "tea", "web"): 9.0,
            **{("shop", text, text): 4.0 for text in HOSTILE},
        }
        with db.superuser() as connection:
            publish_night(connection, NIGHT, forecasts)
        product = {"merchant_id": "shop", "product_id": "new", "currency_code": "USD"}
        insert_facts(db, "products", [product])
        yield db


@pytest.fixture
def connection(shop: Db) -> Iterator[psycopg.Connection[Any]]:
    """A session of role score whose overrides are taken back after the test."""
    conninfo = shop.settings.warehouse.conninfo("score")
    with (
        psycopg.connect(conninfo, autocommit=True) as opened,
        opened.transaction(force_rollback=True),
    ):
        yield opened


def an_override(**changes: Any) -> Override:
    """Return an override of a week of tea: half as much again."""
    usual: dict[str, Any] = {
        "merchant_id": "shop",
        "product_id": "tea",
        "first_day": date(2026, 3, 4),
        "last_day": date(2026, 3, 10),
        "factor": 1.5,
        "person": "Ann",
        "reason": "a fair in town",
    }
    return Override(**(usual | changes))


def overridden(
    connection: psycopg.Connection[Any], product: str, channel: str, units: float
) -> list[float]:
    """Return the units of the first four days after the night, with all overrides."""
    row = connection.execute(
        "select decisions.overridden_units('shop', %s, %s, %s, array_fill(%s::float8, array[28]),"
        " 'infinity')",
        (product, channel, NIGHT, units),
    ).fetchone()
    assert row is not None
    return list(row[0][:4])


def test_an_override_changes_the_units_of_its_days_and_no_forecast(
    connection: psycopg.Connection[Any], shop: Db
) -> None:
    before = shop.rows(LEDGER)

    overrides.add(connection, an_override())

    assert overridden(connection, "tea", "web", 2.0) == [2, 2, 3, 3]
    assert overridden(connection, "tea", "store", 3.0) == [3, 3, 4.5, 4.5]
    assert overridden(connection, "cups", "", 1.0) == [1, 1, 1, 1]
    assert shop.rows(LEDGER) == before


def test_units_a_day_hold_for_the_only_channel(connection: psycopg.Connection[Any]) -> None:
    change = an_override(product_id="cups", factor=None, units_per_day=7.0)

    _, recorded = overrides.add(connection, change)

    assert recorded.channel == ""
    assert overridden(connection, "cups", "", 1.0) == [1, 1, 7, 7]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"product_id": "coffee"}, "there is no product 'coffee' of merchant 'shop'"),
        ({"merchant_id": "shop2"}, "there is no product 'tea' of merchant 'shop2'"),
        ({"merchant_id": "rival", "product_id": "cups"}, "there is no product 'cups'"),
        ({"channel": "phone"}, "its channels are: 'store', 'web'"),
        ({"product_id": "new", "channel": "web"}, "its channels are: none"),
        (
            {"factor": None, "units_per_day": 1.0},
            "the channels of product 'tea' of merchant 'shop'",
        ),
        ({"first_day": date(2026, 2, 1), "last_day": NIGHT}, "the days up to 2026-03-01 are over"),
        ({"first_day": date(2026, 3, 11)}, "first day 2026-03-11 lies after the last day"),
        ({"units_per_day": 1.0, "channel": "web"}, "a factor or units per day, and not both"),
        ({"factor": None}, "a factor or units per day, and not both"),
        ({"factor": -0.1}, "factor -0.1 is not within 0 and 1,000"),
        ({"factor": float("nan")}, "factor nan is not within"),
        ({"factor": None, "units_per_day": float("inf"), "channel": "web"}, "units per day inf"),
        ({"person": " \t"}, "the person of an override is missing"),
        ({"reason": "!!!"}, "the reason of an override is missing"),
        ({"reason": "a\x1b[2Jb"}, "the reason of an override is missing"),
        ({"reason": "x" * 1001}, "the reason of an override is missing"),
        ({"reason": "card 4111 1111 1111 1111"}, "passes as a full card number"),
        ({"product_id": "te\x00a"}, "the product is no readable text"),
        ({"channel": "\ud800"}, "the channel is no readable text"),
    ],
)
def test_an_override_without_effect_or_sense_is_refused_with_a_sentence(
    connection: psycopg.Connection[Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        overrides.add(connection, an_override(**changes))

    assert sentence in str(refused.value)
    assert overrides.listing(connection, is_history=True) == []


def test_a_product_that_has_no_forecast_yet_may_be_overridden(
    connection: psycopg.Connection[Any],
) -> None:
    overrides.add(connection, an_override(product_id="new"))

    [row] = overrides.listing(connection)
    assert (row["product_id"], row["state"]) == ("new", "in force")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_kept_as_they_are(connection: psycopg.Connection[Any], text: str) -> None:
    change = an_override(product_id=text, channel=text, person=f"{text}a", reason=f"{text}b")

    overrides.add(connection, change)

    [row] = overrides.listing(connection, merchant_id="shop", product_id=text)
    assert [row[name] for name in ("product_id", "channel", "person", "reason")] == [
        *(text, text, f"{text}a", f"{text}b"),
    ]
    assert overridden(connection, text, text, 4.0) == [4, 4, 6, 6]


def test_after_a_withdrawal_the_older_override_holds_again(
    connection: psycopg.Connection[Any],
) -> None:
    overrides.add(connection, an_override(factor=2.0))
    newer, _ = overrides.add(connection, an_override(factor=5.0))
    both = overridden(connection, "tea", "web", 2.0)

    overrides.withdraw(connection, newer, person="Bo", reason="the fair is off")

    assert both == [2, 2, 10, 10]
    assert overridden(connection, "tea", "web", 2.0) == [2, 2, 4, 4]
    assert [row["factor"] for row in overrides.listing(connection)] == [2.0]
    newest, _ = overrides.listing(connection, is_history=True)
    assert (newest["state"], newest["withdrawn_by"]) == ("withdrawn", "Bo")
    assert newest["withdrawn_because"] == "the fair is off"


def test_only_an_override_in_force_can_be_withdrawn(connection: psycopg.Connection[Any]) -> None:
    override_id, _ = overrides.add(connection, an_override())
    overrides.withdraw(connection, override_id, person="Bo", reason="wrong product")
    [withdrawal] = connection.execute(
        "select override_id from decisions.forecast_overrides where withdraws = %s", (override_id,)
    ).fetchall()

    for target, sentence in (
        (override_id, "is withdrawn already"),
        (uuid4(), "there is no override"),
        (withdrawal[0], "there is no override"),
    ):
        with pytest.raises(ConfigurationError, match=sentence):
            overrides.withdraw(connection, target, person="Bo", reason="again")


@pytest.mark.parametrize(
    "statement",
    [
        "update decisions.forecast_overrides set factor = 9",
        "delete from decisions.forecast_overrides",
        "truncate decisions.forecast_overrides",
        "insert into decisions.forecast_overrides (merchant_id, product_id, person, reason,"
        " first_day, last_day, factor, created_at)"
        " values ('shop', 'tea', 'a', 'b', now(), now(), 2, '2020-01-01')",
    ],
)
def test_no_role_changes_an_override_or_dates_it_back(shop: Db, statement: str) -> None:
    with shop.connect("score") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "values",
    [
        "'2026-03-05', '2026-03-04', 2, null, 'web', null",
        "'-infinity', 'infinity', 2, null, 'web', null",
        "'2026-03-04', '2026-03-05', 2, 3, 'web', null",
        "'2026-03-04', '2026-03-05', null, null, 'web', null",
        "'2026-03-04', null, 2, null, 'web', null",
        "'2026-03-04', '2026-03-05', 'NaN', null, 'web', null",
        "'2026-03-04', '2026-03-05', null, 'Infinity', 'web', null",
        "'2026-03-04', '2026-03-05', null, 3, null, null",
        "'2026-03-04', '2026-03-05', 2, null, null, %(id)s",
        "null, null, null, null, null, %(other)s",
        "null, null, null, null, null, gen_random_uuid()",
    ],
)
def test_the_table_refuses_what_no_function_could_apply(
    connection: psycopg.Connection[Any], values: str
) -> None:
    own, _ = overrides.add(connection, an_override())
    other, _ = overrides.add(connection, an_override(merchant_id="rival"))
    with pytest.raises(psycopg.IntegrityError), connection.transaction():
        connection.execute(
            "insert into decisions.forecast_overrides (first_day, last_day, factor, units_per_day,"
            f" channel, withdraws, merchant_id, product_id, person, reason)"
            f" values ({values}, 'shop', 'tea', 'a', 'b')".encode(),
            {"id": own, "other": other} if "%(" in values else None,
        )


def test_a_merchant_can_ask_no_function_for_the_overrides_of_another(shop: Db) -> None:
    warehouse = shop.settings.warehouse
    superuser = shop.cluster.conninfo(warehouse.database)
    merchants.create_login(superuser, "merchant_rival", "rival", PASSWORD)
    with shop.superuser() as connection:
        connection.execute(
            "insert into decisions.forecast_overrides (merchant_id, product_id, first_day,"
            " last_day, factor, person, reason)"
            " values ('shop', 'tea', '2026-03-04', '2026-03-04', 5, 'a', 'b')"
        )
        # more than a merchant has, so that the function alone keeps the rows apart
        connection.execute("grant usage on schema decisions to merchant")

    query = (
        "select override_id from decisions.overrides_in_force"
        "('shop', 'tea', 'web', '2026-03-01', '2026-03-31', 'infinity')"
    )
    with psycopg.connect(
        host=warehouse.host,
        port=warehouse.port,
        dbname=warehouse.database,
        user="merchant_rival",
        password=PASSWORD,
    ) as connection:
        seen = connection.execute(query.encode()).fetchall()
    everything = shop.rows(query)
    with shop.superuser() as connection:
        connection.execute("revoke usage on schema decisions from merchant")
        connection.execute("delete from decisions.forecast_overrides")

    assert (len(everything), seen) == (1, [])


def test_the_command_adds_lists_and_withdraws(
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class _Kept:
        def __enter__(self) -> psycopg.Connection[Any]:
            return connection

        def __exit__(self, *_: object) -> None:
            """Keep the session: its transaction ends with the test."""

    # the commands work in the transaction that the test takes back
    monkeypatch.setattr(sessions, "connect", _Kept)

    def answer(*arguments: str) -> Any:
        status = main(["overrides", *arguments, "--json"])
        shown = capsys.readouterr()
        assert status == 0, shown.err
        return json.loads(shown.out)

    product = ["--merchant", "shop", "--product", "tea", "--channel", "web"]
    days = ["--first-day", "2026-03-04", "--last-day", "2026-03-10"]
    why = ["--person", "Ann", "--reason", "the\u202efair"]
    added = answer("add", *product, *days, *why, "--factor", "1.5")
    listed = answer("list", "--merchant", "shop")
    assert main(["overrides", "list"]) == 0
    text = capsys.readouterr().out
    withdrawn = answer("withdraw", added["override_id"], "--person", "Bo", "--reason", "off")
    left = answer("list")
    history = answer("list", "--all")

    [row] = listed["overrides"]
    assert UUID(added["override_id"]) == UUID(row["override_id"])
    assert (row["factor"], row["first_day"], row["state"]) == (1.5, "2026-03-04", "in force")
    assert "channel web, 2026-03-04 to 2026-03-10: forecast times 1.5" in text
    assert "\u202e" not in text
    assert withdrawn["state"] == "withdrawn"
    assert left == {"overrides": []}
    assert [each["state"] for each in history["overrides"]] == ["withdrawn"]
