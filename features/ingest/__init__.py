"""Ingest files from outside into the raw tables: receive, check, then hold or admit atomically."""

from __future__ import annotations

from features.ingest.admit import admit
from features.ingest.deliveries import discard, hold, release
from features.ingest.receipts import AdmitReceipt, DeliveryReceipt
from features.ingest.receive import receive
from features.ingest.refusals import HistoryRefusedError
from features.ingest.run import admit_all, ingest_all, receive_all

__all__ = [
    "AdmitReceipt",
    "DeliveryReceipt",
    "HistoryRefusedError",
    "admit",
    "admit_all",
    "discard",
    "hold",
    "ingest_all",
    "receive",
    "receive_all",
    "release",
]
