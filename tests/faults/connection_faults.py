"""Cut connections at a statement: before it arrives, during its execution, or before its answer.

A proxy connects a step and the server. It watches for a statement and then, at the commit that
follows, loses the request or the acknowledgement. Both look the same to the client, and only in one
case has the commit happened.
"""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.house import House, Stage

BLOCK = 65_536
#: The statement of a client whose transaction is cut at its end, by the place's name.
STATEMENTS: dict[str, tuple[Stage, bytes]] = {
    "register a delivery": (Stage.WAITING, b"insert into raw.deliveries"),
    "admit a delivery": (Stage.WAITING, b"insert into raw.transactions"),
    "claim a window": (Stage.BUILT, b"insert into decisions.runs"),
    "take a lease": (Stage.BUILT, b"insert into decisions.leases"),
    "expose the features": (Stage.BUILT, b'create view "scored"'),
    "write a chunk": (Stage.BUILT, b'insert into "scored"."decisions_'),
    "finish the scoring": (Stage.BUILT, b"set state = 'scored'"),
    "publish a run": (Stage.VALIDATED, b"set state = 'published'"),
    "drop a run's tables": (Stage.VALIDATED, b'drop table if exists "scored"'),
}
#: One statement is its own transaction here.
ALONE: dict[str, tuple[Stage, bytes]] = {
    "record the validation": (Stage.BUILT, b"set state = 'validated'"),
}
#: Rows in transit.
COPIES: dict[str, tuple[Stage, bytes]] = {
    "copy rows into landed": (Stage.WAITING, b'copy "landed"'),
    "read the features": (Stage.BUILT, b'copy (select "transaction_id"'),
    "copy a chunk": (Stage.BUILT, b'copy "pg_temp"'),
    "read the decisions": (Stage.VALIDATED, b"order by chunk"),
}


class _Pair:
    """Hold one client's connection and the proxy's connection to the server."""

    def __init__(self, client: socket.socket, port: int) -> None:
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", port))
        self.is_marked = False
        self.seen = b""
        self.after = 0

    def close(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Proxy:
    """Forward bytes until the statement arrives, cut once, and then act as a plain proxy."""

    def __init__(
        self, listener: socket.socket, port: int, marker: bytes, how: str, cut: Path
    ) -> None:
        self.listener, self.port, self.marker, self.how = listener, port, marker.lower(), how
        self.cut = cut  # this file appears when the connection is cut
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ)

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings that lead a process through the proxy, in clear text."""
        port = self.listener.getsockname()[1]
        return {"SCORING_WAREHOUSE__PORT": str(port), "PGSSLMODE": "disable"}

    def serve(self) -> None:
        """Forward for ever; the parent ends the process."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self._accept()
                else:
                    pair, is_client = key.data
                    self._forward(pair, is_client=is_client)

    def _accept(self) -> None:
        client, _ = self.listener.accept()
        pair = _Pair(client, self.port)
        self.selector.register(pair.client, selectors.EVENT_READ, (pair, True))
        self.selector.register(pair.server, selectors.EVENT_READ, (pair, False))

    def _forward(self, pair: _Pair, *, is_client: bool) -> None:
        source, target = (pair.client, pair.server) if is_client else (pair.server, pair.client)
        try:
            data = source.recv(BLOCK)
            if not data:
                self._end(pair)
                return
            if is_client and not self.cut.exists() and self._is_time(pair, data):
                self._cut(pair, data)
                return
            target.sendall(data)
        except OSError:
            self._end(pair)

    def _is_time(self, pair: _Pair, data: bytes) -> bool:
        pair.seen = (pair.seen + data.lower())[-4096 - len(data) :]
        if not pair.is_marked and self.marker in pair.seen:
            pair.is_marked = True
            if self.how in {"statement lost", "statement unanswered"}:
                return True
            return self.how == "commit lost" and b"commit" in data.lower()
        if not pair.is_marked:
            return False
        if self.how == "cut in a copy":
            return True
        return self.how in {"commit lost", "commit unanswered"} and b"commit" in data.lower()

    def _cut(self, pair: _Pair, data: bytes) -> None:
        if self.how in {"commit unanswered", "statement unanswered"}:
            pair.server.sendall(data)
            with suppress(OSError):
                # the server has answered, and no client receives the answer
                pair.server.recv(BLOCK)
        elif self.how == "cut in a copy":
            pair.server.sendall(data[: len(data) // 2])
        self.cut.touch()
        self._end(pair)

    def _end(self, pair: _Pair) -> None:
        for end in (pair.client, pair.server):
            with suppress(KeyError, ValueError):
                self.selector.unregister(end)
        pair.close()


@contextmanager
def proxied(trial: Trial, marker: bytes, how: str) -> Iterator[Proxy]:
    """Put a proxy before the server, in a process of its own."""
    number = len(trial.world.processes)
    listener = socket.create_server(("127.0.0.1", 0))
    cut_path = trial.world.folder / f"cut-{number}"
    proxy = Proxy(listener, trial.house.cluster.port, marker, how, cut_path)
    process = trial.world.spawn(proxy.serve, f"proxy-{number}")
    try:
        yield proxy
    finally:
        process.kill()
        listener.close()


def cut(house: House, stage: Stage, marker: bytes, how: str) -> Outcome:
    """Run the steps through the proxy, then without a fault."""
    with open_trial(house, stage) as trial:
        steps = [step for step in stage.rest if step != "build"]
        with proxied(trial, marker, how) as proxy:
            trial.record(trial.world.run(steps, environment=proxy.environment))
        trial.expect(holds=proxy.cut.exists(), otherwise="the statement never came")
        trial.rerun()
    return trial.outcome


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    kinds = (
        (STATEMENTS, ("commit lost", "commit unanswered")),
        (ALONE, ("statement lost", "statement unanswered")),
        (COPIES, ("cut in a copy",)),
    )
    for places, ways in kinds:
        for how in ways:
            for place, (stage, marker) in places.items():
                yield Case(
                    how,
                    place,
                    "the step fails; a plain re-run publishes, once",
                    partial(cut, stage=stage, marker=marker, how=how),
                )


def closed_port() -> int:
    """Return a port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def swallow(listener: socket.socket) -> None:
    """Accept every connection and never answer."""
    held = []
    while True:
        held.append(listener.accept())
        os.sched_yield()
