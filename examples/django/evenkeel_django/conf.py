"""settings.LOAD_BALANCER, read once and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

READ = ("RoundRobin", "FastestResponse")
ON_MISS = ("signal", "raise")


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    #: The pool, as in http://evenkeel.evenkeel:8080/v1/pools/shop/orders; none: DATABASES say where each one is.
    address: str | None = None
    #: A token, sent as a bearer's; or what brings it, as one that is renewed.
    key: str | Callable[[], str] | None = None
    #: Those that every write goes to, by name, and what differs from DATABASES["default"]. Who they are is never found
    #: out: one that is new, or away for a while, has not what the others have. Beside a pool the names are its pods'.
    databases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: The backend that is wrapped.
    engine: str = "django.db.backends.postgresql"
    #: How the database of a read is chosen.
    read: str = "RoundRobin"
    #: Seconds between two looks at the pool, and at each database that is up.
    interval: float = 5.0
    #: Seconds after which a fallen database is asked again.
    recheck: float = 30.0
    #: Seconds that the pool has to answer, and that the first read or write waits for the first looks.
    timeout: float = 2.0
    #: How many databases must take a write; None: more than half of those that are known.
    minimum: int | None = None
    #: What tells of a write that some database missed, beside the log: the signal write_missed, or WriteMissed too.
    on_miss: str = "signal"


@cache
def load_balancer() -> LoadBalancer:
    given: dict[str, Any] = getattr(settings, "LOAD_BALANCER", {})
    names = {name.upper(): name for name in LoadBalancer.__dataclass_fields__}
    if unknown := sorted(set(given) - set(names)):
        raise ImproperlyConfigured(f"LOAD_BALANCER has no {', '.join(unknown)}; it has {', '.join(names)}")
    values = {names[name]: value for name, value in given.items()}
    databases = values.get("databases") or {}
    if not isinstance(databases, Mapping):
        databases = {name: {} for name in databases}
    found = LoadBalancer(**{**values, "databases": databases})
    if not found.databases:
        raise ImproperlyConfigured("LOAD_BALANCER['DATABASES'] names the databases that every write goes to")
    if found.read not in READ:
        raise ImproperlyConfigured(f"LOAD_BALANCER['READ'] is one of {', '.join(READ)}")
    if found.on_miss not in ON_MISS:
        raise ImproperlyConfigured(f"LOAD_BALANCER['ON_MISS'] is one of {', '.join(ON_MISS)}")
    for name in ("interval", "recheck", "timeout"):
        if not getattr(found, name) > 0:
            raise ImproperlyConfigured(f"LOAD_BALANCER['{name.upper()}'] is a number of seconds")
    return found
