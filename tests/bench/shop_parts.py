"""Define the measurements of a night of customers and their bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median

from tests.bench import shop_sides
from tests.bench.checks import Check, Part, Results, Tell
from tests.bench.shops import Shops
from tests.bench.sides import Measured
from tests.bench.world import Bench

MAX_PEAK_MIB = 2 * 1024
ONE_YEAR, TWO_YEARS = 365, 730


def _pairs(wanted: Shops) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product and the floor in turns."""

    def measure(bench: Bench, tell: Tell, rounds: int) -> Results:
        found: Results = {}
        for number in bench.rounds(rounds):
            for side, done in (
                ("ours", shop_sides.ours(bench, wanted, keep_for_floor=True)),
                ("floor", shop_sides.floor(bench, wanted)),
            ):
                found[f"{side} {number}"] = done
                tell(f"{side} {number}", done)
        return found

    return measure


def _by_turns(**wanted: Shops) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product on several histories in turns, each under its name."""

    def measure(bench: Bench, tell: Tell, rounds: int) -> Results:
        found: Results = {}
        for number in bench.rounds(rounds):
            for name, history in wanted.items():
                found[f"{name} {number}"] = shop_sides.ours(bench, history)
                tell(f"{name} {number}", found[f"{name} {number}"])
        return found

    return measure


def _total(found: Mapping[str, Measured], side: str) -> float:
    return median(done.total for name, done in found.items() if name.split()[0] == side)


def _night(suffix: str, *, has_bars: bool) -> Callable[[Mapping[str, Measured]], list[Check]]:
    def judge(found: Mapping[str, Measured]) -> list[Check]:
        peak = max(done.peak_mib for name, done in found.items() if name.startswith("ours"))
        customers = max(done.rows for done in found.values())
        ours = _total(found, "ours")
        checks = [
            Check(f"bench.customers_vs_floor{suffix}", _total(found, "floor") / ours, None),
            Check(f"bench.customers_per_second{suffix}", customers / ours, None),
            Check(f"bench.customers_peak_rss_mib{suffix}", peak, MAX_PEAK_MIB, at_most=True),
        ]
        return checks if has_bars else [replace(check, bar=None) for check in checks]

    return judge


def _flat(found: Mapping[str, Measured]) -> list[Check]:
    ratio = _total(found, "two_years") / _total(found, "one_year")
    return [Check("bench.customers_history_ratio", ratio, 1.15, at_most=True)]


def _part(name: str, wanted: Shops, *, rounds: int, has_bars: bool = True) -> Part:
    suffix = name.removeprefix("customers").replace("_", ".")
    lines = wanted.rows * wanted.history_days
    return Part(
        name,
        f"{wanted.customers:,} customers with {lines:,} lines of a year, segments and values",
        _pairs(wanted),
        _night(suffix, has_bars=has_bars),
        (wanted,),
        rounds=rounds,
        template=shop_sides.template,
    )


QUICK = Shops(20_000, ONE_YEAR)
SHORT, LONG = Shops(50_000, ONE_YEAR), Shops(50_000, TWO_YEARS)
PARTS = (
    _part("customers_quick", QUICK, rounds=1, has_bars=False),
    Part(
        "customers_flat",
        f"a night of {SHORT.customers:,} customers after one year of sales and after two",
        _by_turns(one_year=SHORT, two_years=LONG),
        _flat,
        (SHORT, LONG),
        rounds=3,
        template=shop_sides.template,
    ),
    _part("customers", Shops(1_000_000, ONE_YEAR), rounds=1),
)
