"""What the balancer says of a pool."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .conf import LoadBalancer


@dataclass(frozen=True, slots=True)
class Pool:
    #: By name of a database that may be read or written, where it is.
    places: Mapping[str, Mapping[str, Any]]
    read: frozenset[str]
    write: frozenset[str]


def parse_pool(document: Mapping[str, Any]) -> Pool:
    endpoints = document["endpoints"]
    # Without a write list, whoever may be read is written to.
    writers = document.get("writers", endpoints)
    places = {one["pod"]: {"HOST": one["address"], "PORT": one["ports"][0]["port"]} for one in [*endpoints, *writers]}
    return Pool(
        places=places,
        read=frozenset(one["pod"] for one in endpoints),
        write=frozenset(one["pod"] for one in writers),
    )


class PoolReader:
    def __init__(self, settings: LoadBalancer) -> None:
        self._settings = settings
        self._etag: str | None = None

    def read(self) -> Pool | None:
        """The pool; None where it is as it was. Raises OSError or ValueError where it cannot be had."""
        assert self._settings.address
        request = urllib.request.Request(self._settings.address, headers={"Accept": "application/json"})
        if key := self._settings.key:
            request.add_header("Authorization", f"Bearer {key() if callable(key) else key}")
        if self._etag:
            request.add_header("If-None-Match", self._etag)
        try:
            with urllib.request.urlopen(request, timeout=self._settings.timeout) as answer:
                pool = parse_pool(json.load(answer))
                self._etag = answer.headers.get("ETag")
                return pool
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 304:
                    return None
            raise
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"the answer is no pool: {error!r}") from error
