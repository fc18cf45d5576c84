"""Print the last page of the demo: decisions, reasons, customers, addresses, queries to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from infra.local import challengers, night_pages
from infra.local.console import console, table
from infra.local.environment import airflow_url, mlflow_url
from infra.local.state import State
from infra.local.warehouse_facts import as_analyst


@dataclass(frozen=True, slots=True)
class Page:
    """The queries for one kind of decisions; a kind without decisions is not shown.

    Args:
        title: title of the kind.
        outcomes: query that groups by decision.
        examples: query of three decisions; its last column holds the reasons.
        to_try: query for the reader to run.
    """

    title: str
    outcomes: str
    examples: str
    to_try: str


PAGES = (
    Page(
        "Card transactions",
        """
        select decision, count(*) as decisions, count(*) filter (where is_degraded) as degraded,
            round(avg(fraud_probability)::numeric, 4) as mean_fraud_probability,
            min(occurred_at)::timestamp(0) as first_occurred_at,
            max(occurred_at)::timestamp(0) as last_occurred_at
        from serving.latest_transaction_decisions
        group by decision
        order by decision
        """,
        """
        select transaction_id, decision, round(fraud_probability::numeric, 4) as probability,
            reasons
        from (
            select *, row_number() over (
                partition by decision order by fraud_probability desc nulls last, transaction_id
            ) as place
            from serving.latest_transaction_decisions
        ) as ranked
        order by decision = 'approve', place, decision
        limit 3
        """,
        "select transaction_id, decision, fraud_probability, reasons "
        "from serving.latest_transaction_decisions "
        "where decision <> 'approve' order by fraud_probability desc limit 5",
    ),
    Page(
        "Loan applications",
        """
        select decision, count(*) as decisions, count(*) filter (where is_degraded) as degraded,
            count(*) filter (where is_counter_offer) as counter_offers,
            round(avg(default_probability)::numeric, 4) as mean_default_probability,
            avg(recommended_amount)::bigint as mean_recommended_amount,
            count(*) filter (where fraud_state not in ('no_history', 'clear')) as fraud_concerns
        from serving.latest_application_decisions
        group by decision
        order by decision
        """,
        """
        select application_id, decision, grade, round(default_probability::numeric, 4)
            as probability, requested_amount_minor, recommended_limit_minor, fraud_state, reasons
        from (
            select *, row_number() over (
                partition by decision, is_counter_offer
                order by default_probability desc nulls last, application_id
            ) as place
            from serving.latest_application_decisions
            where decision <> 'approve' or is_counter_offer
        ) as ranked
        order by place, decision
        limit 3
        """,
        "select application_id, place, reason_code, applicant_text "
        "from serving.application_reasons order by application_id, place limit 8",
    ),
)


def show(state: State) -> None:
    """Print the page."""
    to_try = []
    try:
        for page in PAGES:
            names, rows = as_analyst(state, page.outcomes)
            if not rows:
                continue
            to_try.append(page.to_try)
            table(f"{page.title}: decisions", names, rows)
            names, rows = as_analyst(state, page.examples)
            table("Three of them", names, [(*row[:-1], reasons_text(row[-1])) for row in rows])
        to_try += night_pages.show(state)
        challengers.show(state)
    except psycopg.Error as error:
        console.print(f"[red]serving could not be read:[/] {error}")
    show_addresses(state)
    console.print("\nTry a query, as the role analyst:", style="bold")
    for query in to_try:
        console.print(f'  make sql QUERY="{query}"', markup=False)
    console.print("\nThe stack keeps running: `make status` shows it, `make down` ends it.")


def reasons_text(reasons: Sequence[Mapping[str, str]]) -> str:
    """Return the reasons of a decision as text; the deciding reason comes first."""
    return "; ".join(reason["text"] for reason in reasons)


def show_addresses(state: State) -> None:
    """Print the addresses and logins of the stack."""
    rows: list[tuple[object, ...]] = [
        ("Airflow", airflow_url(state), f"admin / {state.secrets['airflow_admin']}"),
        ("", "approves models", f"officer / {state.secrets['airflow_officer']}"),
        ("", "read only", f"analyst / {state.secrets['airflow_analyst']}"),
        ("MLflow", mlflow_url(state), "no login, this machine only"),
        (
            "Postgres",
            f"127.0.0.1:{state.ports()['postgres']}/warehouse",
            f"analyst / {state.secrets['analyst']}",
        ),
    ]
    table("Addresses", ["service", "address", "login"], rows)
