"""Sample formats that only the readers of ingest know: Excel workbooks and Avro.

A description with a digest of the row reads all columns of a file, whatever their names are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from features.ingest.checks import Rules
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.reasons import HeldError
from features.ingest.whole_file import Tally
from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.tryout.check import Place, reading
from features.tryout.samples import MOST_ROWS, Sample, shown, texts_of

_ANY = """\
description: Any file.
maturity_days: 0
feeds:
  transactions:
    formats: [{kind}]
    columns:
      transaction_id: {{generate: content_hash}}
      customer_id: {{constant: any}}
      merchant_id: {{constant: any}}
      timestamp: {{constant: "2025-01-01T00:00:00Z"}}
      amount: {{constant: "1"}}
      currency: {{constant: EUR}}
"""


def reader_sample(path: Path, kind: str) -> Sample:
    """Return the first rows of a file as the reader of its format gives them.

    Raises:
        ConfigurationError: ingest cannot read the file.
    """
    with TemporaryDirectory(prefix="sample-") as folder:
        description = Path(folder) / "any.yaml"
        description.write_text(_ANY.format(kind=kind))
        feed = descriptions.load(str(description)).feeds["transactions"]
    rules = Rules(feed, (), datetime.now(UTC), DEFAULT, path.name)
    parts: dict[str, list[pa.Array]] = {}
    rows, is_whole = 0, True
    try:
        with reading(Place(path), rules, Header(), Tally()) as chunks:
            for chunk, _, _ in chunks:
                for name, column in chunk.columns.items():
                    parts.setdefault(name, []).append(column)
                rows += len(chunk.row_numbers)
                if rows >= MOST_ROWS:
                    is_whole = False
                    break
    except HeldError as error:
        raise ConfigurationError(f"{shown(path)} cannot be sampled: {error}") from None
    columns = {name: texts_of(_plain(column)) for name, column in parts.items()}
    return Sample(path.name, kind, columns, rows, is_whole)


def _plain(parts: list[pa.Array]) -> list[str]:
    values = pa.chunked_array(parts).to_pylist()
    return ["" if value is None else str(value) for value in values]
