"""Connections to single databases, whose settings are those of DATABASES["default"] but for where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from .conf import load_balancer

READER_ENGINE = "evenkeel_django.reader"

#: The backend that is wrapped.
Wrapped: type[BaseDatabaseWrapper] = load_backend(load_balancer().engine).DatabaseWrapper


def settings_of(place: Mapping[str, Any], engine: str) -> dict[str, Any]:
    base = connections.settings[DEFAULT_DB_ALIAS]
    return {**base, "TEST": {**base["TEST"]}, **place, "ENGINE": engine, "ATOMIC_REQUESTS": False}


def register(places: Mapping[str, Mapping[str, Any]]) -> None:
    """Makes each database an alias that can be read from."""
    known = {name: settings_of(place, READER_ENGINE) for name, place in places.items()}
    # As a whole: other threads walk over it.
    connections.settings = {**connections.settings, **known}


def connect(name: str, place: Mapping[str, Any]) -> BaseDatabaseWrapper:
    """A connection of one's own to one database, by the wrapped backend."""
    connection = Wrapped(settings_of(place, load_balancer().engine), name)
    connection.ensure_connection()
    return connection


def is_lost(connection: BaseDatabaseWrapper) -> bool:
    """Whether the connection is over, as opposed to a statement that failed on it."""
    raw = connection.connection
    closed = getattr(raw, "closed", None)
    if raw is None or closed is None:
        return raw is None or not connection.is_usable()
    return bool(closed)


def close_quietly(connection: BaseDatabaseWrapper) -> None:
    try:
        connection.close()
    except connection.Database.Error:
        connection.connection = None
