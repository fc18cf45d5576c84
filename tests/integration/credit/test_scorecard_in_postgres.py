"""The exported scorecard gives the same points in a real Postgres as in Python."""

from __future__ import annotations

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from psycopg import sql

from features.views import APPLICATIONS, Kind
from scoring.credit import scorecard_export
from scoring.credit.scorecard import Scorecard
from tests.conftest import Db

ROWS = 100_000
LEVELS = [feature.levels for feature in APPLICATIONS.features]
NUMBERS = [feature.kind is not Kind.CATEGORY for feature in APPLICATIONS.features]


def draw_rows(rows: int, seed: int) -> np.ndarray:
    """Draw every column of the view from a few shapes, ties and missing values included."""
    draw = np.random.default_rng(seed)
    columns = []
    for position, levels in enumerate(LEVELS):
        shapes = (
            draw.normal(size=rows).round(2),
            draw.lognormal(8, 2, rows),
            draw.poisson(1.5, rows).astype(float),
        )
        column = draw.integers(0, len(levels), rows) if levels else shapes[position % 3]
        columns.append(np.where(draw.random(rows) < 0.15, np.nan, column))
    return np.column_stack(columns)


@pytest.fixture(scope="module")
def card() -> Scorecard:
    matrix = draw_rows(8_000, seed=1)
    known = np.nan_to_num(matrix)
    ranks = known.argsort(axis=0).argsort(axis=0) / len(known) - 0.5
    draw = np.random.default_rng(2)
    risk = ranks @ draw.normal(size=ranks.shape[1]) + draw.normal(size=len(ranks))
    directions = [feature.monotone for feature in APPLICATIONS.features]
    fitted = Scorecard(directions, [len(levels) for levels in LEVELS])
    return fitted.fit(matrix, risk > np.quantile(risk, 0.8))


def on_the_edges(card: Scorecard, matrix: np.ndarray) -> np.ndarray:
    """Put a tenth of the numbers exactly on an edge of a bin, to detect a wrong bound."""
    draw = np.random.default_rng(3)
    moved = matrix.copy()
    for position, bins in enumerate(card.bins_):
        if NUMBERS[position] and len(bins.edges):
            rows = np.flatnonzero(draw.random(len(moved)) < 0.1)
            moved[rows, position] = draw.choice(bins.edges, len(rows))
    return moved


def test_sql_and_python_give_the_same_points_on_100_000_random_rows(
    card: Scorecard, migrated: Db
) -> None:
    matrix = on_the_edges(card, draw_rows(ROWS, seed=4))
    with migrated.superuser() as connection:
        _load(connection, matrix)

        query = scorecard_export.as_sql(card, APPLICATIONS.columns, LEVELS)
        points = connection.execute(
            f"select {query} from rows order by position".encode()
        ).fetchall()

    expected = card.total(matrix)
    assert [row[0] for row in points] == expected.tolist()
    assert len(np.unique(expected)) > 100


def _load(connection: psycopg.Connection[tuple[object, ...]], matrix: np.ndarray) -> None:
    names, types = ["position"], ["integer"]
    arrays = [pa.array(np.arange(len(matrix)))]
    for column, feature in enumerate(APPLICATIONS.features):
        values = pa.array(matrix[:, column], from_pandas=True)
        if feature.levels:
            values = pa.array(feature.levels).take(values.cast(pa.int64()))
        names.append(feature.name)
        types.append("text" if feature.levels else "double precision")
        arrays.append(values)
    connection.execute(
        sql.SQL("create temporary table rows ({})").format(
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in zip(names, types, strict=True)
            )
        )
    )
    text = pa.BufferOutputStream()
    pa_csv.write_csv(pa.table(arrays, names), text, pa_csv.WriteOptions(include_header=False))
    with (
        connection.cursor() as cursor,
        cursor.copy("copy rows from stdin (format csv)") as copy,
    ):
        copy.write(text.getvalue().to_pybytes())
