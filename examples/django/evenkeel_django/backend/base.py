"""The backend of "default": what is said to it is said to every database that takes writes."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, InterfaceError, NotSupportedError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from ..balancer import get_balancer
from ..connecting import Wrapped, close_quietly, connect, is_lost
from ..errors import MembershipChanged, TooFewDatabases, WriteMissed
from ..signals import write_missed
from .statements import answers_rows, is_write, stands_alone

log = logging.getLogger("evenkeel.django")

#: A connection that was used so long ago, in seconds, is asked whether it still stands before it is written to.
FRESH = 1.0


class EverywhereCursor:
    """
    A cursor on each database. They are asked in turn, in the same order by every process: whoever comes second to a row
    waits for the first at the first database, and at no other. Answers are the first one's.
    """

    def __init__(self, wrapper: DatabaseWrapper, name: str | None) -> None:
        self._wrapper = wrapper
        self._name = name
        self._cursors: dict[str, Any] = {}
        self._first: Any = None
        #: What a write gave back: it was read to be compared.
        self._rows: Iterator[Any] | None = None

    def execute(self, sql: Any, params: Any = None) -> EverywhereCursor:
        self._wrapper.say(self, str(sql), lambda cursor: cursor.execute(sql, params))
        return self

    def executemany(self, sql: Any, param_list: Any) -> EverywhereCursor:
        every = list(param_list)
        self._wrapper.say(self, str(sql), lambda cursor: cursor.executemany(sql, every))
        return self

    def run(self, member: BaseDatabaseWrapper, action: Callable[[Any], Any], write: bool) -> tuple[Any, ...] | None:
        """On one database; brings what the answers of the others must be like, where that can be said."""
        cursor = self._cursors.get(member.alias)
        if cursor is None:
            cursor = self._cursors[member.alias] = member.create_cursor(self._name)
        action(cursor)
        if not write:
            return None
        rows = cursor.fetchall() if answers_rows(cursor) else None
        if rows is not None and self._first is None:
            self._rows = iter(rows)
        return (cursor.rowcount, None if rows is None else sorted(map(repr, rows)))

    def begin(self) -> None:
        self._first, self._rows = None, None

    def answered_first(self, name: str) -> None:
        self._first = self._cursors[name]

    def forget(self, name: str) -> None:
        self._cursors.pop(name, None)

    def fetchone(self) -> Any:
        return self._first.fetchone() if self._rows is None else next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        if self._rows is None:
            return self._first.fetchmany(self._first.arraysize if size is None else size)
        return list(itertools.islice(self._rows, self._first.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        return self._first.fetchall() if self._rows is None else list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._first) if self._rows is None else self._rows

    def close(self) -> None:
        for name in list(self._cursors):
            try:
                self._cursors.pop(name).close()
            except self._wrapper.Database.Error:
                pass  # Its connection is gone, and told of where it was found out.

    def __enter__(self) -> EverywhereCursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def callproc(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("callproc would reach one database of several: use execute")

    copy = copy_expert = copy_from = copy_to = stream = callproc

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") or self._first is None:
            raise AttributeError(attribute)
        return getattr(self._first, attribute)

    @property
    def connection(self) -> Any:
        return self._wrapper.connection

    @property
    def rowcount(self) -> int:
        return -1 if self._first is None else self._first.rowcount

    @property
    def description(self) -> Any:
        return None if self._first is None else self._first.description


class DatabaseWrapper(Wrapped):  # type: ignore[misc, valid-type]
    """Holds a connection to each database, by the wrapped backend. `connection` is that of the first."""

    def __init__(self, settings_dict: dict[str, Any], alias: str) -> None:
        super().__init__(settings_dict, alias)
        self._members: dict[str, BaseDatabaseWrapper] = {}
        #: Databases that did not take what was written, and why.
        self._misses: dict[str, str] = {}
        #: Those of which nobody had said before that they miss writes.
        self._new_misses: set[str] = set()
        self._has_written = False
        #: Whether the members are in a transaction.
        self._is_open = False
        self._used_at = float("-inf")
        self._untold: list[WriteMissed] = []

    # Who takes part.

    def _join(self) -> None:
        """Makes the members those that take writes now. Within a transaction they stay who they are."""
        balancer = get_balancer()
        names = balancer.writers()
        for name in set(self._members) - set(names):
            close_quietly(self._members.pop(name))
        is_fresh = time.monotonic() - self._used_at < FRESH
        for name in names:
            member = self._members.get(name)
            if member and all(member.settings_dict[key] == value for key, value in balancer.place(name).items()):
                if is_fresh or member.is_usable():
                    continue
            if member:
                close_quietly(self._members.pop(name))
            try:
                self._members[name] = connect(name, balancer.place(name))
            except Error as error:
                balancer.fell(name, error)
        self._members = {name: self._members[name] for name in sorted(self._members)}
        if not self._members:
            why = ", ".join(f"{name}: {balancer.why(name)}" for name in sorted(balancer.known()))
            raise OperationalError(f"no database can be written to: {why}")
        self._misses, self._new_misses, self._has_written = {}, set(), False
        self._lead()

    def _lead(self) -> None:
        first = next(iter(self._members.values()), None)
        if first is not None:
            self.connection = first.connection

    def _drop(self, name: str, error: object) -> None:
        member = self._members.pop(name)
        if is_lost(member):
            get_balancer().fell(name, error)
        close_quietly(member)
        self._misses[name] = str(error).strip()
        self._lead()

    def _absent(self) -> set[str]:
        return get_balancer().known() - set(self._members)

    # What is said.

    def say(self, cursor: EverywhereCursor, sql: str, action: Callable[[Any], Any]) -> None:
        write = is_write(sql)
        if not self.autocommit:
            if write and not self._has_written:
                self._may_write()
                self._has_written = True
            self._say_to_all(cursor, action, write)
            return
        self._join()
        if not write:
            self._say_to_all(cursor, action, write)
            return
        self._may_write()
        if stands_alone(sql):
            self._say_to_all(cursor, action, write)
            if missed := self._absent():
                self._record(missed)
                self._note(list(self._members))
        else:
            self._say_in_transaction(cursor, action)
        self._tell()

    def _say_in_transaction(self, cursor: EverywhereCursor, action: Callable[[Any], Any]) -> None:
        """
        So that two writes of one row come in the same order everywhere, as the second waits at the first database until
        the first is done there; and so that a write and the word of who misses it come together or not at all.
        """
        try:
            self._begin()
            self._has_written = True
            self._say_to_all(cursor, action, True)
            self._commit()
        except BaseException:
            self._rollback()
            raise
        finally:
            self._end()

    def _say_to_all(self, cursor: EverywhereCursor, action: Callable[[Any], Any], write: bool) -> None:
        cursor.begin()
        answer: tuple[Any, ...] | None = None
        has_answer = False
        last: Exception | None = None
        for name, member in list(self._members.items()):
            try:
                given = cursor.run(member, action, write)
            except (self.Database.Error, Error) as error:
                cursor.forget(name)
                if not is_lost(member) and (not has_answer or self._may_undo(error)):
                    # The statement is at fault, or the moment: nobody keeps it.
                    raise
                self._drop(name, error)
                last = error
                continue
            if not has_answer:
                cursor.answered_first(name)
                answer, has_answer = given, True
            elif given != answer:
                cursor.forget(name)
                self._drop(name, f"did otherwise than the others: {given}, not {answer}")
        self._used_at = time.monotonic()
        if not has_answer:
            raise last or InterfaceError("no database is left in this transaction")

    def _may_undo(self, error: Exception) -> bool:
        """Whether a transaction is better given up, as at a deadlock, than gone on with without the database."""
        return self._is_open and isinstance(error, (self.Database.OperationalError, OperationalError))

    def _may_write(self) -> None:
        balancer = get_balancer()
        known, taking = balancer.known(), sorted(self._members)
        needed = balancer.settings.minimum or len(known) // 2 + 1
        if len(taking) < needed:
            why = ", ".join(f"{name}: {balancer.why(name)}" for name in sorted(self._absent()))
            raise TooFewDatabases(f"{needed} databases must take a write, and {len(taking)} can ({why})")
        if self._absent() and not balancer.keeps_records:
            raise TooFewDatabases(
                f"all databases must be there until `migrate` has made the table of evenkeel_django: "
                f"{', '.join(sorted(self._absent()))}"
            )

    # Who missed it.

    def _record(self, names: dict[str, str] | set[str]) -> None:
        """Has the databases say who misses writes, in the transaction that is missed where there is one."""
        balancer = get_balancer()
        for name in sorted(names):
            why = self._misses.get(name) or balancer.why(name)
            is_recorded = balancer.is_recorded(name)
            if not is_recorded:
                self._new_misses.add(name)
            for member_name, member in list(self._members.items()):
                try:
                    with member.cursor() as cursor:
                        if is_recorded:
                            cursor.execute(
                                "UPDATE evenkeel_missed_writes SET writes = writes + 1 WHERE database = %s", [name]
                            )
                            if cursor.rowcount == 0:
                                raise MembershipChanged(f"database {name} was brought in step meanwhile: try again")
                        else:
                            cursor.execute(
                                "INSERT INTO evenkeel_missed_writes (database, since, why, writes)"
                                " VALUES (%s, %s, %s, 1)"
                                " ON CONFLICT (database) DO UPDATE SET writes = evenkeel_missed_writes.writes + 1",
                                [name, time.time(), why],
                            )
                except MembershipChanged:
                    raise
                except Error as error:
                    self._drop(member_name, error)

    def _note(self, taken: list[str]) -> None:
        balancer = get_balancer()
        missed = {name: self._misses.get(name) or balancer.why(name) for name in sorted(balancer.known() - set(taken))}
        for name in missed:
            if name in self._new_misses:
                log.error("database %s missed a write and leaves the read list: %s", name, missed[name])
            balancer.missed(name)
        self._misses, self._new_misses = {}, set()
        if missed:
            self._untold.append(WriteMissed(taken, missed))

    def _tell(self) -> None:
        """After the transaction, so that whoever hears it may write."""
        untold, self._untold = self._untold, []
        for told in untold:
            write_missed.send(sender=self.__class__, taken=told.taken, missed=told.missed)
        if untold and get_balancer().settings.on_miss == "raise":
            raise untold[-1]

    # Transactions.

    def _begin(self) -> None:
        self._is_open = True
        for name, member in list(self._members.items()):
            try:
                member.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            except Error as error:
                self._drop(name, error)
        if not self._members:
            raise OperationalError("no database is left to write to")

    def _end(self) -> None:
        self._is_open = False
        for name, member in list(self._members.items()):
            try:
                member.set_autocommit(True)
            except Error as error:
                close_quietly(self._members.pop(name))
                get_balancer().fell(name, error)

    def _commit(self) -> None:
        if self.connection is None or not self._members:
            if self._has_written:
                raise OperationalError("no database is left in this transaction")
            return
        recorded: set[str] = set()
        if self._has_written and (recorded := self._absent()):
            self._record(recorded)
        taken: list[str] = []
        last: Exception | None = None
        for name, member in list(self._members.items()):
            try:
                member.commit()
            except Error as error:
                if not taken and not is_lost(member):
                    raise
                self._drop(name, error)
                last = error
            else:
                taken.append(name)
        if not taken:
            raise last or OperationalError("no database is left in this transaction")
        if self._has_written:
            if late := {name: why for name, why in self._misses.items() if name not in recorded}:
                self._record(late)
                for member in self._members.values():
                    member.commit()
            self._note(taken)
        self._has_written = False

    def _rollback(self) -> None:
        self._misses, self._new_misses, self._has_written = {}, set(), False
        for name, member in list(self._members.items()):
            try:
                member.rollback()
            except Error as error:
                close_quietly(self._members.pop(name))
                get_balancer().fell(name, error)
        self._lead()

    def _set_autocommit(self, autocommit: bool) -> None:
        if autocommit:
            self._end()
        else:
            self._join()
            self._begin()

    def _start_transaction_under_autocommit(self) -> None:
        self._join()
        self._begin()

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if autocommit:
            self._tell()

    # The connection as Django sees it.

    def get_connection_params(self) -> dict[str, Any]:
        return {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.settings_dict["OPTIONS"].get("pool"):
            raise ImproperlyConfigured("connections to several databases come from no pool of one")
        self._join()
        return self.connection

    def init_connection_state(self) -> None:
        """Each member has done so by itself."""

    def create_cursor(self, name: str | None = None) -> EverywhereCursor:
        return EverywhereCursor(self, name)

    def is_usable(self) -> bool:
        return any(member.is_usable() for member in self._members.values())

    def _close(self) -> None:
        for member in self._members.values():
            close_quietly(member)
        self._members, self._is_open = {}, False
