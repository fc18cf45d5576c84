"""Write a skops file again so that equal models have equal bytes. Pure.

skops names each part after its address in memory, and a ZIP archive holds the moment of writing. So
two files of the same model differ, and a digest could not show that the same data and code give the
same model. Here parts are numbered in the order in which the file mentions them.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

SCHEMA = "schema.json"
#: The first moment that a ZIP archive can hold.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ID, _FILE = "__id__", "file"


def rewrite(path: Path) -> None:
    """Replace a skops file, which loads as the same model, by its canonical form.

    Args:
        path: of a file that skops has just written.
    """
    with zipfile.ZipFile(path) as archive:
        schema = json.loads(archive.read(SCHEMA))
        parts = {name: archive.read(name) for name in archive.namelist() if name != SCHEMA}
        compression = archive.infolist()[0].compress_type
    names: dict[str, str] = {}
    canonical = _numbered(schema, {}, names)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, new_name in names.items():
            archive.writestr(_entry(new_name, compression), parts[name])
        archive.writestr(_entry(SCHEMA, compression), json.dumps(canonical, indent=2))


def _numbered(node: Any, ids: dict[int, int], names: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Return a part of the schema with numbers instead of addresses, and note the names.

    Args:
        node: of the schema.
        ids: the number of each address; grows.
        names: the new name of each file; grows.
    """
    if isinstance(node, list):
        return [_numbered(each, ids, names) for each in node]
    if not isinstance(node, dict):
        return node
    numbered: dict[str, Any] = {}
    for key, value in node.items():
        if key == _ID and isinstance(value, int):
            numbered[key] = ids.setdefault(value, len(ids) + 1)
        elif key == _FILE and isinstance(value, str):
            numbered[key] = names.setdefault(value, f"{len(names) + 1}{Path(value).suffix}")
        else:
            numbered[key] = _numbered(value, ids, names)
    return numbered


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compression
    return entry
