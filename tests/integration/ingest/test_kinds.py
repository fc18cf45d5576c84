"""Refunds, reversals and card checks are kept in raw, with their kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS = "select transaction_id, kind, amount_minor from raw.transactions order by 1, version"
REJECTED = "select row_number, reason, detail from raw.rejected_rows order by 1"


def csv(intake: Any, *rows: Mapping[str, str], kind: str = "") -> bytes:
    """Return transactions, with a column of kinds if it has a name."""
    names = (*intake.columns, *((kind,) if kind else ()))
    lines = [",".join(names)]
    for number, row in enumerate(rows):
        whole = {**intake.row(transaction_id=f"t{number}"), **row}
        lines.append(",".join(whole[name] for name in names))
    return ("\n".join(lines) + "\n").encode()


def test_words_of_the_source_mean_kinds(intake: Any) -> None:
    intake.spell(kind={"column": "entry", "map": {"SALE": "purchase", "CHARGEBACK": "reversal"}})
    intake.deliver(csv(intake, {"entry": "SALE"}, {"entry": "CHARGEBACK"}, kind="entry"))

    intake.take()

    assert intake.rows(KINDS) == [("t0", "purchase", 1250), ("t1", "reversal", 1250)]


def test_the_sign_of_an_amount_means_its_kind(intake: Any) -> None:
    intake.change(allow_zero_amount=True)
    intake.spell(amount={"sign": "debit_negative"})
    intake.deliver(csv(intake, {"amount": "-12.30"}, {"amount": "5.00"}, {"amount": "0"}))

    intake.take()

    assert intake.rows(KINDS) == [
        ("t0", "purchase", 1230),
        ("t1", "refund", 500),
        ("t2", "check", 0),
    ]


def test_a_credit_may_be_the_negative_one(intake: Any) -> None:
    intake.spell(amount={"sign": "credit_negative"})
    intake.deliver(csv(intake, {"amount": "-12.30"}, {"amount": "5.00"}, {"amount": "0"}))

    intake.take()

    assert intake.rows(KINDS) == [("t0", "refund", 1230), ("t1", "purchase", 500)]
    [(row, reason, detail)] = intake.rows(REJECTED)
    assert (row, reason) == (3, "amount_not_positive")
    assert "allow_zero_amount" in detail


def test_a_negative_amount_without_a_declared_sign_says_which_key_reads_it(intake: Any) -> None:
    intake.deliver(csv(intake, {"amount": "-12.30"}, *({} for _ in range(30))))

    intake.take()

    [(row, reason, detail)] = intake.rows(REJECTED)
    assert (row, reason) == (1, "amount_not_positive")
    assert "sign" in detail


def test_a_stated_kind_may_contradict_neither_vocabulary_nor_sign(intake: Any) -> None:
    intake.spell(kind={"column": "kind"}, amount={"sign": "credit_negative"})
    rows = [("refund", "-1"), ("purchase", "-1"), ("Refund", "-1"), ("check", "0"), ("", "-1")]
    intake.deliver(
        csv(intake, *({"kind": kind, "amount": amount} for kind, amount in rows), kind="kind")
    )
    intake.change(tolerated_bad_share=0.5)

    intake.take()

    assert intake.rows(KINDS) == [("t0", "refund", 100), ("t3", "check", 0), ("t4", "refund", 100)]
    assert [row[:2] for row in intake.rows(REJECTED)] == [
        (2, "kind_against_sign"),
        (3, "unknown_kind"),
    ]


def test_a_purchase_has_the_digest_of_before_there_were_kinds(intake: Any) -> None:
    intake.spell(kind={"column": "kind"})
    intake.deliver(csv(intake, {"kind": "purchase"}, {"kind": "refund"}, kind="kind"))
    intake.take()

    old = (
        "sha256(record_send(row(transaction_id, customer_id, merchant_id, occurred_at, "
        "amount_minor, currency_code, transaction_type, card_bin, ip_address, device_id, "
        "location_code, channel, transaction_category, customer_segments, merchant_risk_score, "
        "card_risk_score, customer_risk_score, is_velocity_alert, is_location_alert, "
        "is_device_alert, is_high_value)))"
    )
    assert intake.rows(
        f"select kind, versions.content_digest = {old} from raw.transactions "
        "join raw.transaction_versions as versions using (transaction_id, version, customer_id, "
        "occurred_at, known_at, delivery_seq, is_history) order by 1"
    ) == [("purchase", True), ("refund", False)]


def test_a_row_that_turns_out_to_be_a_refund_is_a_correction(intake: Any) -> None:
    intake.spell(kind={"column": "kind"})
    intake.deliver(csv(intake, {"kind": "purchase"}, kind="kind"), "a.csv")
    intake.take()
    intake.deliver(csv(intake, {"kind": "refund"}, kind="kind"), "b.csv")
    intake.take()

    assert intake.rows(KINDS) == [("t0", "purchase", 1250), ("t0", "refund", 1250)]
