"""The last page of the demo: what was decided, why, where everything is, one query to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from infra.local.console import console, table
from infra.local.environment import airflow_url, mlflow_url
from infra.local.state import State
from infra.local.warehouse_facts import as_analyst

OUTCOMES = """
select decision, count(*) as decisions, count(*) filter (where is_degraded) as degraded,
    round(avg(fraud_probability)::numeric, 4) as mean_fraud_probability,
    min(occurred_at)::timestamp(0) as first_occurred_at,
    max(occurred_at)::timestamp(0) as last_occurred_at
from serving.latest_transaction_decisions
group by decision
order by decision
"""

EXAMPLES = """
select transaction_id, customer_id, decision, round(fraud_probability::numeric, 4) as probability,
    reasons
from (
    select *, row_number() over (
        partition by decision order by fraud_probability desc nulls last, transaction_id
    ) as place
    from serving.latest_transaction_decisions
) as ranked
order by decision = 'approve', place, decision
limit 3
"""

QUERY = (
    "select transaction_id, decision, fraud_probability, reasons "
    "from serving.latest_transaction_decisions "
    "where decision <> 'approve' order by fraud_probability desc limit 5"
)


def show(state: State) -> None:
    """Print the page."""
    try:
        names, rows = as_analyst(state, OUTCOMES)
        table("Decisions", names, rows)
        names, rows = as_analyst(state, EXAMPLES)
        table("Three of them", names, [(*row[:-1], reasons_text(row[-1])) for row in rows])
    except psycopg.Error as error:
        console.print(f"[red]serving could not be read:[/] {error}")
    show_addresses(state)
    console.print("\nTry a query, as the role analyst:", style="bold")
    console.print(f'  make sql QUERY="{QUERY}"', markup=False)
    console.print("\nEverything keeps running: `make status` tells what, `make down` ends it.")


def reasons_text(reasons: Sequence[Mapping[str, str]]) -> str:
    """Return the reasons of a decision as an analyst reads them; what decided comes first."""
    return "; ".join(reason["text"] for reason in reasons)


def show_addresses(state: State) -> None:
    """Print where everything answers, and the logins."""
    rows: list[tuple[object, ...]] = [
        ("Airflow", airflow_url(state), f"admin / {state.secrets['airflow_admin']}"),
        ("", "read only", f"analyst / {state.secrets['airflow_analyst']}"),
        ("MLflow", mlflow_url(state), "no login, this machine only"),
        (
            "Postgres",
            f"127.0.0.1:{state.ports()['postgres']}/warehouse",
            f"analyst / {state.secrets['analyst']}",
        ),
    ]
    table("Where everything is", ["what", "where", "login"], rows)
