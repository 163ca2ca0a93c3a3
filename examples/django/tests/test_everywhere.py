"""What holds of writes, on three PostgreSQL servers."""

from __future__ import annotations

import os
import threading
import time
import unittest
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import evenkeel_django.balancer as balancers
from django.db import DatabaseError, IntegrityError, NotSupportedError, connection, connections, transaction
from evenkeel_django.backend.base import EverywhereCursor
from evenkeel_django.balancer import get_balancer
from evenkeel_django.connecting import connect
from evenkeel_django.errors import MembershipChanged, TooFewDatabases, WriteMissed
from evenkeel_django.signals import write_missed
from shop.models import Order

NAMES = ["db-0", "db-1", "db-2"]


def ask(name: str, sql: str, params: Any = None) -> list[Any]:
    with closing(connect(name, get_balancer().place(name))) as alone, alone.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def items(name: str) -> list[str]:
    return [item for (item,) in ask(name, "SELECT item FROM shop_order ORDER BY item")]


def cut(name: str) -> None:
    """Ends the connections that others have to a database, as its end would."""
    ask(
        name,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL",
    )


@unittest.skipUnless("HOST" in os.environ["SHOP_DATABASES"], "SHOP_DATABASES names no servers")
class Everywhere(unittest.TestCase):
    def setUp(self) -> None:
        connections.close_all()
        balancers._balancer = None
        for name in NAMES:
            ask(name, "DELETE FROM shop_order")
            ask(name, "DELETE FROM evenkeel_missed_writes")
        balancers._balancer = None
        self.told: list[tuple[tuple[str, ...], list[str]]] = []
        write_missed.connect(self.hear, weak=False)
        self.addCleanup(write_missed.disconnect, self.hear)

    def hear(self, taken: tuple[str, ...], missed: dict[str, str], **_: Any) -> None:
        self.told.append((taken, sorted(missed)))

    def assert_items(self, **wanted: list[str]) -> None:
        self.assertEqual(
            {name: items(name) for name in NAMES}, {name.replace("_", "-"): one for name, one in wanted.items()}
        )

    def test_a_write_reaches_all(self) -> None:
        order = Order.objects.create(item="bread")
        order.quantity = 2
        order.save()
        Order.objects.filter(pk=order.pk).update(item="rolls")
        self.assert_items(db_0=["rolls"], db_1=["rolls"], db_2=["rolls"])
        order.delete()
        self.assert_items(db_0=[], db_1=[], db_2=[])
        self.assertEqual(self.told, [])

    def test_a_statement_that_fails_and_a_transaction_given_up_leave_nothing_anywhere(self) -> None:
        order = Order.objects.create(item="bread")
        with self.assertRaises(IntegrityError):
            Order.objects.create(id=order.id, item="again")
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            Order.objects.create(item="wine")
            raise ZeroDivisionError
        with transaction.atomic():
            Order.objects.create(item="cheese")
            with self.assertRaises(IntegrityError), transaction.atomic():
                Order.objects.create(id=order.id, item="again")
        self.assert_items(db_0=["bread", "cheese"], db_1=["bread", "cheese"], db_2=["bread", "cheese"])
        self.assertEqual(self.told, [])

    def test_writes_of_one_row_come_in_the_same_order_everywhere(self) -> None:
        order = Order.objects.create(item="bread")
        has_paused, may_go_on = threading.Event(), threading.Event()
        run = EverywhereCursor.run

        def run_and_pause(cursor: EverywhereCursor, member: Any, action: Any, write: bool) -> Any:
            answer = run(cursor, member, action, write)
            if write and threading.current_thread().name == "first" and not has_paused.is_set():
                has_paused.set()
                may_go_on.wait()
            return answer

        def write(item: str) -> None:
            Order.objects.filter(pk=order.pk).update(item=item)
            connections.close_all()

        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE%%'"
        with mock.patch.object(EverywhereCursor, "run", run_and_pause):
            first, second = (
                threading.Thread(target=write, args=(name,), name=name, daemon=True) for name in ("first", "second")
            )
            first.start()
            has_paused.wait()
            second.start()
            while second.is_alive() and not ask("db-0", waiting):
                time.sleep(0.01)
            may_go_on.set()
            first.join()
            second.join()
        self.assert_items(db_0=["second"], db_1=["second"], db_2=["second"])
        self.assertEqual(self.told, [])

    def test_a_transaction_goes_on_without_a_database_that_is_lost_in_it(self) -> None:
        for lost, left in (("db-2", ("db-0", "db-1")), ("db-0", ("db-1", "db-2"))):
            with self.subTest(lost=lost):
                self.setUp()
                with transaction.atomic():
                    Order.objects.create(item="bread")
                    cut(lost)
                    Order.objects.create(item="wine")
                    # Nobody is told of what may still be given up.
                    self.assertEqual(self.told, [])
                    self.assertEqual(Order.objects.count(), 2)
                self.assertEqual(self.told, [(left, [lost])])
                self.assertEqual({name: len(items(name)) for name in NAMES}, {**dict.fromkeys(left, 2), lost: 0})
                self.assertEqual(get_balancer().writers(), sorted(left))
                for name in left:
                    self.assertEqual(ask(name, "SELECT database, writes FROM evenkeel_missed_writes"), [(lost, 1)])

    def test_nothing_is_missed_of_what_is_given_up(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            Order.objects.create(item="bread")
            cut("db-2")
            Order.objects.create(item="wine")
            raise ZeroDivisionError
        get_balancer().ask("db-2")
        self.assertEqual(get_balancer().writers(), NAMES)
        Order.objects.create(item="cheese")
        self.assert_items(db_0=["cheese"], db_1=["cheese"], db_2=["cheese"])
        self.assertEqual(self.told, [])

    def test_a_connection_that_was_cut_while_nobody_used_it_is_made_anew(self) -> None:
        with mock.patch("evenkeel_django.backend.base.FRESH", 0):
            Order.objects.create(item="bread")
            cut("db-1")
            Order.objects.create(item="wine")
        self.assert_items(db_0=["bread", "wine"], db_1=["bread", "wine"], db_2=["bread", "wine"])
        self.assertEqual(self.told, [])

    def test_a_database_that_does_otherwise_is_out_of_step(self) -> None:
        order = Order.objects.create(item="bread")
        ask("db-1", "DELETE FROM shop_order")
        Order.objects.filter(pk=order.pk).update(item="rolls")
        self.assertEqual(self.told, [(("db-0", "db-2"), ["db-1"])])
        self.assertEqual(get_balancer().readers(), ["db-0", "db-2"])

    def test_a_database_that_alone_refuses_is_out_of_step(self) -> None:
        order = Order(item="bread")
        ask("db-2", "INSERT INTO shop_order (id, item, quantity) VALUES (%s, 'stray', 1)", [order.pk])
        order.save(force_insert=True)
        self.assertEqual(self.told, [(("db-0", "db-1"), ["db-2"])])

    def test_a_read_in_a_transaction_sees_what_was_written_in_it(self) -> None:
        with transaction.atomic():
            Order.objects.create(item="bread")
            self.assertEqual(Order.objects.get().item, "bread")
            self.assertEqual(Order.objects.select_for_update().count(), 1)

    def test_a_read_that_finds_its_database_gone_is_read_elsewhere(self) -> None:
        Order.objects.create(item="bread")
        self.assertEqual({Order.objects.get()._state.db for _ in range(3)}, set(NAMES))
        cut("db-1")
        self.assertEqual([Order.objects.get().item for _ in range(6)], ["bread"] * 6)

    def test_the_fastest_is_read_from_where_that_is_wanted(self) -> None:
        Order.objects.create(item="bread")
        with changed(read="FastestResponse"):
            times = {name: state["response_ms"] for name, state in get_balancer().state().items()}
            fastest = min(times, key=lambda name: times[name])
            self.assertEqual({Order.objects.get()._state.db for _ in range(4)}, {fastest})

    def test_without_enough_databases_nothing_is_written(self) -> None:
        for name in ("db-1", "db-2"):
            get_balancer().fell(name, "pulled")
        with self.assertRaisesRegex(TooFewDatabases, "2 databases must take a write, and 1 can"):
            Order.objects.create(item="bread")
        with self.assertRaises(TooFewDatabases), transaction.atomic():
            Order.objects.create(item="bread")
        self.assert_items(db_0=[], db_1=[], db_2=[])

    def test_a_transaction_that_goes_on_without_one_that_is_brought_in_step_meanwhile_is_given_up(self) -> None:
        get_balancer().fell("db-1", "pulled")
        Order.objects.create(item="bread")
        get_balancer().ask("db-0")
        for name in ("db-0", "db-2"):
            ask(name, "DELETE FROM evenkeel_missed_writes")
        for write in (self.write_in_transaction, self.write_alone):
            with self.assertRaises(MembershipChanged):
                write()
        self.assertEqual(items("db-0"), ["bread"])
        self.assertEqual(len(self.told), 1)

    def write_in_transaction(self) -> None:
        with transaction.atomic():
            Order.objects.create(item="wine")

    def write_alone(self) -> None:
        Order.objects.create(item="wine")

    def test_whoever_hears_of_a_miss_may_write(self) -> None:
        def note(taken: tuple[str, ...], missed: dict[str, str], **_: Any) -> None:
            write_missed.disconnect(note)
            Order.objects.create(item=f"without {', '.join(missed)}")

        get_balancer().fell("db-1", "pulled")
        write_missed.connect(note, weak=False)
        self.write_in_transaction()
        self.assertEqual(items("db-0"), ["wine", "without db-1"])

    def test_a_miss_is_raised_where_that_is_wanted_and_the_write_stands(self) -> None:
        get_balancer().fell("db-1", "pulled")
        with changed(on_miss="raise"):
            for write in (self.write_alone, self.write_in_transaction):
                with self.assertRaises(WriteMissed) as caught:
                    write()
                self.assertEqual(caught.exception.taken, ("db-0", "db-2"))
                self.assertEqual(list(caught.exception.missed), ["db-1"])
                self.assertFalse(connection.in_atomic_block)
        self.assert_items(db_0=["wine", "wine"], db_1=[], db_2=["wine", "wine"])

    def test_what_would_reach_one_database_alone_is_refused(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            with self.assertRaises(NotSupportedError):
                cursor.copy("COPY shop_order FROM STDIN")

    def test_tables_are_made_everywhere(self) -> None:
        with connection.schema_editor() as editor:
            editor.execute("CREATE TABLE made_for_a_test (id int)")
        try:
            for name in NAMES:
                self.assertEqual(ask(name, "SELECT count(*) FROM made_for_a_test"), [(0,)])
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE made_for_a_test")

    def test_an_error_keeps_its_class(self) -> None:
        with self.assertRaises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("INSERT INTO nowhere VALUES (1)")
        self.assertEqual(get_balancer().writers(), NAMES)


@contextmanager
def changed(**settings: Any) -> Iterator[None]:
    one = get_balancer()
    before = one.settings
    one.settings = replace(before, **settings)
    try:
        yield
    finally:
        one.settings = before
