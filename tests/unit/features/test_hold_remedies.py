"""Every reason of a hold names a key of the description, or an action of a person."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from features.ingest import hold_remedies
from features.ingest.delivery_reports import remedy_of
from features.ingest.hold_remedies import HOLD_REMEDIES, reason_of, taught
from features.ingest.reasons import HoldReason, RowReason
from features.sources import descriptions
from features.sources.descriptions import Sources
from features.sources.file_forms import Csv
from features.sources.mapping import SourceFeed

ACTIONS = ("deliver", "discard", "check", "wait", "list", "correct", "describe", "state", "`")
PARTS = {"csv": Csv}


def is_key(name: str) -> bool:
    part, _, key = name.rpartition(".")
    models = (PARTS[part],) if part else (SourceFeed, Sources)
    return any(key in model.model_fields for model in models)


@pytest.mark.parametrize("reason", HoldReason)
def test_every_reason_has_a_key_or_an_action(reason: HoldReason) -> None:
    remedy = HOLD_REMEDIES[reason]

    assert remedy.text.startswith(ACTIONS)
    assert not remedy.text.endswith(".")
    assert [name for name in remedy.keys if not is_key(name)] == []
    assert [name for name in remedy.keys if f"`{name}" not in remedy.text] == []


def test_no_reason_has_two_remedies_of_which_one_is_lost() -> None:
    tree = ast.parse(inspect.getsource(hold_remedies))
    (table,) = (node for node in ast.walk(tree) if isinstance(node, ast.Dict))
    names = [ast.unparse(key) for key in table.keys if key is not None]

    assert len(names) == len(set(names)) == len(HOLD_REMEDIES)


@pytest.mark.parametrize("reason", RowReason)
def test_every_reason_of_a_rejected_row_has_a_key_or_an_action(reason: RowReason) -> None:
    feed = descriptions.load("synthetic").feeds["transactions"]

    assert remedy_of(reason, "amount", feed)
    assert remedy_of(reason, "", None)


def test_the_text_names_no_unknown_key() -> None:
    quoted = {
        name
        for remedy in HOLD_REMEDIES.values()
        for name in re.findall(r"`([a-z_.]+)(?:: [^`]+)?`", remedy.text)
    }
    declared = {name for remedy in HOLD_REMEDIES.values() for name in remedy.keys}

    assert quoted - declared == {"history"}


def test_a_stored_reason_gets_its_next_step_once() -> None:
    once = taught("too_large: more than 5 bytes")

    assert once == "too_large: more than 5 bytes; next: deliver the rows in several smaller files"
    assert taught(once) == once


def test_the_reason_of_a_gate_keeps_its_own_next_step() -> None:
    assert reason_of("gate raw failed on landed.x: 1 critical") is None
    assert taught("gate raw failed") == "gate raw failed"
