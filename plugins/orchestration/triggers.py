"""Refuses a run at its trigger: an unknown field, a date in the future, a value of no database.

Airflow takes a manual run of any date. A run whose logical date or `run_after` lies in the future
waits for it, and with one active run per DAG the schedule waits as well. The plugin calls these
checks when Airflow makes the run's row: after the login, before anything is written, whether the
page, the REST API, the command line or an operator triggers. Page and REST API answer 400 or 422
with the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from features.platform.errors import ConfigurationError
from orchestration.fields import CARD_NUMBER, RUN_ID_LETTERS, flaw, holds_card_number
from orchestration.forms import check_fields
from orchestration.run_window import EARLIEST

SKEW = timedelta(minutes=1)  # clocks of a browser, a worker and the api-server differ


class TriggerRefusedError(ConfigurationError, ValueError):
    """A trigger makes no sense; Airflow answers 400 to a ValueError and nothing was written."""


def check_run(run: Mapping[str, Any], fields: Iterable[str] | None, now: datetime) -> None:
    """Check the arguments of a run that a person triggers.

    Args:
        run: the arguments of Airflow's `DagRun`, by name.
        fields: of the DAG's form; None where they are not known.
        now: UTC.

    Raises:
        TriggerRefusedError: the run would wait, decide something else or break something.
    """
    run_id = run.get("run_id") or ""
    if len(run_id) > RUN_ID_LETTERS or not run_id.isprintable():
        raise TriggerRefusedError(
            f"the run id has more than {RUN_ID_LETTERS} characters or a control character; leave "
            "it out"
        )
    if holds_card_number(run_id):
        raise TriggerRefusedError(f"the run id {CARD_NUMBER}")
    for name in ("logical_date", "run_after"):
        _check_moment(name, run.get(name), now)
    start, end = run.get("data_interval") or (None, None)
    _check_moment("data_interval_start", start, now)
    _check_moment("data_interval_end", end, now)
    # Airflow gives a run of a DAG without a schedule an interval of no length
    if start is not None and end is not None and start > end:
        raise TriggerRefusedError(
            "data_interval_end lies before data_interval_start; swap them or leave both out"
        )
    check_conf(run.get("conf"), fields)


def check_conf(conf: object, fields: Iterable[str] | None) -> None:
    """Check that a conf can be stored, and that each of its keys is a field.

    Raises:
        TriggerRefusedError: the conf cannot be stored, holds a card number, or a key is not a
            field.
    """
    if not conf:
        return
    if not isinstance(conf, Mapping):
        raise TriggerRefusedError("conf is no JSON object; write the fields of the form by name")
    if wrong := flaw(dict(conf)):
        raise TriggerRefusedError(f"conf {wrong}; nothing can store that")
    if holds_card_number(_without_declared_ids(dict(conf))):
        raise TriggerRefusedError(f"conf {CARD_NUMBER}: Airflow would keep it")
    try:
        check_fields(conf, conf if fields is None else fields)
    except ConfigurationError as error:
        raise TriggerRefusedError(str(error)) from None


def _without_declared_ids(conf: dict[str, Any]) -> dict[str, Any]:
    """Leave out ids that are long numbers, where a source declares that its ids are."""
    ids = conf.get("restate_ids")
    if not isinstance(ids, list) or not holds_card_number(ids) or not _ids_may_be_long_numbers():
        return conf
    return {**conf, "restate_ids": [name for name in ids if not str(name).isdecimal()]}


def _ids_may_be_long_numbers() -> bool:
    from features.platform.settings import get_settings
    from features.sources.source_set import source_set

    try:
        feeds = source_set(get_settings()).feeds.values()
    except ConfigurationError:
        return False
    return any({"transaction_id", "application_id"} & feed.numeric_id for feed in feeds)


def _check_moment(name: str, moment: datetime | None, now: datetime) -> None:
    if moment is None:
        return
    if moment > now + SKEW:
        raise TriggerRefusedError(
            f"{name} lies in the future (it is {now:%Y-%m-%dT%H:%M:%SZ}): the run would wait and "
            "block the schedule; leave it out, or trigger the run then"
        )
    if moment < EARLIEST:
        raise TriggerRefusedError(f"{name} lies before {EARLIEST.date()}; leave it out")


def on_new_run(run: Mapping[str, Any]) -> None:
    """Check a run that Airflow is about to make.

    Raises:
        TriggerRefusedError: as of `check_run`.
    """
    fields = _fields_of(run.get("dag_id")) if run.get("conf") else None
    check_run(run, fields, datetime.now(UTC))


def on_new_backfill(backfill: Mapping[str, Any]) -> None:
    """Check a backfill that Airflow is about to make.

    Raises:
        InvalidBackfillDate: its dates lie before any window, or all in the future.
        InvalidBackfillConf: its form cannot be stored or has an unknown field.
    """
    from airflow.models.backfill import InvalidBackfillConf, InvalidBackfillDate

    now = datetime.now(UTC)
    try:
        # an end in the future is fine: Airflow makes runs only for intervals that are over
        _check_moment("from_date", backfill.get("from_date"), now)
    except TriggerRefusedError as error:
        raise InvalidBackfillDate(str(error)) from error
    if conf := backfill.get("dag_run_conf"):
        try:
            check_conf(conf, _fields_of(backfill.get("dag_id")))
        except TriggerRefusedError as error:
            raise InvalidBackfillConf(str(error)) from error


def _fields_of(dag_id: str | None) -> frozenset[str] | None:
    """Return the fields of a DAG's form, or None where Airflow has not parsed the DAG."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        stored = session.scalar(SerializedDagModel.latest_item_select_object(dag_id))
        return None if stored is None else frozenset(stored.dag.params)
