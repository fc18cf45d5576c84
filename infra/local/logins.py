"""Create and remove the logins of merchants in the local warehouse."""

from __future__ import annotations

import secrets

import psycopg

from infra.local.console import console
from infra.local.health import cluster
from infra.local.state import StackError, State
from infra.postgres import merchants
from infra.postgres.merchants import MerchantLoginError


def change(state: State, login: str, merchant_id: str | None, *, is_removed: bool) -> int:
    """Create a login and print its password once, or remove the login.

    Raises:
        StackError: the login cannot be created or removed, or no merchant is named.
    """
    superuser = cluster(state).conninfo("warehouse")
    try:
        if is_removed:
            merchants.remove_login(superuser, login)
            console.print(f"Removed {login}.")
            return 0
        password = secrets.token_urlsafe(18)
        merchants.create_login(superuser, login, merchant_id or "", password)
    except (MerchantLoginError, psycopg.Error) as error:
        raise StackError(str(error).splitlines()[0]) from error
    console.print(
        f"{login} sees the rows of merchant {merchant_id!r}. Its password is shown this once: "
        f"{password}",
        markup=False,
    )
    port = state.ports()["postgres"]
    console.print(f"psql -h 127.0.0.1 -p {port} -U {login} warehouse", markup=False)
    return 0
