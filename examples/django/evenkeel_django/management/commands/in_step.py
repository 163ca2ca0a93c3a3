"""Brings a database that missed writes in step with the others, or says where it is not."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ...balancer import Balancer, get_balancer
from ...connecting import connect
from ...models import MissedWrites

BATCH = 1_000


def tables() -> list[tuple[str, list[str], list[str]]]:
    """Of every table that the models have: its name, its columns, and those of its key."""
    models: list[type[Model]] = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model is not MissedWrites
    ]
    found = [
        (
            model._meta.db_table,
            [field.column for field in model._meta.local_concrete_fields],
            [field.column for field in model._meta.pk_fields],
        )
        for model in models
    ]
    return [("django_migrations", ["id", "app", "name"], ["app", "name"]), *found]


def rows(connection: BaseDatabaseWrapper, table: str, columns: list[str], key: list[str]) -> Iterator[tuple[Any, ...]]:
    quote = connection.ops.quote_name
    listed, order = (", ".join(map(quote, names)) for names in (columns, key))
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {listed} FROM {quote(table)} ORDER BY {order}")
        while some := cursor.fetchmany(BATCH):
            yield from some


def digest(connection: BaseDatabaseWrapper, table: str, columns: list[str], key: list[str]) -> str:
    sum_ = hashlib.sha256()
    for row in rows(connection, table, columns, key):
        sum_.update(repr(row).encode())
    return sum_.hexdigest()


def counters(connection: BaseDatabaseWrapper) -> dict[str, tuple[int, bool]]:
    """Where each sequence stands: what is counted next is no part of any table."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences")
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"SELECT last_value, is_called FROM {name}")
            found[name] = cursor.fetchone()
        return found


class Command(BaseCommand):
    help = (
        "Compares a database that missed writes with one that did not, while nobody can write, and lets it back where "
        "they are alike. With --copy they are made alike."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("database")
        parser.add_argument("--copy", action="store_true", help="copy the tables that differ")

    def handle(self, *args: Any, database: str, copy: bool, **options: Any) -> None:
        balancer = get_balancer()
        if database not in balancer.known():
            raise CommandError(f"there is no database {database}: there are {', '.join(sorted(balancer.known()))}")
        if database not in balancer.behind():
            self.stdout.write(f"{database} misses nothing.")
            return
        names = balancer.writers()
        if not names:
            raise CommandError("there is no database to compare it with")
        with ExitStack() as stack:
            opened = {name: stack.enter_context(closing(self._connect(balancer, name))) for name in [*names, database]}
            self._bring(opened[names[0]], opened[database], [opened[name] for name in names[1:]], copy)
        self.stdout.write(f"{database} is in step.")

    def _connect(self, balancer: Balancer, name: str) -> BaseDatabaseWrapper:
        return connect(name, balancer.place(name))

    def _bring(
        self, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper, others: list[BaseDatabaseWrapper], copy: bool
    ) -> None:
        for connection in (source, target, *others):
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        every = tables()
        self._lock(source, [table for table, _, _ in every])
        differing = [one for one in every if digest(source, *one) != digest(target, *one)]
        if any(table == "django_migrations" for table, _, _ in differing):
            raise CommandError(
                f"{target.alias} has missed migrations: run `migrate` on it by a backend of its own, "
                "or restore it from a dump"
            )
        if differing and not copy:
            listed = ", ".join(table for table, _, _ in differing)
            raise CommandError(f"{target.alias} differs in {listed}: restore it, or use --copy")
        self._copy(source, target, differing)
        self._count_on(source, target)
        with target.cursor() as cursor:
            cursor.execute("DELETE FROM evenkeel_missed_writes")
        target.commit()
        # The first one last: until then nobody can write, and it says that the database is behind.
        for connection in (*others, source):
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM evenkeel_missed_writes WHERE database = %s", [target.alias])
            connection.commit()

    def _lock(self, source: BaseDatabaseWrapper, names: list[str]) -> None:
        if source.vendor != "postgresql":
            self.stderr.write(f"{source.vendor} cannot be kept from writes: see that nobody writes meanwhile")
            return
        listed = ", ".join(map(source.ops.quote_name, names))
        with source.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {listed} IN SHARE MODE")

    def _copy(
        self,
        source: BaseDatabaseWrapper,
        target: BaseDatabaseWrapper,
        differing: list[tuple[str, list[str], list[str]]],
    ) -> None:
        quote = target.ops.quote_name
        with target.cursor() as cursor:
            if target.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for table, _, _ in differing:
                cursor.execute(f"DELETE FROM {quote(table)}")
            for table, columns, key in differing:
                listed, marks = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
                for row in rows(source, table, columns, key):
                    cursor.execute(f"INSERT INTO {quote(table)} ({listed}) VALUES ({marks})", row)
                self.stdout.write(f"{table} is copied.")

    def _count_on(self, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper) -> None:
        with target.cursor() as cursor:
            for name, (value, is_called) in counters(source).items():
                cursor.execute("SELECT setval(%s, %s, %s)", [name, value, is_called])
