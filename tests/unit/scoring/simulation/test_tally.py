"""Counts do not depend on how rows are cut into chunks, and each row is counted once."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from scoring.decision.policy import policy
from scoring.fraud.pricing import PRICING
from scoring.simulation import derive
from scoring.simulation.flows import cells_of
from scoring.simulation.tally import BANDS, Chunk, Label, Tally, band_of


def a_chunk(rows: int, seed: int = 1) -> Chunk:
    """Return drawn rows."""
    draw = np.random.default_rng(seed)
    levels = draw.integers(0, 3, (4, rows)).astype(np.int8)
    return Chunk(
        stored=levels[0],
        by_policy=levels[1],
        by_model=levels[2],
        new=levels[3],
        label=draw.integers(0, 5, rows).astype(np.int8),
        amount=draw.integers(1, 10_000, rows).astype(float),
        score=np.where(draw.random(rows) < 0.1, np.nan, draw.random(rows)),
        cluster=draw.integers(0, 512, rows).astype(np.int32),
        day=draw.integers(20_000, 20_040, rows).astype(np.int32),
        rule_hits=draw.random((rows, 3)) < 0.2,
        limit_change=draw.integers(0, 2, rows),
    )


def part(chunk: Chunk, rows: slice) -> Chunk:
    """Return some rows of a chunk."""
    return replace(chunk, **{f.name: getattr(chunk, f.name)[rows] for f in fields(chunk)})


def tally_of(*chunks: Chunk) -> Tally:
    """Return the counts of chunks."""
    tally = Tally(("a", "b", "c"))
    for chunk in chunks:
        tally.add(chunk)
    return tally


def test_chunks_add_up_to_the_whole() -> None:
    chunk = a_chunk(5_000)

    whole = tally_of(chunk)
    cut = tally_of(*(part(chunk, slice(at, at + 700)) for at in range(0, 5_000, 700)))

    for name in ("bands", "money", "clusters", "corners", "hits", "alone"):
        assert np.array_equal(getattr(whole, name), getattr(cut, name)), name
    assert whole.days.keys() == cut.days.keys()
    assert all(np.array_equal(whole.days[day], cut.days[day]) for day in whole.days)
    assert (whole.rows, whole.limits_changed) == (cut.rows, cut.limits_changed)


def test_an_empty_chunk_counts_nothing() -> None:
    assert tally_of(part(a_chunk(10), slice(0, 0))).rows == 0


def test_every_row_is_in_one_cell_with_its_money() -> None:
    chunk = a_chunk(3_000)

    cells = cells_of(tally_of(chunk))

    assert sum(cell.rows for cell in cells) == 3_000
    assert sum(cell.amount_minor for cell in cells) == chunk.amount.sum()
    moved = sum(cell.rows for cell in cells if cell.is_moved)
    assert moved == (chunk.stored != chunk.new).sum()


def test_rules_and_corners_count_what_a_plain_count_counts() -> None:
    chunk = a_chunk(4_000)
    tally = tally_of(chunk)

    rules = derive.rules(tally)
    corners = derive.corners(tally, has_model=True)

    hit = chunk.rule_hits[:, 1]
    alone = hit & (chunk.rule_hits.sum(axis=1) == 1)
    observed = np.isin(chunk.label, [Label.GOOD, Label.BAD])
    bad = chunk.label == Label.BAD
    assert (rules[1].hits, rules[1].alone) == (hit.sum(), alone.sum())
    assert rules[1].precision == (hit & bad).sum() / (hit & observed).sum()
    assert rules[1].recall == (hit & bad).sum() / bad.sum()
    sides = (chunk.stored, chunk.by_policy, chunk.by_model, chunk.new)
    for corner, level in zip(corners, sides, strict=True):
        assert corner.approve == (level == 0).sum()
        assert corner.moved == (level != chunk.stored).sum()


def test_the_review_load_is_compared_with_the_team() -> None:
    chunk = a_chunk(40_000)

    found = derive.reviews(tally_of(chunk), policy.load("2026.12.2"), PRICING)

    assert found is not None
    per_day = np.bincount(chunk.day[chunk.new == 1] - 20_000)
    assert (found.after.most, found.days) == (per_day.max(), 40)
    assert found.after.p95 == np.percentile(per_day, 95)
    assert (found.capacity, found.days_over) == (400, (per_day > 400).sum())
    assert found.after.hours_p95 == found.after.p95 * 5 / 60


def test_bands_keep_the_order_of_scores() -> None:
    scores = np.array([0.0, 1e-9, 0.001, 0.2, 0.5, 0.9, 1.0, np.nan])

    bands = band_of(scores)

    assert list(bands[:-1]) == sorted(bands[:-1])
    assert (bands[0], bands[-2], bands[-1]) == (0, BANDS - 1, BANDS)
