"""Create and remove the logins of merchants, each of which sees the rows of one merchant.

A login is a member of role `merchant` and of nothing else. The table `audit.merchant_logins` says
whose rows it sees; `infra/postgres/migrations/0018_merchants.sql` has the policies.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql

from infra.postgres import warehouse

#: The prefix keeps the roles of the jobs out of reach.
LOGIN = re.compile(r"merchant_[a-z0-9_]{1,40}")


class MerchantLoginError(Exception):
    """A login cannot be created or removed; says why and what to do."""


def create_login(superuser: str, login: str, merchant_id: str, password: str) -> None:
    """Create a login, or give an existing login of the same merchant a new password.

    Args:
        superuser: connection string of a superuser to the warehouse.
        login: `merchant_` and up to 40 small letters, digits or underscores.
        merchant_id: whose rows the login sees, as the sales name the merchant.
        password: of the login.

    Raises:
        MerchantLoginError: the name has another form, is that of another role, or belongs to
            another merchant.
    """
    if not LOGIN.fullmatch(login):
        raise MerchantLoginError(
            f"{login!r} is no login of a merchant: write merchant_ and up to 40 small letters, "
            "digits or underscores"
        )
    if not merchant_id:
        raise MerchantLoginError("the merchant has no id: name it as its sales do")
    with warehouse.session(superuser) as connection, connection.transaction():
        _refuse_other_roles(connection, login)
        _refuse_other_merchants(connection, login, merchant_id)
        warehouse.reset_role(connection, login, password, warehouse.MERCHANT)
        name = sql.Identifier(login)
        connection.execute(
            sql.SQL("grant merchant to {} with inherit true, set false").format(name)
        )
        # so that a function of `owner` can end the sessions of the login
        connection.execute(sql.SQL("grant {} to owner").format(name))
        connection.execute(
            "insert into audit.merchant_logins (login, merchant_id) values (%s, %s) "
            "on conflict (login) do nothing",
            (login, merchant_id),
        )


def remove_login(superuser: str, login: str) -> None:
    """End the sessions of a login and remove it.

    Raises:
        MerchantLoginError: there is no such login.
    """
    with warehouse.session(superuser) as connection, connection.transaction():
        removed = connection.execute(
            "delete from audit.merchant_logins where login = %s", (login,)
        ).rowcount
        if not removed:
            raise MerchantLoginError(f"there is no login {login!r} of a merchant")
        name = sql.Identifier(login)
        connection.execute(sql.SQL("alter role {} nologin").format(name))
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s",
            (login,),
        )
        connection.execute(sql.SQL("drop role {}").format(name))


def _refuse_other_roles(connection: psycopg.Connection[Any], login: str) -> None:
    """Refuse a role that exists and is no login of a merchant."""
    row = connection.execute(
        "select exists (select from pg_auth_members where member = role.oid "
        "and roleid = 'merchant'::regrole) from pg_roles as role where rolname = %s",
        (login,),
    ).fetchone()
    if row is not None and not row[0]:
        raise MerchantLoginError(f"the role {login!r} exists and is no login of a merchant")


def _refuse_other_merchants(
    connection: psycopg.Connection[Any], login: str, merchant_id: str
) -> None:
    row = connection.execute(
        "select merchant_id from audit.merchant_logins where login = %s", (login,)
    ).fetchone()
    if row is not None and row[0] != merchant_id:
        raise MerchantLoginError(
            f"the login {login!r} belongs to merchant {row[0]!r}: remove it first, or choose "
            "another name"
        )
