"""What is measured, and the bars: every one a ratio within one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from tests.bench import sides
from tests.bench.sides import Measured
from tests.bench.traffic import Traffic
from tests.bench.world import Bench

SMALL, MEDIUM, LARGE, HUGE = 20_000, 100_000, 1_000_000, 5_000_000
MAX_PEAK_MIB = 1.2 * 1024
Results = dict[str, Measured]
Tell = Callable[[str, Measured], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One bar."""

    name: str
    value: float
    bar: float | None
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether the bar is reached."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.at_most else self.value >= self.bar


@dataclass(frozen=True, slots=True)
class Part:
    """Measurements that are taken together, and what they are held against."""

    name: str
    about: str
    measure: Callable[[Bench, Tell], Results]
    judge: Callable[[Mapping[str, Measured]], list[Check]]


def _pairs(wanted: Traffic, rounds: int) -> Callable[[Bench, Tell], Results]:
    """Measure ours and the floor by turns."""

    def measure(bench: Bench, tell: Tell) -> Results:
        found: Results = {}
        for number in range(1, rounds + 1):
            for side in ("ours", "floor"):
                done = (
                    sides.ours(bench, wanted, keep_for_floor=True)
                    if side == "ours"
                    else sides.floor(bench, wanted)
                )
                found[f"{side} {number}"] = done
                tell(f"{side} {number}", done)
        return found

    return measure


def _of(found: Mapping[str, Measured], side: str) -> list[Measured]:
    return [done for name, done in found.items() if name.split()[0] == side]


def _ratio(found: Mapping[str, Measured], parts: tuple[str, ...] | None = None) -> float:
    """Return the floor's seconds over ours: 0.5 is half as fast; medians of the rounds."""

    def seconds(side: str) -> float:
        return median(
            sum(map(done.part, parts)) if parts else done.total for done in _of(found, side)
        )

    return seconds("floor") / seconds("ours")


def _throughput_checks(
    prefix: str, *, has_bars: bool = True
) -> Callable[[Mapping[str, Measured]], list[Check]]:
    """Return the checks against the floor; the bars are stated for hours with a day before them."""

    def judge(found: Mapping[str, Measured]) -> list[Check]:
        reference = median(done.seconds["reference"] for done in _of(found, "floor"))
        build = median(done.part("build") for done in _of(found, "floor"))
        peak = max(done.peak_mib for done in _of(found, "ours"))
        checks = [
            Check(f"bench.{prefix}.of_floor", _ratio(found), 0.5),
            Check(f"bench.{prefix}.ingest_of_floor", _ratio(found, ("ingest",)), 0.4),
            Check(f"bench.{prefix}.score_of_floor", _ratio(found, ("score", "publish")), 0.6),
            Check(f"bench.{prefix}.features_of_reference", reference / build, 0.25),
            Check(f"bench.{prefix}.peak_mib", peak, MAX_PEAK_MIB, at_most=True),
        ]
        return checks if has_bars else [replace(check, bar=None) for check in checks]

    return judge


def _sizes(*wanted: Traffic) -> Callable[[Bench, Tell], Results]:
    """Measure ours at several sizes or histories, by the rows and the days."""

    def measure(bench: Bench, tell: Tell) -> Results:
        found: Results = {}
        for one in wanted:
            name = f"ours {one.rows} {one.history_days} {one.bad_share:g}"
            found[name] = sides.ours(bench, one)
            tell(name, found[name])
        return found

    return measure


def _linear(name: str, bar: float) -> Callable[[Mapping[str, Measured]], list[Check]]:
    def judge(found: Mapping[str, Measured]) -> list[Check]:
        fewer, more = list(found.values())
        peak = max(fewer.peak_mib, more.peak_mib)
        return [
            Check(f"bench.{name}.of_100k", more.rate / fewer.rate, bar),
            Check(f"bench.{name}.peak_mib", peak, MAX_PEAK_MIB, at_most=True),
        ]

    return judge


def _flat(found: Mapping[str, Measured]) -> list[Check]:
    shorter, longer = list(found.values())
    return [Check("bench.flat.70_days_of_35", longer.total / shorter.total, 1.15, at_most=True)]


def _bad_rows(found: Mapping[str, Measured]) -> list[Check]:
    good, bad = list(found.values())
    ratio = bad.seconds["ingest"] / good.seconds["ingest"]
    return [Check("bench.bad_rows.ingest", ratio, 1.10, at_most=True)]


def _peer(wanted: Traffic) -> Callable[[Bench, Tell], Results]:
    def measure(bench: Bench, tell: Tell) -> Results:
        found: Results = {}
        for one in (wanted, replace(wanted, history_days=0)):
            for side, run in (("ours", sides.ours), ("pandas", sides.pandas_pipeline)):
                name = f"{side} {one.history_days}"
                found[name] = run(bench, one)
                tell(name, found[name])
        return found

    return measure


def _peer_checks(found: Mapping[str, Measured]) -> list[Check]:
    return [
        Check("bench.peer.after_a_day", found["ours 1"].rate / found["pandas 1"].rate, 10.0),
        Check("bench.peer.without_history", found["ours 0"].rate / found["pandas 0"].rate, 2.0),
    ]


DAY_OF_LARGE = Traffic(LARGE, history_days=1)
DAY_OF_MEDIUM = Traffic(MEDIUM, history_days=1)

QUICK = Part(
    "quick",
    "100,000 rows without history, ours and the floor",
    _pairs(Traffic(MEDIUM), 1),
    _throughput_checks("quick", has_bars=False),
)
PARTS = (
    Part(
        "throughput_100k",
        "100,000 rows after a day of 2.4 M, three rounds by turns",
        _pairs(DAY_OF_MEDIUM, 3),
        _throughput_checks("throughput_100k"),
    ),
    Part(
        "throughput_1m",
        "1,000,000 rows after a day of 24 M, three rounds by turns",
        _pairs(DAY_OF_LARGE, 3),
        _throughput_checks("throughput_1m"),
    ),
    Part(
        "linear_1m",
        "100,000 and 1,000,000 rows without history",
        _sizes(Traffic(MEDIUM), Traffic(LARGE)),
        _linear("linear_1m", 0.85),
    ),
    Part(
        "linear_5m",
        "100,000 and 5,000,000 rows without history",
        _sizes(Traffic(MEDIUM), Traffic(HUGE)),
        _linear("linear_5m", 0.8),
    ),
    Part(
        "flat",
        "20,000 rows after 35 days and after 70 days",
        _sizes(Traffic(SMALL, history_days=35), Traffic(SMALL, history_days=70)),
        _flat,
    ),
    Part(
        "peer",
        "100,000 rows against a pandas script, after a day and without history",
        _peer(DAY_OF_MEDIUM),
        _peer_checks,
    ),
    Part(
        "bad_rows",
        "100,000 rows, all good and one in a hundred bad",
        _sizes(Traffic(MEDIUM), Traffic(MEDIUM, bad_share=0.01)),
        _bad_rows,
    ),
    Part(
        "skewed",
        "100,000 rows after a day, one customer in a hundred with three rows of ten",
        _pairs(Traffic(MEDIUM, history_days=1, is_skewed=True), 1),
        lambda found: [Check("bench.skewed.of_floor", _ratio(found), None)],
    ),
)
