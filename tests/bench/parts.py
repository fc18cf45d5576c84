"""Define the measurements and their bars; every bar is a ratio within one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median

from tests.bench import in_airflow, night_parts, sides
from tests.bench.checks import Check, Part, Results, Tell
from tests.bench.sides import Measured
from tests.bench.traffic import Traffic
from tests.bench.world import Bench

SMALL, MEDIUM, HALF, LARGE, HUGE = 20_000, 100_000, 500_000, 1_000_000, 5_000_000
MAX_PEAK_MIB = 1.2 * 1024


def _pairs(wanted: Traffic) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product and the floor in turns."""

    def measure(bench: Bench, tell: Tell, rounds: int) -> Results:
        found: Results = {}
        for number in bench.rounds(rounds):
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


def _ratio(found: Mapping[str, Measured], stages: tuple[str, ...] | None = None) -> float:
    """Return the floor's seconds over the product's: 0.5 is half as fast; medians of the rounds."""

    def seconds(side: str) -> float:
        return median(
            sum(map(done.stage, stages)) if stages else done.total for done in _of(found, side)
        )

    return seconds("floor") / seconds("ours")


def _throughput_checks(
    suffix: str = "", *, has_bars: bool = True
) -> Callable[[Mapping[str, Measured]], list[Check]]:
    """Return the checks against the floor; the bars apply to hours with a day before them."""

    def judge(found: Mapping[str, Measured]) -> list[Check]:
        reference = median(done.seconds["reference"] for done in _of(found, "floor"))
        build = median(done.stage("build") for done in _of(found, "floor"))
        peak = max(done.peak_mib for done in _of(found, "ours"))
        score = _ratio(found, ("score", "publish"))
        checks = [
            Check(f"bench.end_to_end_vs_floor{suffix}", _ratio(found), 0.5),
            Check(f"bench.ingest_vs_floor{suffix}", _ratio(found, ("ingest",)), 0.4),
            Check(f"bench.score_vs_floor{suffix}", score, 0.6),
            Check(f"bench.features_vs_reference{suffix}", reference / build, 0.25),
            Check(f"bench.peak_rss_mib.hour{suffix}", peak, MAX_PEAK_MIB, at_most=True),
        ]
        return checks if has_bars else [replace(check, bar=None) for check in checks]

    return judge


def _sizes(*wanted: Traffic) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product at several sizes."""

    def measure(bench: Bench, tell: Tell, _: int) -> Results:
        found: Results = {}
        for one in wanted:
            name = f"ours {one.rows}"
            found[name] = sides.ours(bench, one)
            tell(name, found[name])
        return found

    return measure


def _by_turns(
    *, only_ingest: bool = False, **wanted: Traffic
) -> Callable[[Bench, Tell, int], Results]:
    """Measure the product on several hours in turns, each under its name."""

    def measure(bench: Bench, tell: Tell, rounds: int) -> Results:
        found: Results = {}
        for number in bench.rounds(rounds):
            for name, one in wanted.items():
                found[f"{name} {number}"] = sides.ours(bench, one, only_ingest=only_ingest)
                tell(f"{name} {number}", found[f"{name} {number}"])
        return found

    return measure


def _linear(found: Mapping[str, Measured]) -> list[Check]:
    small, medium, huge = found.values()
    peak = max(small.peak_mib, huge.peak_mib)
    return [
        Check("bench.linearity", medium.rate / small.rate, 0.85),
        Check("bench.linearity.5m", huge.rate / small.rate, 0.8),
        Check("bench.peak_rss_mib", peak, MAX_PEAK_MIB, at_most=True),
    ]


def _flat(found: Mapping[str, Measured]) -> list[Check]:
    shorter, longer = (
        median(done.total for done in _of(found, side)) for side in ("after_35", "after_70")
    )
    return [Check("bench.history_ratio", longer / shorter, 1.15, at_most=True)]


def _bad_rows(found: Mapping[str, Measured]) -> list[Check]:
    good, bad = (
        median(done.seconds["ingest"] for done in _of(found, side)) for side in ("good", "bad")
    )
    return [Check("bench.bad_rows_ingest", bad / good, 1.10, at_most=True)]


def _small_files(found: Mapping[str, Measured]) -> list[Check]:
    one, few, many = (
        median(done.total for done in _of(found, side)) for side in ("one", "few", "many")
    )
    per_file = (many / MANY_FILES.files) / (few / FEW_FILES.files)
    return [
        Check("bench.small_files", many / one, 3.0, at_most=True),
        Check("bench.small_files_flat", per_file, None),
    ]


def _peer(bench: Bench, tell: Tell, _: int) -> Results:
    """Measure the product and the pandas script in turns."""
    found: Results = {}
    for one in (DAY_OF_MEDIUM, Traffic(MEDIUM)):
        for side, run in (("ours", sides.ours), ("pandas", sides.pandas_pipeline)):
            name = f"{side} {one.history_days}"
            found[name] = run(bench, one)
            tell(name, found[name])
    return found


def _peer_checks(found: Mapping[str, Measured]) -> list[Check]:
    return [
        Check("bench.pandas_with_history", found["ours 1"].rate / found["pandas 1"].rate, 10.0),
        Check("bench.pandas_cold", found["ours 0"].rate / found["pandas 0"].rate, 2.0),
    ]


def _shards(bench: Bench, tell: Tell, _: int) -> Results:
    """Score the same hour with all shards at the same time, and once more one by one."""
    done = sides.ours(bench, Traffic(HALF), one_by_one=True)
    tell("ours", done)
    return {"ours": done}


def _shards_checks(found: Mapping[str, Measured]) -> list[Check]:
    taken = found["ours"].seconds
    ratio = taken["score_one_by_one"] / taken["score"]
    return [Check("bench.shards_2_vs_1", ratio, 1.5)]


def _closure(bench: Bench, tell: Tell, _: int) -> Results:
    done = sides.ours(bench, Traffic(MEDIUM), with_closure=True)
    tell("ours", done)
    return {"ours": done}


def _closure_checks(found: Mapping[str, Measured]) -> list[Check]:
    done = found["ours"]
    return [
        Check(f"bench.{one}_s_per_million", done.seconds[one] / done.rows * 1e6, None)
        for one in ("closure", "closure_fast")
    ]


def _simulation(bench: Bench, tell: Tell, _: int) -> Results:
    """Simulate policies on a tenth of the rows and on all, each in a process of its own."""
    found: Results = {}
    for rows in (MEDIUM, LARGE):
        found[f"ours {rows}"] = sides.simulations(bench, Traffic(rows))
        tell(f"ours {rows}", found[f"ours {rows}"])
    return found


def _simulation_checks(found: Mapping[str, Measured]) -> list[Check]:
    tenth, whole = found.values()
    return [
        Check("bench.simulation_seconds_1m", whole.seconds["simulate"], 20.0, at_most=True),
        Check(
            "bench.simulation_in_force_seconds_1m",
            whole.seconds["simulate_in_force"],
            20.0,
            at_most=True,
        ),
        # ten times as many rows take hardly more memory
        Check("bench.simulation_memory", whole.peak_mib / tenth.peak_mib, 1.5, at_most=True),
        Check("bench.simulation_peak_mib", whole.peak_mib, MAX_PEAK_MIB, at_most=True),
    ]


def _airflow(bench: Bench, tell: Tell, _: int) -> Results:
    found: Results = {}
    for name, done in in_airflow.measure(bench, Traffic(LARGE)):
        found[name] = done
        tell(name, done)
    return found


def _airflow_checks(found: Mapping[str, Measured]) -> list[Check]:
    empty, hour = found.values()
    # a task also needs time beside its step, to start and to hand over: at most the whole time of
    # an empty hour, in which the steps have no rows to process
    share = (hour.seconds["airflow"] + empty.total - empty.seconds["airflow"]) / hour.total
    return [
        Check("bench.airflow_empty_seconds", empty.total, 45.0, at_most=True),
        Check("bench.airflow_overhead", share, 0.25, at_most=True),
    ]


DAY_OF_LARGE = Traffic(LARGE, history_days=1)
DAY_OF_MEDIUM = Traffic(MEDIUM, history_days=1)
SKEWED = Traffic(MEDIUM, history_days=1, is_skewed=True)
AFTER_35_DAYS, AFTER_70_DAYS = (Traffic(SMALL, history_days=days) for days in (35, 70))
MANY_FILES = Traffic(MEDIUM, files=200)
FEW_FILES = Traffic(MEDIUM // 4, files=50)

QUICK = Part(
    "quick",
    "100,000 rows without history, ours and the floor",
    _pairs(Traffic(MEDIUM)),
    _throughput_checks(".quick", has_bars=False),
)
PARTS = (
    Part(
        "throughput_100k",
        "100,000 rows after a day of 2.4 M, by turns",
        _pairs(DAY_OF_MEDIUM),
        _throughput_checks(".100k"),
        (DAY_OF_MEDIUM,),
        rounds=3,
    ),
    Part(
        "peer",
        "100,000 rows against a pandas script, after a day and without history",
        _peer,
        _peer_checks,
        (DAY_OF_MEDIUM,),
    ),
    Part(
        "skewed",
        "100,000 rows after a day, one customer in a hundred with three rows of ten",
        _pairs(SKEWED),
        lambda found: [Check("bench.end_to_end_vs_floor.skewed", _ratio(found), None)],
        (SKEWED,),
    ),
    Part(
        "bad_rows",
        "500,000 rows as far as into the ledger, all good and one in a hundred bad",
        _by_turns(good=Traffic(HALF), bad=Traffic(HALF, bad_share=0.01), only_ingest=True),
        _bad_rows,
    ),
    Part(
        "small_files",
        "100,000 rows as far as into the ledger, in one file and in 200, and 25,000 in 50",
        _by_turns(one=Traffic(MEDIUM), few=FEW_FILES, many=MANY_FILES, only_ingest=True),
        _small_files,
        rounds=3,
    ),
    Part(
        "linear",
        "100,000, 1,000,000 and 5,000,000 rows without history",
        _sizes(Traffic(MEDIUM), Traffic(LARGE), Traffic(HUGE)),
        _linear,
    ),
    Part(
        "shards",
        "500,000 rows without history, scored with two shards at once and then one by one",
        _shards,
        _shards_checks,
    ),
    Part("closure", "100,000 rows, and closure, whole and fast", _closure, _closure_checks),
    Part(
        "simulation",
        "a policy tried on 100,000 and on 1,000,000 decisions",
        _simulation,
        _simulation_checks,
    ),
    Part(
        "flat",
        "20,000 rows after 35 days and after 70 days",
        _by_turns(after_35=AFTER_35_DAYS, after_70=AFTER_70_DAYS),
        _flat,
        (AFTER_35_DAYS, AFTER_70_DAYS),
    ),
    Part(
        "airflow",
        "an empty hour and one of 1,000,000 rows through the real scheduler",
        _airflow,
        _airflow_checks,
    ),
    Part(
        "throughput_1m",
        "1,000,000 rows after a day of 24 M, by turns",
        _pairs(DAY_OF_LARGE),
        _throughput_checks(),
        (DAY_OF_LARGE,),
        rounds=3,
    ),
    *night_parts.PARTS,
)
