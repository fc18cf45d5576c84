"""A merchant sees its own rows, whatever its session tries."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from jinja2 import Template

from infra.local.postgres import Cluster
from infra.postgres import merchants, warehouse
from infra.postgres.merchants import MerchantLoginError
from tests.conftest import Db, a_warehouse

MACROS = (Path(__file__).resolve().parents[3] / "dbt" / "macros" / "merchants.sql").read_text()
PASSWORD = secrets.token_hex()
#: Ids that a careless filter would confuse.
HOSTILE = ("shop/1", "shop' or '1'='1", "ŠHOP\u202e%")


def hook(name: str, relation: str) -> bytes:
    """Return the SQL of a post-hook for one relation."""
    return Template(f"{MACROS}\n{{{{ {name}() }}}}").render(this=relation).encode()


@dataclass(frozen=True)
class Mall:
    """One warehouse with the rows and the logins of several merchants."""

    db: Db
    logins: dict[str, str]

    @contextmanager
    def session(self, merchant: str) -> Iterator[psycopg.Connection[Any]]:
        """Open a session of a merchant."""
        settings = self.db.settings.warehouse
        with psycopg.connect(
            host=settings.host,
            port=settings.port,
            dbname=settings.database,
            user=self.logins[merchant],
            password=PASSWORD,
            autocommit=True,
        ) as connection:
            yield connection

    def seen(self, merchant: str, query: str) -> list[tuple[Any, ...]]:
        """Return what a merchant gets for a query."""
        with self.session(merchant) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def mall(
    cluster: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mall]:
    """Furnish marts and views of three merchants as dbt does, and create their logins."""
    with a_warehouse(cluster, migrated_template, tmp_path_factory.mktemp("mall")) as db:
        rows = [(merchant, n, n * 10) for merchant in HOSTILE for n in range(1, 4)]
        with db.connect("transform") as connection, connection.cursor() as cursor:
            cursor.execute("create table marts.toy (merchant_id text, customer int, revenue int)")
            cursor.executemany("insert into marts.toy values (%s, %s, %s)", rows)
            cursor.execute(hook("row_level_security", "marts.toy"))
            cursor.execute("create view serving.toy as select * from marts.toy")
            cursor.execute(hook("readable_by_merchants", "serving.toy"))
            cursor.execute("create view serving.inner_toy as select * from marts.toy")
        superuser = cluster.conninfo(db.settings.warehouse.database)
        suffix = uuid.uuid4().hex[:8]
        logins = {merchant: f"merchant_{n}_{suffix}" for n, merchant in enumerate(HOSTILE)}
        for merchant, login in logins.items():
            merchants.create_login(superuser, login, merchant, PASSWORD)
        yield Mall(db, logins)
        for login in logins.values():
            merchants.remove_login(superuser, login)


@pytest.mark.parametrize("merchant", HOSTILE)
def test_a_merchant_sees_its_own_rows_and_no_others(mall: Mall, merchant: str) -> None:
    assert mall.seen(merchant, "select distinct merchant_id from serving.toy") == [(merchant,)]
    assert mall.seen(merchant, "select sum(revenue) from serving.toy") == [(60,)]


def test_other_roles_see_all_merchants(mall: Mall) -> None:
    query = b"select count(distinct merchant_id) from serving.toy"

    with mall.db.connect("analyst") as analyst:
        assert analyst.execute(query).fetchone() == (3,)
    assert mall.db.rows(query.decode()) == [(3,)]


#: Each tries to see rows of others, or to read what tells of them; none may bring one.
ATTACKS = {
    "a condition that fails on the rows of others": (
        "select merchant_id from serving.toy"
        " where 1 / (case when merchant_id = 'shop/1' then 1 else 0 end) = 1"
    ),
    "a cast that quotes the rows of others": (
        "select count(*) from serving.toy where merchant_id = 'shop/1' or merchant_id::int > 0"
    ),
    "a list of all merchants": "select string_agg(merchant_id, ',') from serving.toy",
    "a union with itself": "select merchant_id from serving.toy union select 'shop/1' where false",
    "a sample": "select merchant_id from serving.toy where random() < 2",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_hostile_query_finds_rows_of_the_own_merchant_alone(mall: Mall, attack: str) -> None:
    with mall.session("shop/1") as connection:
        found = {value for row in connection.execute(attack.encode()) for value in row}

    assert found <= {"shop/1", "shop/1,shop/1,shop/1", 3}


REFUSED = {
    "the tables of marts": "select * from marts.toy",
    "a view that is not for merchants": "select * from serving.inner_toy",
    "the sales": "select * from raw.sales",
    "the ledger": "select * from decisions.customer_segments",
    "the list of merchants": "select * from audit.merchant_logins",
    "the role of the views": "set role transform",
    "the group of merchants": "set role merchant",
    "another session": "set session authorization postgres",
    "an own function": (
        "create function serving.leak(text) returns bool language plpgsql cost 1e-9 as"
        " 'begin raise notice ''%'', $1; return true; end'"
    ),
    "a temporary function": (
        "create function pg_temp.leak(text) returns bool language sql as 'select true'"
    ),
    "a temporary table": "create temporary table mine as select * from serving.toy",
    "a program of the server": "copy serving.toy to program 'cat'",
    "a file of the server": "select pg_read_file('/etc/passwd')",
    "the definition of a view": "select pg_get_viewdef('serving.toy'::regclass)",
    "an own policy": "create policy mine on marts.toy using (true)",
    "a view without its barrier": "alter view serving.toy set (security_barrier = false)",
    "an own login": "create role merchant_mine login",
    "the end of the check": "alter role current_user bypassrls",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_a_merchant_may_do_nothing_but_read_its_views(mall: Mall, statement: str) -> None:
    with mall.session("shop/1") as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("set row_security = on")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
            connection.execute(statement.encode())


def test_row_security_cannot_be_turned_off(mall: Mall) -> None:
    with mall.session("shop/1") as connection:
        connection.execute("set row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from serving.toy")


def test_the_statistics_of_the_planner_name_no_other_merchant(mall: Mall) -> None:
    with mall.db.connect("transform") as connection:
        connection.execute("analyze marts.toy")

    assert mall.seen("shop/1", "select * from pg_stats where tablename = 'toy'") == []
    with mall.session("shop/1") as connection:
        plan = connection.execute(
            "explain (verbose) select * from serving.toy where merchant_id = 'x'"
        ).fetchall()
    assert not any(merchant in row[0] for row in plan for merchant in HOSTILE)


def test_a_prepared_query_of_one_merchant_answers_another_with_its_own_rows(mall: Mall) -> None:
    for merchant in HOSTILE:
        with mall.session(merchant) as connection:
            for _ in range(7):  # from the sixth time on Postgres keeps one plan
                found = connection.execute(
                    "select merchant_id from serving.toy where revenue > %s", (0,), prepare=True
                ).fetchall()
            assert {name for (name,) in found} == {merchant}


def test_raw_sales_and_the_ledgers_are_bound_too(mall: Mall) -> None:
    protected = mall.db.rows(
        "select relname::text from pg_class where relrowsecurity and relkind in ('r', 'p')"
        " and relnamespace in ('raw'::regnamespace, 'decisions'::regnamespace) order by 1"
    )

    assert {name for (name,) in protected} == {
        *("sales", "products", "promotions", "purchase_orders", "stock_movements", "stock_levels"),
        *("customer_segments", "customer_values", "demand_forecasts"),
        *("stock_plans", "forecast_overrides", "price_estimates"),
    }


def test_a_login_belongs_to_one_merchant(mall: Mall) -> None:
    superuser = mall.db.cluster.conninfo(mall.db.settings.warehouse.database)
    login = mall.logins["shop/1"]

    merchants.create_login(superuser, login, "shop/1", PASSWORD)
    with pytest.raises(MerchantLoginError, match="belongs to merchant 'shop/1'"):
        merchants.create_login(superuser, login, "another", PASSWORD)
    with pytest.raises(MerchantLoginError, match="no login of a merchant"):
        merchants.create_login(superuser, "score", "another", PASSWORD)


def test_a_start_resets_the_settings_of_a_merchant_and_keeps_its_password(mall: Mall) -> None:
    with mall.session("shop/1") as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("alter role current_user set statement_timeout = 0")

    warehouse.create_roles(mall.db.cluster.conninfo(), {})

    assert mall.seen("shop/1", "show statement_timeout") == [("5min",)]


def test_a_login_without_a_merchant_sees_nothing(mall: Mall) -> None:
    with mall.db.superuser() as connection, connection.transaction(force_rollback=True):
        connection.execute("delete from audit.merchant_logins")
        connection.execute(f"set session authorization {mall.logins['shop/1']}".encode())

        assert connection.execute("select count(*) from serving.toy").fetchone() == (0,)
