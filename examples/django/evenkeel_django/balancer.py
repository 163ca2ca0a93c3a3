"""Which databases there are, how they are, and which one is read from next."""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import Error, OperationalError

from .conf import LoadBalancer, load_balancer
from .connecting import close_quietly, connect, register
from .pool import Pool, PoolReader

log = logging.getLogger("evenkeel.django")


@dataclass(slots=True)
class Database:
    #: None: only the pool knows, and has not said yet.
    place: Mapping[str, Any] | None
    #: None: not asked yet.
    is_up: bool | None = None
    why: str = "not asked yet"
    #: Seconds that it last took to answer.
    response: float | None = None
    #: By name, since when databases miss writes, as it says.
    accuses: dict[str, float] = field(default_factory=dict)
    #: When that was read, by the clock.
    read_at: float = float("-inf")
    #: Whether it has the table that says so.
    has_table: bool = False
    #: When it fell, or was last found down, by the clock.
    down_at: float = float("-inf")


def judge(accusations: Mapping[str, Mapping[str, float]]) -> set[str]:
    """
    Who misses writes, by what each database says of others. One that misses writes itself may not have heard that
    another does not any more: the newest word comes first, and who is out by it has no say.
    """
    words = ((since, accused, by) for by, accused_by in accusations.items() for accused, since in accused_by.items())
    behind: set[str] = set()
    for _, accused, by in sorted(words, reverse=True):
        if by not in behind:
            behind.add(accused)
    return behind


class Balancer:
    """Shared by the threads of a process. Each database is looked at on its own time: none waits for another."""

    def __init__(self, settings: LoadBalancer, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = threading.RLock()
        self._databases: dict[str, Database] = {}
        self._watched: set[str] = set()
        self._pool: Pool | None = None
        #: Databases that this process saw miss a write, and when.
        self._seen_missing: dict[str, float] = {}
        #: Databases of the pool that are none of ours.
        self._strangers: set[str] = set()
        self._turn = itertools.count()
        self._asked = threading.Condition(self._lock)
        self._pid: int | None = None
        self._starting = threading.Lock()
        # Beside a pool, what says nothing says that the pool knows.
        self._know(
            {name: place if place or not settings.address else None for name, place in settings.databases.items()}
        )

    # What there is.

    def start(self) -> None:
        """Looks at everything for the first time in this process, and from then on beside it."""
        if self._pid == os.getpid():
            return
        with self._starting:
            if self._pid != os.getpid():
                self._watched.clear()
                self._look_first()
                self._pid = os.getpid()

    def _look_first(self) -> None:
        if self.settings.address:
            reader = PoolReader(self.settings)
            self._follow_once(reader)
            threading.Thread(target=self._follow, args=(reader,), name="evenkeel-pool", daemon=True).start()
        self._watch_all()
        deadline = self._clock() + self.settings.timeout
        with self._asked:
            while any(one.is_up is None for one in self._databases.values()) and self._clock() < deadline:
                self._asked.wait(max(0.0, deadline - self._clock()))

    def known(self) -> set[str]:
        with self._lock:
            return set(self._databases)

    def place(self, name: str) -> Mapping[str, Any]:
        with self._lock:
            place = self._databases[name].place
        if place is None:
            raise OperationalError("the pool has not said where it is")
        return place

    def behind(self) -> set[str]:
        """Databases that miss writes."""
        with self._lock:
            return self._recorded() | set(self._seen_missing)

    def is_recorded(self, name: str) -> bool:
        """Whether the other databases say that this one misses writes."""
        return name in self.behind()

    def why(self, name: str) -> str:
        with self._lock:
            one = self._databases.get(name)
            if name in self.behind():
                return (
                    "not brought in step yet"
                    if one and one.is_up
                    else f"missed writes before; {one.why if one else ''}"
                )
            if one and one.is_up:
                return "a standby, by the pool"
            return one.why if one else "unknown"

    @property
    def keeps_records(self) -> bool:
        """Whether every database that is up can say which others miss writes."""
        with self._lock:
            return all(one.has_table for one in self._databases.values() if one.is_up)

    def state(self) -> dict[str, dict[str, Any]]:
        """All that is known, for people."""
        with self._lock:
            behind, readers = self.behind(), self.readers()
            return {
                name: {
                    "up": one.is_up,
                    "in_step": name not in behind,
                    "read": name in readers,
                    "response_ms": None if one.response is None else one.response * 1_000,
                    **({} if one.is_up and name not in behind else {"why": self.why(name)}),
                }
                for name, one in sorted(self._databases.items())
            }

    # Who is asked.

    def readers(self) -> list[str]:
        """Databases that may be read from: up, in step, and in the pool's list, unless that would leave none."""
        with self._lock:
            able = self._in_step()
            listed = [name for name in able if self._pool is None or name in self._pool.read]
            return listed or able

    def writers(self) -> list[str]:
        """
        Databases that take writes, in the same order in every process: all that are up and in step. One that the pool
        sends no reads, as it is drained, would miss them. One that it reads and does not write is a standby.
        """
        with self._lock:
            standbys = self._pool.read - self._pool.write if self._pool and self._pool.write else frozenset()
            return [name for name in self._in_step() if name not in standbys]

    def next_reader(self) -> str | None:
        with self._lock:
            names = self.readers()
            if not names:
                return None
            turn = next(self._turn)
            if self.settings.read == "FastestResponse":
                times = {name: self._databases[name].response for name in names}
                return min(names, key=lambda name: (times[name] is None, times[name] or 0.0))
            return names[turn % len(names)]

    def fell(self, name: str, why: object) -> None:
        with self._lock:
            one = self._databases[name]
            if one.is_up is not False:
                log.warning("database %s is down: %s", name, why)
            one.is_up, one.why, one.response = False, str(why).strip(), None
            one.down_at = self._clock()
            self._asked.notify_all()

    def missed(self, name: str) -> None:
        """This process has seen the database miss a write, and the others say so."""
        with self._lock:
            self._seen_missing[name] = self._clock()

    # How it is found out.

    def ask(self, name: str) -> None:
        """Asks a database once whether it is up, how fast, and who misses writes."""
        began = self._clock()
        try:
            place = self.place(name)
            connection = connect(name, place)
        except Error as error:
            self.fell(name, error)
            return
        try:
            with connection.cursor() as cursor:
                start = self._clock()
                cursor.execute("SELECT 1")
                cursor.fetchone()
                response = self._clock() - start
                tables = connection.introspection.table_names(cursor)
                has_table = "evenkeel_missed_writes" in tables
                accuses: dict[str, float] = {}
                if has_table:
                    cursor.execute("SELECT database, since FROM evenkeel_missed_writes")
                    accuses = dict(cursor.fetchall())
        except Error as error:
            self.fell(name, error)
        else:
            self._answered(name, Database(place, True, "", response, accuses, began, has_table))
        finally:
            close_quietly(connection)

    def take_in(self, pool: Pool) -> None:
        """Goes by the pool's lists from now on. One that is in none stays where it was."""
        with self._lock:
            if strangers := sorted(set(pool.places) - set(self._databases) - self._strangers):
                log.warning("not in LOAD_BALANCER['DATABASES'], and neither read nor written: %s", ", ".join(strangers))
                self._strangers.update(strangers)
            self._pool = pool
            before = {name: one.place for name, one in self._databases.items()}
            found = {name: {**(before[name] or {}), **pool.places[name]} for name in before if name in pool.places}
            self._know({**before, **found})

    def _know(self, places: Mapping[str, Mapping[str, Any] | None]) -> None:
        with self._lock:
            before = self._databases
            self._databases = {
                name: before[name] if name in before and before[name].place == place else Database(place)
                for name, place in places.items()
            }
            register({name: place for name, place in places.items() if place is not None})

    def _answered(self, name: str, answer: Database) -> None:
        with self._lock:
            before = self._databases[name]
            # It may have moved meanwhile.
            if before.place != answer.place:
                return
            if before.is_up is False:
                log.warning("database %s is up again", name)
            self._databases[name] = answer
            # What was seen here counts until every other one that is up has been read after it.
            for missing, at in list(self._seen_missing.items()):
                read = [one.read_at > at for other, one in self._databases.items() if one.is_up and other != missing]
                if read and all(read):
                    del self._seen_missing[missing]
            self._asked.notify_all()

    def _recorded(self) -> set[str]:
        return judge({name: one.accuses for name, one in self._databases.items() if one.is_up})

    def _in_step(self) -> list[str]:
        behind = self.behind()
        return sorted(name for name, one in self._databases.items() if one.is_up and name not in behind)

    def _follow_once(self, reader: PoolReader) -> None:
        try:
            pool = reader.read()
        except (OSError, ValueError) as error:
            log.warning("the pool cannot be read, and stays as it was: %s", error)
        else:
            if pool is not None:
                self.take_in(pool)

    def _follow(self, reader: PoolReader) -> None:
        while True:
            time.sleep(self.settings.interval)
            self._follow_once(reader)

    def _watch_all(self) -> None:
        with self._lock:
            new = set(self._databases) - self._watched
            self._watched |= new
        for name in new:
            threading.Thread(target=self._watch, args=(name,), name=f"evenkeel-{name}", daemon=True).start()

    def _watch(self, name: str) -> None:
        while True:
            with self._lock:
                one = self._databases[name]
                # It may have fallen since it was asked.
                due = (
                    one.down_at + self.settings.recheck if one.is_up is False else one.read_at + self.settings.interval
                )
            if (rest := due - self._clock()) > 0:
                time.sleep(min(rest, self.settings.interval))
                continue
            try:
                self.ask(name)
            except Exception as error:
                log.exception("database %s could not be looked at", name)
                self.fell(name, error)


_lock = threading.Lock()
_balancer: Balancer | None = None


def get_balancer() -> Balancer:
    """The balancer of this process, which has looked at everything once."""
    global _balancer
    with _lock:
        if _balancer is None:
            _balancer = Balancer(load_balancer())
    _balancer.start()
    return _balancer
