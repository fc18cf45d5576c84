"""The page of a model holds its whole record in one file, and shows every text as text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from scoring.models import inventory, standing
from scoring.models.history import (
    Decision,
    GateResult,
    History,
    Sighting,
    Training,
    Validation,
    VersionPages,
)
from scoring.pages import model_page
from scoring.pages.markdown import as_html
from scoring.pages.model_page import ModelPage, Version

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MODEL = "fraud_transactions"
HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/p.png) [go](javascript:alert(1))"


def training(version: str, days_ago: int, alias: str) -> Training:
    at = NOW - timedelta(days=days_ago)
    return Training(
        *(version, version * 64, f"run{version}", "ada", at, alias, "transactions@2", "d" * 64),
        *(at, at, at, "abc", {"auc_roc": 0.9}),
    )


def history(*sightings: Sighting, validations: tuple[Validation, ...] = ()) -> History:
    return History(
        MODEL,
        trainings=[training("2", 10, "challenger"), training("1", 400, "champion")],
        gates=[
            GateResult("1", "2", "better", 4, 10_000, 120, NOW, NOW, "schedule", NOW),
        ],
        validations=validations,
        decisions=[Decision("promote", "2", "1", "grace", HOSTILE, "command", None, NOW)],
        sightings=sightings,
    )


def sighting(version: str, champion: str) -> Sighting:
    return Sighting(version, champion, version == champion, "unknown (MLflow UI)", "moved", NOW)


def confirmed(version: str, *, is_valid: bool = True, sha256: str = "") -> Validation:
    file = sha256 or version * 64
    return Validation(version, file, "grace", is_valid, "checked", NOW - timedelta(days=5))


def of(record: History, aliases: dict[str, str] | None) -> standing.Standing:
    return standing.of(record, aliases, inventory.load(), NOW.date())


class Loads(HTMLParser):
    """Collects the tags of a page, and every address that it would load or link."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


@pytest.fixture(scope="module")
def page() -> str:
    record = history(sighting("2", "1"), validations=(confirmed("1"),))
    pages = VersionPages(
        f"# Card\n\n| a | b |\n| --- | --- |\n| x | {HOSTILE} |\n",
        {"roc.png": b"\x89PNG\r\n\x1a\n"},
    )
    return model_page.render(
        ModelPage(
            inventory.load().entry(MODEL),
            of(record, {"champion": "2", "challenger": "2"}),
            record,
            [Version("champion", "1", record.trainings[1], pages)],
            NOW,
        )
    )


def test_the_page_holds_every_register_of_the_model(page: str) -> None:
    text = re.sub(r"<[^>]*>", " ", page)

    for part in (
        *("Head of fraud prevention", "Trained versions", "better", "Validations", "promote"),
        *("unknown (MLflow UI)", "Card of the champion, version 1", "Attestation"),
        "the registry names version 2 as champion, and version 1 decides",
    ):
        assert part in text


def test_the_page_loads_nothing_and_shows_hostile_text_as_text(page: str) -> None:
    loads = Loads()
    loads.feed(page)

    assert "script" not in loads.tags
    assert all(address.startswith("data:image/png;base64,") for address in loads.addresses)
    assert len(loads.addresses) == 1
    assert page.count("&lt;script&gt;alert(1)") == 2  # in the decision and in the card


def test_markdown_of_a_card_keeps_tables_and_lists_and_refuses_markup() -> None:
    html = as_html(f"## Users\n\n- one\n- two\n\n| a |\n| ---: |\n| 1 |\n\n<b>x</b> {HOSTILE}")

    loads = Loads()
    loads.feed(html)
    assert {"h2", "ul", "li", "table", "td"} <= loads.tags
    assert not loads.tags & {"b", "script", "a", "img"}
    assert loads.addresses == []


def test_the_champion_is_the_version_of_the_last_claim_also_if_the_alias_moved() -> None:
    moved = of(history(sighting("2", "1")), {"champion": "2"})

    assert moved.champion == "1"
    assert moved.difference is not None


def test_without_the_registry_the_champion_of_the_last_claim_is_known_and_no_challenger() -> None:
    away = of(history(sighting("2", "1")), None)

    assert (away.champion, away.challenger, away.difference) == ("1", None, None)


def test_before_any_claim_the_champion_is_that_of_the_registry_or_of_the_first_training() -> None:
    assert of(history(), {"champion": "2"}).champion == "2"
    assert of(history(), None).champion == "1"
    assert of(History(MODEL), None).champion is None


def test_a_review_is_due_a_year_after_the_validation_of_exactly_this_file() -> None:
    trained = of(history(), {"champion": "1"})
    reviewed = of(history(validations=(confirmed("1"),)), {"champion": "1"})
    other_file = of(history(validations=(confirmed("1", sha256="f" * 64),)), {"champion": "1"})
    refused = of(history(validations=(confirmed("1", is_valid=False),)), {"champion": "1"})

    assert trained.is_overdue
    assert trained.next_review == date(2026, 10, 26)
    assert (reviewed.next_review, reviewed.is_overdue) == (date(2027, 11, 25), False)
    assert other_file.is_overdue
    assert refused.is_overdue
    assert refused.validation is not None
