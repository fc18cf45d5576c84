"""Keep what dbt has parsed in memory, for the later builds of one test process.

A process of production builds once, so it reads what an earlier process has parsed. A test process
builds hundreds of times: to read the same file each time takes a third of the time of its builds.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import CompiledNode
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

#: A worker has a few warehouses at once, with and without rebuilds, and projects with a leak.
MOST = 8
#: Options of a build that parsing depends on, or that say where to.
OPTIONS = ("--vars", "--project-dir", "--profiles-dir", "--target-path", "--log-path")
QUIET = ("--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats")

_kept: OrderedDict[tuple[Any, ...], Manifest] = OrderedDict()


class RememberingRunner(dbtRunner):
    """Run dbt; a build takes the manifest of the same files and database."""

    def invoke(self, args: list[str], **options: Any) -> dbtRunnerResult:
        if args[0] == "build" and self.manifest is None:
            self.manifest = self._manifest(dict(pairwise(args)))
        return super().invoke(args, **options)

    def _manifest(self, given: dict[str, str]) -> Manifest | None:
        """Return what dbt parsed, or None if it cannot parse: the build then says why."""
        key = _key(given)
        manifest = _kept.pop(key, None) or _of_another_database(key) or self._parsed(given)
        if manifest is not None:
            _kept[key] = _as_parsed(manifest)
            while len(_kept) > MOST:
                _kept.popitem(last=False)
        return manifest

    def _parsed(self, given: dict[str, str]) -> Manifest | None:
        options = [word for name in OPTIONS for word in (name, given[name])]
        outcome = super().invoke(["parse", *options, *QUIET, "--no-write-json"])
        return outcome.result if isinstance(outcome.result, Manifest) else None


def _key(given: dict[str, str]) -> tuple[Any, ...]:
    profile = json.loads(Path(given["--profiles-dir"], "profiles.yml").read_text())
    database = profile["vesper"]["outputs"]["warehouse"]["dbname"]
    # the other variables are read where dbt compiles, not where it parses
    is_rebuild = "rebuild" in json.loads(given["--vars"])
    return database, is_rebuild, *_state(Path(given["--project-dir"]))


def _state(project: Path) -> Sequence[tuple[str, int, int]]:
    """Return the files of a project with their times and sizes."""
    files = sorted(path for path in project.rglob("*") if path.suffix in {".sql", ".yml", ".csv"})
    return [(str(path), (at := path.stat()).st_mtime_ns, at.st_size) for path in files]


def _of_another_database(key: tuple[Any, ...]) -> Manifest | None:
    """Return what dbt parsed of the same files for another database, moved."""
    database, *others = key
    for (its_database, *its_others), manifest in _kept.items():
        if its_others == others:
            return _moved(manifest, its_database, database)
    return None


def _moved(manifest: Manifest, before: str, database: str) -> Manifest:
    """Return a copy whose relations are those of a database: all else is the same for each."""
    packed = manifest.to_msgpack(extended_mashumaro_encoder)
    moved: Manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    for node in (*moved.nodes.values(), *moved.sources.values()):
        if node.database == before:
            node.database = database
            name = node.relation_name
            node.relation_name = name and name.replace(f'"{before}".', f'"{database}".', 1)
    moved.build_flat_graph()
    return moved


def _as_parsed(manifest: Manifest) -> Manifest:
    """Remove what an earlier build compiled: its SQL may depend on the rows of its warehouse."""
    for node in manifest.nodes.values():
        if isinstance(node, CompiledNode):
            node.compiled, node.compiled_code = False, None
            node.extra_ctes, node.extra_ctes_injected, node._pre_injected_sql = [], False, None
    return manifest
