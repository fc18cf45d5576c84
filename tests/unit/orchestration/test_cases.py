"""The form delivers one application as a file and requests its decision by id."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.utils.types import DagRunType
from hypothesis import given, settings
from hypothesis import strategies as st

from features.platform import settings as configuration
from features.platform.errors import ConfigurationError
from features.platform.settings import Objects, Settings
from features.platform.storage import object_store
from features.sources import descriptions, files
from features.sources.mapping import SourceFeed
from orchestration import cases
from tests.unit.orchestration.test_run_request import context

CASE = {
    "application_id": "case-1", "customer_id": "c1", "loan_amnt": 5000, "currency": "USD",
    "term": "36 months", "purpose": "car", "annual_inc": 60000, "emp_length": "5 years",
    "home_ownership": "RENT", "dti": 12.5, "revol_util": 40.0, "inq_last_6mths": 0,
    "delinq_2yrs": 0, "pub_rec": 0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def form_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a warehouse whose landing area is a folder of the test."""
    new_settings = Settings(objects=Objects(url=f"file://{tmp_path}"))
    # a form's task takes no settings: the process reads the real ones once, for one folder
    monkeypatch.setattr(configuration, "get_settings", lambda: new_settings)
    return new_settings


def test_an_empty_form_requests_the_last_full_day() -> None:
    request = cases.request(context())

    assert (request.kind, request.window_start.day, request.window_end.day) == ("manual", 20, 21)
    assert cases.deliver(context()) is None


def test_a_case_is_requested_by_its_id_on_the_day_of_the_application(
    form_settings: Settings,
) -> None:
    request = cases.request(context(application=CASE))

    assert (request.kind, request.restated_ids) == ("case", ("case-1",))
    assert request.window_start == datetime(2026, 11, 21, tzinfo=UTC)
    request.check()


def test_a_case_is_landed_once_as_a_file_of_its_feed(form_settings: Settings) -> None:
    name = cases.deliver(context(application=CASE))
    again = cases.deliver(context(application=CASE))

    assert name is not None
    assert name == again
    assert name.startswith("landing/synthetic/applications/case_")
    with object_store(form_settings).open(name) as handle:
        landed = json.loads(handle.read())
    assert landed == {**CASE, "applied_at": "2026-11-21T10:25:00+00:00"}


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"application": {"customer_id": "c"}}, "no 'application_id'"),
        ({"application": CASE, "start": "2026-11-20T00:00:00Z"}, "give one"),
        ({"application": CASE, "restate_ids": ["a"]}, "give one"),
        ({"application": {**CASE, "applied_at": "yesterday"}}, "no time"),
        ({"application": {**CASE, "applied_at": "2026-11-20T10:00:00"}}, "without a zone"),
        ({"application": {**CASE, "applied_at": "2026-11-22T10:00:00Z"}}, "later than now"),
        ({"application": {**CASE, "term": "three years"}}, "term: not a number of months"),
        ({"application": {**CASE, "loan_amnt": -5}}, "loan_amnt: not above zero"),
        ({"application": {**CASE, "loan_amnt": None}}, "loan_amnt: a value is needed"),
        ({"application": {**CASE, "currency": "XYZ"}}, "not a code of ISO 4217"),
        ({"application": {**CASE, "dti": {"percent": 3}}}, "dti: an object, whose"),
        ({"application": {**CASE, "fico": 700}}, "unknown columns, not read: 'fico'"),
        ({"application": {**CASE, "sex": "f"}}, "unknown columns, not read: 'sex'"),
        ({"application": {"application_id": "case-1"}}, "lacks "),
        ({"application": {}}, "no JSON object with fields"),
        ({"application": [CASE]}, "no JSON object with fields"),
        ({"application": "case-1"}, "no JSON object with fields"),
        ({"application": False}, "no JSON object with fields"),
        ({"application": CASE, "person": "ann"}, "give one"),
        ({"application": {**CASE, "Application_Id": "case-2"}}, "unknown columns"),
        ({"application": {**CASE, "purpose": True}}, "purpose is true or false"),
        ({"application": {**CASE, "purpose": "\ud800"}}, "surrogate"),
        ({"application": {**CASE, "purpose\0": "car"}}, "NUL"),
        ({"application": {**CASE, "loan_amnt": 9e300}}, "64 bits"),
        ({"application": {**CASE, "loan_amnt": 2**63 - 1}}, "loan_amnt: "),
        ({"application": {**CASE, "annual_inc": float("nan")}}, "not finite"),
        ({"application": {**CASE, "applied_at": "9999-12-31T23:59:59-10:00"}}, "no time of the"),
        ({"application": {**CASE, "applied_at": 1764000000}}, "applied_at is no time"),
        ({"application": {**CASE, "applied_at": None}}, "applied_at is no time"),
        *(
            ({"application": {**CASE, name: value}}, f"application, {name} ")
            for name in ("application_id", "customer_id")
            for value in (True, 1.5, None, [], ["a"], {}, "", " ", "x" * 300, "a\tb", "a\u200b")
        ),
    ],
)
def test_an_invalid_form_is_refused_and_delivers_no_file(
    tmp_path: Path, form: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        cases.deliver(context(**form))

    assert not list(tmp_path.rglob("*.jsonl"))


def test_an_identifier_may_be_a_whole_number(form_settings: Settings) -> None:
    form = {"application": {**CASE, "application_id": 1007}}

    assert cases.deliver(context(**form))
    assert cases.request(context(**form)).restated_ids == ("1007",)


@settings(deadline=None, max_examples=60)  # the first call loads the heavy packages
@given(
    field=st.sampled_from(sorted(CASE)),
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]),
)
def test_any_value_is_accepted_as_by_ingest_or_refused_in_words(field: str, value: object) -> None:
    with suppress(ConfigurationError):
        name = cases.deliver(context(application={**CASE, field: value}))
        assert name is not None
        with object_store(configuration.get_settings()).open(name) as delivered:
            assert json.load(delivered)[field] == value


def test_a_backfill_with_a_single_application_is_refused(form_settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="a backfill"):
        cases.request(context(DagRunType.BACKFILL_JOB, application=CASE))


def test_the_example_of_the_documentation_is_accepted(form_settings: Settings) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "operations" / "index.md"
    (example,) = re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL)

    assert cases.deliver(context(application=json.loads(example)))


def test_sources_without_applications_refuse_a_case(
    form_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_applications = form_settings.model_copy(update={"sources": "fraud_handbook"})
    # a form's task takes no settings: the process reads the real ones once, for one source
    monkeypatch.setattr(configuration, "get_settings", lambda: without_applications)

    with pytest.raises(ConfigurationError, match="take no single application"):
        cases.deliver(context(application=CASE))


def test_the_form_names_the_source_where_several_take_applications(
    form_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthetic = yaml.safe_load((files.SHIPPED / "synthetic.yaml").read_text())
    feed = synthetic["feeds"]["applications"] | {"feed": "applications"}
    lenders = synthetic | {
        "feeds": {"bank": feed, "broker": feed, "fax": feed | {"formats": ["csv"]}},
        "customer_ids_are_shared": False,
    }
    (tmp_path / "lenders.yaml").write_text(json.dumps(lenders))  # JSON is YAML without anchors
    chosen = {"sources": "lenders", "sources_dir": tmp_path}
    monkeypatch.setattr(
        configuration, "get_settings", lambda: form_settings.model_copy(update=chosen)
    )

    name = cases.deliver(context(application=CASE, source="lenders.broker"))

    assert name is not None
    assert name.startswith("landing/lenders/broker/case_")
    for source in (None, "lenders.fax", "lenders"):
        with pytest.raises(ConfigurationError, match=r"one of lenders\.bank, lenders\.broker"):
            cases.request(context(application=CASE, source=source))


def test_a_source_without_an_application_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names a source and no application"):
        cases.request(context(source="synthetic"))


def test_a_source_whose_ids_have_a_spelling_takes_its_applications_as_files() -> None:
    feed = descriptions.load("synthetic").feeds["applications"]
    spelled = {**feed.columns, "application_id": {"column": "application_id", "prefix": "web-"}}
    changed = SourceFeed.model_validate(feed.model_dump() | {"columns": spelled})

    with pytest.raises(ConfigurationError, match=r"columns\.application_id of synthetic states"):
        cases._field(changed, "application_id")
