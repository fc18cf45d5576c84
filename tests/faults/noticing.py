"""Make losses by hand: the suite must notice them, or it proves no property."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.faults import invariants
from tests.faults.cases import Case, Outcome
from tests.faults.deliveries import CARD
from tests.faults.house import House, Stage
from tests.faults.invariants import Verdict
from tests.faults.world import World

FAULT = "self-check"
_DECISIONS = "decisions.transaction_decisions"


def _vanished(world: World) -> None:
    world.execute(f"delete from {_DECISIONS} where transaction_id in ('w2-20', 'w2-21')")


def _decided_twice(world: World) -> None:
    world.execute(
        f"insert into {_DECISIONS} select (jsonb_populate_record(decided, "
        f"jsonb_build_object('revision', 1))).* from {_DECISIONS} as decided "
        "where transaction_id = 'w2-20'"
    )


def _changed(world: World) -> None:
    world.execute(
        f"update {_DECISIONS} set anomaly_score = 0.123456 where transaction_id = 'w2-20'"
    )


def _raw_row_lost(world: World) -> None:
    world.execute("delete from raw.transactions where transaction_id = 'w2-22'")


def _rejected_row_lost(world: World) -> None:
    world.execute("delete from raw.rejected_rows where row_number > 300")


def _manifest_lost(world: World) -> None:
    next(world.objects.rglob("manifest.json")).unlink()


def _password_logged(world: World) -> None:
    (world.folder / "a.log").write_text(f"login failed: {world.house.passwords['score']}")


def _card_shown(world: World) -> None:
    (world.objects / "published" / "page.html").write_text(CARD)


LOSSES: dict[str, tuple[Callable[[World], None], Callable[[Verdict], bool]]] = {
    "two decisions vanish": (_vanished, lambda verdict: verdict.lost == 2),
    "a row is decided twice": (_decided_twice, lambda verdict: verdict.doubled == 1),
    "a decision changes": (_changed, lambda verdict: bool(verdict.problems)),
    "a raw row is lost": (_raw_row_lost, lambda verdict: verdict.lost == 1),
    "a rejected row is lost": (_rejected_row_lost, lambda verdict: verdict.lost > 0),
    "a manifest is lost": (_manifest_lost, lambda verdict: "manifests" in str(verdict.problems)),
    "a log contains a password": (
        _password_logged,
        lambda verdict: "password" in str(verdict.problems),
    ),
    "a page shows a card number": (_card_shown, lambda verdict: "card" in str(verdict.problems)),
}


def notice(
    house: House, spoil: Callable[[World], None], is_noticed: Callable[[Verdict], bool]
) -> Outcome:
    """Spoil a published warehouse by hand, and expect the check to find the loss."""
    outcome = Outcome(faults=0)
    with house.world(Stage.PUBLISHED) as world:
        for is_spoilt in (False, True):
            if is_spoilt:
                spoil(world)
            verdict = invariants.look(world, invariants.usual(), digest=house.reference["digest"])
            verdict.problems += invariants.leaks(world)
            if is_spoilt and not is_noticed(verdict):
                outcome.verdict.problems.append(f"not noticed: {verdict}")
            if not is_spoilt and verdict != Verdict():
                outcome.verdict.problems.append(f"a whole warehouse does not hold: {verdict}")
    outcome.seen = "noticed" if outcome.holds else ""
    return outcome


def cases() -> Iterator[Case]:
    """Yield one case per loss."""
    for place, (spoil, is_noticed) in LOSSES.items():
        run = partial(notice, spoil=spoil, is_noticed=is_noticed)
        yield Case(FAULT, place, "the suite notices", run)
