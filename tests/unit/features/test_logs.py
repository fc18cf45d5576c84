"""No card number reaches a log or a file that people write."""

from __future__ import annotations

import json
from typing import Any

import pytest
import structlog

from features.platform import logs, strict_yaml
from features.platform.errors import ConfigurationError
from scoring.decision.policy import activations

CARD = "4111111111111111"


def test_no_event_of_a_log_holds_a_card_number(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
        cache_logger_on_first_use=False,
    )
    try:
        logs.install()
        logs.install()
        log = structlog.get_logger("tested")
        log.warning(
            f"held {CARD}",  # noqa: G004 - an event of structlog is any text
            object_name="landing/4111 1111 1111 1111.csv",
            notes=["column 4111.1111.1111.1111", {CARD: [int(CARD), float(CARD)]}],
            error=ValueError(CARD),
            rows=1_000_000_000_000,
            delivery_id="550e8400-e29b-41d4-a716-446655440000",
            at="2026-11-21T22:21:00.123456+00:00",
        )
        log.error("failed", exc_info=ValueError(f"no {CARD}"))
    finally:
        structlog.configure(**before)

    output = capsys.readouterr().out
    assert "1111 1111" not in output
    assert CARD not in output.replace(".", "")
    event: dict[str, Any] = json.loads(output.splitlines()[0])
    assert event["object_name"] == "landing/4111 11** **** 1111.csv"
    assert event["rows"] == 1_000_000_000_000
    assert event["delivery_id"] == "550e8400-e29b-41d4-a716-446655440000"
    assert event["at"] == "2026-11-21T22:21:00.123456+00:00"


@pytest.mark.parametrize(
    "text", [f"reason: paid by {CARD}", f"'{CARD}': 1", "a: [4111-1111 11111111]"]
)
def test_no_file_that_people_write_holds_a_card_number(text: str) -> None:
    with pytest.raises(ConfigurationError, match="passes as a full card number") as error:
        strict_yaml.parse(text.encode(), "policy.yaml")

    assert "1111" not in str(error.value)


@pytest.mark.parametrize("role", ["author", "approver", "reason"])
def test_an_approval_with_a_card_number_is_refused(role: str) -> None:
    words: dict[str, Any] = {"author": "ann", "approver": "bob", "reason": "better", role: CARD}

    with pytest.raises(ConfigurationError, match=f"{role} holds what passes as a full card"):
        activations.activate(None, "2026-01", **words)  # type: ignore[arg-type]
