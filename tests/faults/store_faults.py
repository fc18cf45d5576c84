"""Places for files that are full, gone or in the way, and a database without space."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from tests.faults.cases import Case, NotRunError, Outcome, Trial, trial
from tests.faults.house import House, Stage
from tests.faults.process_faults import PLACES
from tests.faults.processes import Pause


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system of memory; not run where the machine forbids it."""
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
    """Fill a file system to the last byte; return what frees it again."""
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


def _at(found: Trial, place: str, act: Callable[[], None]) -> None:
    pause = Pause()
    attempt = found.world.start(found.stage.rest, at={place: pause.here})
    found.expect(holds=attempt.process.wait_at(pause), otherwise="the place was not reached")
    act()
    pause.release()
    told = found.heard(attempt.end())
    pause.close()
    found.expect(holds=not told.ok, otherwise="nobody noticed")


def full_store(house: House, place: str) -> Outcome:
    """Let the disk of the published files run full at the place."""
    with trial(house, Stage.VALIDATED) as found:
        published = found.world.objects / "published"
        kept = found.world.folder / "kept"
        published.rename(kept)
        with small_disk(published, 4) as disk:
            subprocess.run(["cp", "-a", f"{kept}/.", str(disk)], check=True)
            free: list[Callable[[], None]] = []
            _at(found, place, lambda: free.append(fill(disk)))
            free[0]()
            found.rerun()
            # the look comes after the disk is gone: keep what was written
            final = found.world.folder / "final"
            subprocess.run(["cp", "-a", str(disk), str(final)], check=True)
        published.rmdir()
        final.rename(published)
    return found.outcome


def store_in_the_way(house: House, place: str, what: str) -> Outcome:
    """Replace the folder of published files by something that is none, and put it back."""
    with trial(house, Stage.VALIDATED, watched=False) as found:
        published = found.world.objects / "published"
        kept = found.world.folder / "kept"

        def break_it() -> None:
            published.rename(kept)
            if what == "a file":
                published.touch()
            else:
                published.symlink_to("/proc/1/root/nowhere")

        _at(found, place, break_it)
        published.unlink()
        kept.rename(published)
        found.rerun()
    return found.outcome


def full_scratch(house: House, stage: Stage) -> Outcome:
    """Let the folder of temporary files be full from the start."""
    with trial(house, stage) as found:
        with small_disk(found.world.folder / "scratch", 1) as disk:
            free = fill(disk)

            def before() -> None:
                import tempfile

                tempfile.tempdir = str(disk)

            told = found.heard(found.world.run(stage.rest, before=before))
            found.expect(holds=not told.ok, otherwise="nobody noticed")
            free()
        found.rerun()
    return found.outcome


def full_work(house: House) -> Outcome:
    """Let the folder in which dbt works be full."""
    with trial(house, Stage.WAITING) as found:
        with small_disk(found.world.folder / "small-work", 1) as disk:
            free = fill(disk)
            told = found.heard(
                found.world.run(Stage.WAITING.rest, environment={"SCORING_WORK": str(disk)})
            )
            found.expect(holds=not told.ok, otherwise="nobody noticed")
            free()
        found.rerun()
    return found.outcome


def full_database(house: House, place: str) -> Outcome:
    """Let the disk of the database run full at the place."""
    stage = Stage.BUILT if PLACES[place] is Stage.VALIDATED else PLACES[place]
    with trial(house, stage, watched=False) as found:
        folder = found.world.folder / "tablespace"
        name = sql.Identifier(f"space_{found.world.database}")
        database = sql.Identifier(found.world.database)

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
            attempt = found.world.start(stage.rest, at={place: pause.here})
            found.expect(
                holds=attempt.process.wait_at(pause), otherwise="the place was not reached"
            )
            free.append(fill(disk))
            pause.release()
            told = found.heard(attempt.end())
            pause.close()
            free[0]()
            found.expect(holds=not told.ok, otherwise="nobody noticed")
            found.rerun()
            admin("alter database {database} set tablespace pg_default")
            admin("drop tablespace {space}")
    return found.outcome


def two_publishers(house: House) -> Outcome:
    """Let two processes write one manifest at the same instant."""
    with trial(house, Stage.VALIDATED) as found:
        pauses = Pause(), Pause()
        attempts = []
        for pause in pauses:
            attempt = found.world.start(Stage.VALIDATED.rest, at={"before_manifest": pause.here})
            found.expect(
                holds=attempt.process.wait_at(pause), otherwise="the place was not reached"
            )
            attempts.append(attempt)
        for pause in pauses:
            pause.release()
        for attempt, pause in zip(attempts, pauses, strict=True):
            told = found.heard(attempt.end())
            found.expect(holds=told.ok, otherwise=f"a publisher failed: {told}")
            pause.close()
        found.rerun()
    return found.outcome


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
        for what in ("a file", "a link to nowhere"):
            run = partial(store_in_the_way, place=place, what=what)
            yield Case(f"object store is {what}", place, "the step fails; a re-run ends it", run)
    for stage in (Stage.WAITING, Stage.VALIDATED):
        run = partial(full_scratch, stage=stage)
        yield Case("full scratch folder", stage.value, "the step fails; a re-run publishes", run)
    yield Case("full work folder", "build", "the step fails; a re-run publishes", full_work)
    for place in FULL_DATABASE:
        run = partial(full_database, place=place)
        yield Case("full database", place, "the step fails; a re-run publishes", run)
    yield Case("two publishers", "one manifest", "one file, one manifest", two_publishers)
