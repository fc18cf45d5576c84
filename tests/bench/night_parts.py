"""Define the measurements of nights of customers and of series, and their bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median

from tests.bench import night_sides, night_templates
from tests.bench.checks import Check, Part, Results, Tell
from tests.bench.nights import Night
from tests.bench.shops import Shops
from tests.bench.sides import Measured
from tests.bench.stores import Stores
from tests.bench.world import Bench

MAX_PEAK_MIB = 2 * 1024
MAX_NIGHT_SECONDS, MAX_REFIT_SECONDS = 5 * 60, 15 * 60
ONE_YEAR, TWO_YEARS = 365, 730


def _pairs(wanted: Night, *, with_refit: bool = False) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product and the floor in turns."""

    def measure(bench: Bench, tell: Tell, rounds: int) -> Results:
        found: Results = {}
        for number in bench.rounds(rounds):
            for side, done in (
                (
                    "ours",
                    night_sides.ours(bench, wanted, keep_for_floor=True, with_refit=with_refit),
                ),
                ("floor", night_sides.floor(bench, wanted)),
            ):
                found[f"{side} {number}"] = done
                tell(f"{side} {number}", done)
        return found

    return measure


def _by_turns(**wanted: Night) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product on several histories in turns, each under its name."""

    def measure(bench: Bench, tell: Tell, rounds: int) -> Results:
        found: Results = {}
        for number in bench.rounds(rounds):
            for name, history in wanted.items():
                found[f"{name} {number}"] = night_sides.ours(bench, history)
                tell(f"{name} {number}", found[f"{name} {number}"])
        return found

    return measure


def _total(found: Mapping[str, Measured], side: str) -> float:
    return median(done.total for name, done in found.items() if name.split()[0] == side)


def _night(name: str, *, has_bars: bool) -> Callable[[Mapping[str, Measured]], list[Check]]:
    """Return the checks of a night; the name of its part is a kind and a suffix."""
    kind, _, suffix = name.partition("_")
    suffix = f".{suffix}" if suffix else ""

    def judge(found: Mapping[str, Measured]) -> list[Check]:
        sides = [done for side, done in found.items() if side.startswith("ours")]
        subjects = max(done.rows for done in found.values())
        ours = _total(found, "ours")
        checks = [
            Check(f"bench.{kind}_vs_floor{suffix}", _total(found, "floor") / ours, None),
            Check(f"bench.{kind}_per_second{suffix}", subjects / ours, None),
            Check(
                f"bench.{kind}_peak_rss_mib{suffix}",
                max(done.peak_mib for done in sides),
                MAX_PEAK_MIB,
                at_most=True,
            ),
        ]
        if refits := [done.seconds["refit"] for done in sides if "refit" in done.seconds]:
            checks += [
                Check(f"bench.{kind}_seconds{suffix}", ours, MAX_NIGHT_SECONDS, at_most=True),
                Check(
                    f"bench.{kind}_refit_seconds{suffix}",
                    median(refits),
                    MAX_REFIT_SECONDS,
                    at_most=True,
                ),
            ]
        return checks if has_bars else [replace(check, bar=None) for check in checks]

    return judge


def _flat(found: Mapping[str, Measured]) -> list[Check]:
    ratio = _total(found, "two_years") / _total(found, "one_year")
    return [Check("bench.customers_history_ratio", ratio, 1.15, at_most=True)]


def _part(name: str, wanted: Night, *, rounds: int, about: str, has_bars: bool = True) -> Part:
    return Part(
        name,
        f"{wanted.subjects:,} {about}",
        # the template of a night with its own month ends has fitted on them before
        _pairs(wanted, with_refit=wanted.month_ends > 0 and wanted != wanted.training),
        _night(name, has_bars=has_bars),
        (wanted,),
        rounds=rounds,
        template=night_templates.template,
    )


def _customers(name: str, wanted: Shops, *, has_bars: bool = True) -> Part:
    lines = wanted.most_rows * wanted.history_days
    about = f"customers with {lines:,} lines of a year, segments and values"
    return _part(name, wanted, rounds=1, about=about, has_bars=has_bars)


def _demand(name: str, wanted: Stores, *, has_bars: bool = True) -> Part:
    about = f"series after {wanted.history_days:,} days of sales and stock, forecasts and plans"
    return _part(name, wanted, rounds=1, about=about, has_bars=has_bars)


QUICK = Shops(20_000, ONE_YEAR)
SHORT, LONG = Shops(50_000, ONE_YEAR), Shops(50_000, TWO_YEARS)
PARTS = (
    _customers("customers_quick", QUICK, has_bars=False),
    Part(
        "customers_flat",
        f"a night of {SHORT.subjects:,} customers after one year of sales and after two",
        _by_turns(one_year=SHORT, two_years=LONG),
        _flat,
        (SHORT, LONG),
        rounds=3,
        template=night_templates.template,
    ),
    _customers("customers", Shops(1_000_000, ONE_YEAR)),
    _demand("demand_quick", Stores(500, ONE_YEAR, month_ends=6), has_bars=False),
    _demand("demand", Stores(10_000, TWO_YEARS, month_ends=21)),
)
