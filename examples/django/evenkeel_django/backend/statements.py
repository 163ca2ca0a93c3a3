"""What can be said of a statement by its first word."""

from __future__ import annotations

import re
from typing import Any

#: What changes nothing that another database would miss. A WITH may.
READS = frozenset("SELECT VALUES SHOW EXPLAIN SET DECLARE FETCH CLOSE SAVEPOINT RELEASE ROLLBACK PRAGMA".split())

_first_word = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)


def is_write(sql: str) -> bool:
    """Whether a database that did not hear it would miss something. What is not known is taken for a write."""
    found = _first_word.match(sql)
    return found is None or found.group(1).upper() not in READS


_alone = re.compile(
    r"\s*(?:VACUUM|CREATE\s+DATABASE|DROP\s+DATABASE|ALTER\s+SYSTEM|.*\bINDEX\s+CONCURRENTLY)\b", re.I | re.S
)


def stands_alone(sql: str) -> bool:
    """Whether PostgreSQL refuses it within a transaction."""
    return _alone.match(sql) is not None


def answers_rows(cursor: Any) -> bool:
    return cursor.description is not None
