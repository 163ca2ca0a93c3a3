from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model

from .balancer import get_balancer


class Router:
    """Reads from one database in turn; all else goes to "default", which is all of them."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        # Within a transaction one reads what one wrote.
        if connections[DEFAULT_DB_ALIAS].in_atomic_block:
            return DEFAULT_DB_ALIAS
        balancer = get_balancer()
        # One that does not let us in leaves the list, so that each is tried once.
        while name := balancer.next_reader():
            try:
                connections[name].ensure_connection()
            except Error as error:
                balancer.fell(name, error)
            else:
                return name
        return DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS
