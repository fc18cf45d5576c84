"""Decide customer nights: a run's model and the night before give each customer's segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Codes, Columns, Flags, Matrix
from features.platform.settings import Settings
from scoring.decider import Domain, ModelDecider, Scores
from scoring.models.feature_columns import matrix_of
from scoring.models.guarded_model import GuardedModel
from scoring.runs import record
from scoring.segments import what_if
from scoring.segments.assignment import NONE, Night, State, move_reasons, words_of
from scoring.segments.inputs import INPUT_TYPES, KEYS, input_columns, source, state_of
from scoring.segments.job import JOB, PREVIOUS
from scoring.segments.levels import LEVELS
from scoring.segments.model import joined


class SegmentDecider(ModelDecider):
    """The model that assigns the customers of a run; a row without it has a status instead."""

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        merchants = columns["merchant_id"].dictionary_encode()
        codes = self.explainer.codes(merchants.dictionary.to_pylist())
        places = merchants.indices.to_numpy(zero_copy_only=False)
        return joined(matrix_of(columns, names), codes[places], state_of(columns))

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:  # noqa: ARG002
        return self.model.score(matrix)

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        rows, before = len(columns["version"]), state_of(columns)
        components = [scores[answer.name] for answer in JOB.answers]
        is_ok = np.all([component.is_ok for component in components], axis=0)
        status = _first_failure([component.status for component in components])
        indexes = {
            answer.name: np.where(is_ok, scores[answer.name].values, NONE).astype(np.int64)
            for answer in JOB.answers
            if answer.levels
        }
        nights_off = _nights_off(indexes, before, is_ok)
        reasons = _reasons(columns, indexes["segment"], before, self._version)
        return pa.table(
            {
                **{name: columns[name] for name in (*KEYS, "revision", *PREVIOUS)},
                "run_id": pa.repeat(str(self.run.run_id), rows),
                "segment_status": pa.array(status.astype(str)),
                **{
                    name: pa.array(words_of(codes, is_ok), pa.string())
                    for name, codes in indexes.items()
                },
                "segment_name": pa.array(self._names(matrix, indexes["segment"]), pa.string()),
                **{
                    name: pa.array(scores[name].values, mask=~is_ok)
                    for name in ("own_distance", "runner_up_distance")
                },
                "nights_off": pa.array(nights_off, pa.int32()),
                "move_reason": pa.array(reasons, pa.string(), mask=~is_ok),
                "is_degraded": pa.array(~is_ok),
                "feature_view": pa.repeat(self.run.feature_view, rows),
                "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
                "model_version": pa.repeat(self._version, rows),
                "policy_version": pa.repeat(self.run.policy_version, rows),
            }
        )

    def lines(self, rows: pa.Table) -> list[str]:
        """Return the least changes that would move the customer."""
        columns, matrix = self._inputs(rows)
        scores = self._scores(columns, matrix)
        segments = self.explainer.part(columns["merchant_id"][0].as_py())
        held = int(scores["segment"].values[0])
        steps = what_if.changes(segments, matrix[0, : len(self.explainer.features)], held)
        found = [f"{step.words}: {_named(segments.names, step.segment)}" for step in steps]
        return ["It would move after", *(f"  {line}" for line in found)] if found else []

    @property
    def _version(self) -> str:
        return str(self.run.models[JOB.slot.role].get("version", ""))

    def _names(self, matrix: Matrix, segments: Codes) -> list[str | None]:
        if self.explainer is None:
            return [None] * len(segments)
        table = np.array([[*names, None] for names in self.explainer.names_], dtype=object)
        codes = matrix[:, len(self.explainer.features)].astype(np.int64)
        names: list[str | None] = table[codes, segments].tolist()  # NONE is the last: no name
        return names


def _first_failure(statuses: Sequence[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Return the status of each row: ok, or the first failure of its answers."""
    joint = statuses[0].copy()
    for status in statuses[1:]:
        joint = np.where(joint == "ok", status, joint)
    return joint


def _nights_off(indexes: dict[str, Codes], before: State, is_ok: Flags) -> Codes:
    """Return the nights in a row with another nearest segment; a failed row keeps its count."""
    differs = indexes["segment"] != indexes["nearest"]
    counted = np.where(differs, before.nights_off + 1, 0)
    kept: Codes = np.where(is_ok, counted, before.nights_off)
    return kept


def _reasons(columns: Columns, segment: Codes, before: State, version: str) -> list[str | None]:
    earlier = columns["previous_model_version"]
    recency = columns["recency_days"].to_numpy(zero_copy_only=False)
    had_segment = pc.fill_null(columns["had_segment"], False).to_numpy(zero_copy_only=False)
    night = Night(
        recency_days=np.where(np.isnan(recency), np.inf, recency),
        has_earlier=had_segment,
        is_stale=before.segment == NONE,
        is_refitted=pc.fill_null(pc.not_equal(earlier, version), False).to_numpy(
            zero_copy_only=False
        ),
    )
    return move_reasons(segment, before, night)


def _named(names: Sequence[str], segment: int) -> str:
    return f"{LEVELS[segment]}, {names[segment]}"


def decider_of(run: record.Run, model: Any, settings: Settings) -> SegmentDecider:  # noqa: ANN401
    """Return the decider of a run with a model; without a model every row is degraded."""
    guarded = GuardedModel(model, settings.model_timeout_seconds, JOB.answers)
    return SegmentDecider(run, guarded, model)


DOMAIN = Domain(INPUT_TYPES, input_columns, source, decider_of)
