"""A draw depends on the subject and the salt alone, and is as large as it says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from scoring.decision import draws

IDS = st.lists(st.text(max_size=40), min_size=1, max_size=60)
FIXED = [16193190475834472801, 10703732901071879591, 13212396896895300435, 16009749702175634091]
SHARES = st.floats(min_value=0, max_value=1)


@given(IDS, st.text(max_size=10), SHARES, st.randoms())
def test_a_subject_is_drawn_whatever_rows_stand_beside_it(
    ids: list[str], salt: str, share: float, order: np.random.RandomState
) -> None:
    together = dict(zip(ids, draws.is_drawn(pa.array(ids), salt, share), strict=True))
    shuffled = list(ids)
    order.shuffle(shuffled)

    again = draws.is_drawn(pa.chunked_array([shuffled[:1], shuffled[1:]], pa.string()), salt, share)

    assert [together[each] for each in shuffled] == list(again)
    alone = draws.is_drawn(pa.array(ids).slice(len(ids) - 1), salt, share)
    assert list(alone) == [together[ids[-1]]]


@given(IDS, st.text(max_size=10), SHARES, SHARES)
def test_a_larger_share_draws_the_same_subjects_and_more(
    ids: list[str], salt: str, one: float, other: float
) -> None:
    small, large = (draws.is_drawn(pa.array(ids), salt, each) for each in sorted((one, other)))

    assert not (small & ~large).any()


@given(st.text(max_size=10), st.sampled_from([0.01, 0.1, 0.5]), st.sampled_from(["{}", "c{:07}"]))
def test_a_share_of_many_subjects_is_drawn_within_chance(
    salt: str, share: float, form: str
) -> None:
    rows = 20_000
    ids = pa.array([form.format(number) for number in range(rows)])

    drawn = draws.is_drawn(ids, salt, share).mean()

    assert abs(drawn - share) < 6 * np.sqrt(share * (1 - share) / rows)


def test_a_draw_is_the_same_for_ever() -> None:
    ids = pa.array(["", "c1", "café", "customer 0001"])

    assert draws.hashes(ids, "winter").tolist() == FIXED
