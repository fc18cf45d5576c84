"""Break places for files: full, missing or blocked; and a database without space."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from tests.faults.cases import Case, NotRunError, Outcome, Trial, open_trial
from tests.faults.house import House, Stage
from tests.faults.process_faults import PLACES
from tests.faults.processes import Pause


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system of memory; the case does not run if the machine forbids it."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "faults", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        raise NotRunError(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(folder: Path) -> Callable[[], None]:
    """Fill a file system to the last byte; return a function that frees the space."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as target, suppress(OSError):
        while True:
            size = 1 << 20
            while size:
                try:
                    target.write(b"\0" * size)
                except OSError:
                    size //= 2
            break
    return filler.unlink


def _at(trial: Trial, place: str, act: Callable[[], None]) -> None:
    pause = Pause()
    attempt = trial.world.start(trial.stage.rest, at={place: pause.here})
    trial.expect(holds=attempt.process.wait_at(pause), otherwise="the place was not reached")
    act()
    pause.release()
    result = trial.record(attempt.end())
    pause.close()
    trial.expect(holds=not result.ok, otherwise="the fault was not noticed")


def full_store(house: House, place: str) -> Outcome:
    """Fill the disk of the published files at the place."""
    with open_trial(house, Stage.VALIDATED) as trial:
        published = trial.world.objects / "published"
        kept = trial.world.folder / "kept"
        published.rename(kept)
        with small_disk(published, 4) as disk:
            subprocess.run(["cp", "-a", f"{kept}/.", str(disk)], check=True)
            free: list[Callable[[], None]] = []
            _at(trial, place, lambda: free.append(fill(disk)))
            free[0]()
            trial.rerun()
            # the check comes after the disk is gone: keep the written files
            final = trial.world.folder / "final"
            subprocess.run(["cp", "-a", str(disk), str(final)], check=True)
        published.rmdir()
        final.rename(published)
    return trial.outcome


def store_in_the_way(house: House, place: str, substitute: str) -> Outcome:
    """Replace the folder of published files by another kind of entry, and restore it."""
    with open_trial(house, Stage.VALIDATED, watched=False) as trial:
        published = trial.world.objects / "published"
        kept = trial.world.folder / "kept"

        def break_it() -> None:
            published.rename(kept)
            if substitute == "a file":
                published.touch()
            else:
                published.symlink_to("/proc/1/root/nowhere")

        _at(trial, place, break_it)
        published.unlink()
        kept.rename(published)
        trial.rerun()
    return trial.outcome


def full_scratch(house: House, stage: Stage) -> Outcome:
    """Fill the folder of temporary files from the start."""
    with open_trial(house, stage) as trial:
        with small_disk(trial.world.folder / "scratch", 1) as disk:
            free = fill(disk)

            def before() -> None:
                import tempfile

                tempfile.tempdir = str(disk)

            result = trial.record(trial.world.run(stage.rest, before=before))
            trial.expect(holds=not result.ok, otherwise="the fault was not noticed")
            free()
        trial.rerun()
    return trial.outcome


def full_work(house: House) -> Outcome:
    """Fill the working folder of dbt."""
    with open_trial(house, Stage.WAITING) as trial:
        with small_disk(trial.world.folder / "small-work", 1) as disk:
            free = fill(disk)
            result = trial.record(
                trial.world.run(Stage.WAITING.rest, environment={"SCORING_WORK": str(disk)})
            )
            trial.expect(holds=not result.ok, otherwise="the fault was not noticed")
            free()
        trial.rerun()
    return trial.outcome


def full_database(house: House, place: str) -> Outcome:
    """Fill the disk of the database at the place."""
    stage = Stage.BUILT if PLACES[place] is Stage.VALIDATED else PLACES[place]
    with open_trial(house, stage, watched=False) as trial:
        folder = trial.world.folder / "tablespace"
        name = sql.Identifier(f"space_{trial.world.database}")
        database = sql.Identifier(trial.world.database)

        def admin(statement: str) -> None:
            with psycopg.connect(house.cluster.conninfo(), autocommit=True) as connection:
                connection.execute(sql.SQL(statement).format(database=database, space=name))

        with small_disk(folder, 96) as disk:
            inner = disk / "data"
            inner.mkdir(mode=0o700)
            with psycopg.connect(house.cluster.conninfo(), autocommit=True) as connection:
                connection.execute(
                    sql.SQL("create tablespace {} location {}").format(
                        name, sql.Literal(str(inner))
                    )
                )
            admin("alter database {database} set tablespace {space}")
            free: list[Callable[[], None]] = []
            pause = Pause()
            attempt = trial.world.start(stage.rest, at={place: pause.here})
            trial.expect(
                holds=attempt.process.wait_at(pause), otherwise="the place was not reached"
            )
            free.append(fill(disk))
            pause.release()
            result = trial.record(attempt.end())
            pause.close()
            free[0]()
            trial.expect(holds=not result.ok, otherwise="the fault was not noticed")
            trial.rerun()
            admin("alter database {database} set tablespace pg_default")
            admin("drop tablespace {space}")
    return trial.outcome


def two_publishers(house: House) -> Outcome:
    """Let two processes write one manifest at the same instant."""
    with open_trial(house, Stage.VALIDATED) as trial:
        pauses = Pause(), Pause()
        attempts = []
        for pause in pauses:
            attempt = trial.world.start(Stage.VALIDATED.rest, at={"before_manifest": pause.here})
            trial.expect(
                holds=attempt.process.wait_at(pause), otherwise="the place was not reached"
            )
            attempts.append(attempt)
        for pause in pauses:
            pause.release()
        for attempt, pause in zip(attempts, pauses, strict=True):
            result = trial.record(attempt.end())
            trial.expect(holds=result.ok, otherwise=f"a publisher failed: {result}")
            pause.close()
        trial.rerun()
    return trial.outcome


FULL_DATABASE = (
    "before_rejects@1",
    "after_landed_copy@2",
    "after_claim",
    "after_model_load",
    "mid_predict@1",
    "mid_copy@2",
    "before_publish",
)


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place in ("before_publish", "before_manifest"):
        run = partial(full_store, place=place)
        yield Case("full object store", place, "the step fails; a re-run ends it", run)
        for substitute in ("a file", "a link to nowhere"):
            run = partial(store_in_the_way, place=place, substitute=substitute)
            yield Case(
                f"object store is {substitute}", place, "the step fails; a re-run ends it", run
            )
    for stage in (Stage.WAITING, Stage.VALIDATED):
        run = partial(full_scratch, stage=stage)
        yield Case("full scratch folder", stage.value, "the step fails; a re-run publishes", run)
    yield Case("full work folder", "build", "the step fails; a re-run publishes", full_work)
    for place in FULL_DATABASE:
        run = partial(full_database, place=place)
        yield Case("full database", place, "the step fails; a re-run publishes", run)
    yield Case("two publishers", "one manifest", "one file, one manifest", two_publishers)
