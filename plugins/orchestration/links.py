"""Link a task to the pages of its validations, and to the page of its run.

Airflow asks for a link in the api-server, for every task of every DAG, also after the task failed;
it is made from XCom values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

PAGES = "/scoring/validations"
RUN_PAGES = "/scoring/runs"
RUN_KEY = "run"  # under which the task `admit` leaves the receipt of the claim
XCOM_KEY = "validation_report"  # pushed by a gate that stops its run: it returns nothing
MAX_SUBJECTS = 20  # more make an address that a proxy may refuse


class ValidationReportLink(BaseOperatorLink):  # type: ignore[misc]
    """The button "Validation report" of a task that ran a gate."""

    name = "Validation report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the address of the page, or "" for a task that validated nothing."""
        for key in (XCOM_KEY, "return_value"):
            if path := page_of(_xcom(ti_key, key)):
                return _base_path() + path
        return ""


class RunPageLink(BaseOperatorLink):  # type: ignore[misc]
    """The button "Run page" of each task of an Airflow run that has claimed a run."""

    name = "Run page"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the address of the page, or "" before the claim and in other DAGs."""
        path = run_page_of(_xcom(ti_key._replace(task_id="admit", map_index=-1), RUN_KEY))
        return _base_path() + path if path else ""


def run_page_of(receipt: object) -> str:
    """Return the path of the page for the receipt of a claim, or ""."""
    run_id = receipt.get("run_id") if isinstance(receipt, dict) else None
    return f"{RUN_PAGES}/{run_id}" if isinstance(run_id, str) else ""


def page_of(receipt: object) -> str:
    """Return the path of the page for the XCom value of a gate, or "".

    Args:
        receipt: the id of a validation, the receipt of one validation, or a list of receipts.
    """
    if isinstance(receipt, str):
        return f"{PAGES}/{receipt}"
    if isinstance(receipt, dict):
        validation_id = receipt.get("validation_id")
        return f"{PAGES}/{validation_id}" if isinstance(validation_id, str) else ""
    if isinstance(receipt, list):
        return _page_of_several([entry for entry in receipt if isinstance(entry, dict)])
    return ""


def _page_of_several(receipts: list[dict[str, Any]]) -> str:
    validations = [receipt for receipt in receipts if "verdict" in receipt]
    if len(validations) == 1 and (path := page_of(validations[0])):
        return path
    subjects = [str(receipt["subject"]) for receipt in validations if receipt.get("subject")]
    if not subjects:
        return ""
    return f"{PAGES}?{urlencode([('subject', subject) for subject in subjects[:MAX_SUBJECTS]])}"


def _base_path() -> str:
    """Return the path under which a proxy serves Airflow; the host is the reader's own."""
    from airflow.configuration import conf

    base_url: str = conf.get("api", "base_url", fallback="")
    return urlsplit(base_url).path.rstrip("/")


def _xcom(ti_key: TaskInstanceKey, key: str) -> object:
    """Return a task's XCom value under a key; the api-server may read Airflow's database."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        row = session.execute(
            XComModel.get_many(
                key=key,
                run_id=ti_key.run_id,
                dag_ids=ti_key.dag_id,
                task_ids=ti_key.task_id,
                map_indexes=ti_key.map_index,
            ).with_only_columns(XComModel.value)
        ).first()
    value: object = XComModel.deserialize_value(row) if row else None
    return value
