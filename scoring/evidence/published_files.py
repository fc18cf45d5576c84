"""Compares the files of a published run in the object store with its row in `decisions.runs`.

A reader of the files trusts the manifest. So names, digests and counts of the manifest are compared
with `decisions.runs`, and the digest is taken of the present bytes.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from features.platform.object_names import UnsafeNameError
from features.platform.objects import ObjectStore

MANIFEST = "manifest.json"
_BLOCK = 1 << 20
_NAMES_A_FILE = {"object_name", "sha256", "rows"}


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of an inspection: the row count of the file's footer, and the faults."""

    rows: int
    faults: tuple[str, ...]


def manifest_name(parquet: Mapping[str, Any]) -> str:
    """Return the name of a published file's manifest."""
    return str(PurePosixPath(parquet["object_name"]).with_name(MANIFEST))


def listed(folder: str, store: ObjectStore) -> frozenset[str]:
    """Return the names of the manifests in a folder of `published/`."""
    objects = store.list(f"published/{folder}/")
    return frozenset(info.name for info in objects if info.name.endswith(f"/{MANIFEST}"))


def claims(
    run_id: UUID, parquet: Mapping[str, Any], seal: Mapping[str, Any] | None
) -> dict[str, object]:
    """Return a manifest's content: its file, its ledger rows, and its place in the chain."""
    of_file = {
        "run_id": str(run_id),
        "file": PurePosixPath(parquet["object_name"]).name,
        "sha256": parquet["sha256"],
        "rows": parquet["rows"],
    }
    # a run from before the seals has neither
    return of_file | ({"digests": parquet.get("digests"), "seal": seal} if seal else {})


def inspect(
    run_id: UUID,
    parquet: Mapping[str, Any],
    seal: Mapping[str, Any] | None,
    store: ObjectStore | None,
    *,
    is_read: bool = True,
) -> Inspection:
    """Inspect the file and the manifest of a published run.

    Args:
        run_id: the run.
        parquet: object name, SHA-256 and rows, from `decisions.runs`.
        seal: the run's place in the chain, from `decisions.runs`.
        store: the object store of the published files; without it the rows are those counted at the
            file's writing.
        is_read: read the file's bytes; otherwise only the manifest.
    """
    if not (isinstance(parquet, dict) and parquet.keys() >= _NAMES_A_FILE):
        return Inspection(0, ("decisions.runs names no file of it any more: see its seal",))
    if store is None:
        return Inspection(parquet["rows"], ())
    name = str(parquet["object_name"])
    try:
        manifest = _manifest_faults(claims(run_id, parquet, seal), manifest_name(parquet), store)
    except UnsafeNameError:
        return Inspection(0, (f"decisions.runs names a file outside of the store: {name!a}",))
    if not is_read:
        gone = () if store.exists(name) else (_gone(name),)
        return Inspection(parquet["rows"], (*manifest, *gone))
    # copied once: the digest needs every byte, and the footer needs a seekable file
    with tempfile.TemporaryFile(prefix="vesper-closure-") as copy:
        try:
            digest = _copied(store, name, copy)
        except FileNotFoundError:
            return Inspection(0, (*manifest, _gone(name)))
        rows, footer = _footer(copy, name)
    altered = () if digest == parquet["sha256"] else (_altered(name, digest, parquet["sha256"]),)
    return Inspection(rows, (*manifest, *altered, *footer))


def _manifest_faults(
    expected: Mapping[str, object], name: str, store: ObjectStore
) -> tuple[str, ...]:
    try:
        with store.open(name) as handle:
            manifest = json.loads(handle.read())
    except FileNotFoundError:
        return (f"{name} is missing: maintain_warehouse writes it",)
    except ValueError:
        return (f"{name} is no JSON: delete it, and maintain_warehouse writes it again",)
    stated = manifest if isinstance(manifest, dict) else {}
    wrong = [key for key, value in expected.items() if stated.get(key) != value]
    if not wrong:
        return ()
    fault = f"{name} says another {', '.join(wrong)} than the run"
    if {"seal", "digests"} & set(wrong):
        return (f"{fault}: it, or the register and its seals were rewritten; keep it as evidence",)
    return (f"{fault}: delete it, and maintain_warehouse writes it again",)


def _gone(name: str) -> str:
    return f"{name} is gone: restore it; the ledger still holds its decisions"


def _copied(store: ObjectStore, name: str, copy: IO[bytes]) -> str:
    """Copy an object into a file, by blocks; return its SHA-256."""
    digest = hashlib.sha256()
    with store.open(name) as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    copy.seek(0)
    return digest.hexdigest()


def _footer(copy: IO[bytes], name: str) -> tuple[int, tuple[str, ...]]:
    try:
        return int(pq.read_metadata(copy).num_rows), ()
    except (pa.ArrowInvalid, OSError):
        return 0, (f"{name} is no Parquet file any more",)


def _altered(name: str, digest: str, published: str) -> str:
    return (
        f"{name} was altered: its SHA-256 is {digest[:12]}…, published was {published[:12]}…; "
        "restore it, the ledger still holds its decisions"
    )
