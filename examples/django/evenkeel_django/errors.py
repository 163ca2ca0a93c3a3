from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import OperationalError


class TooFewDatabases(OperationalError):
    """Fewer databases could take a write than must: nothing was written."""


class MembershipChanged(OperationalError):
    """A database was brought in step while the transaction went on without it: nothing was written, try again."""


class WriteMissed(OperationalError):
    """A write stands where it was taken, and some databases did not take it."""

    def __init__(self, taken: Sequence[str], missed: Mapping[str, str]) -> None:
        self.taken = tuple(taken)
        self.missed = dict(missed)
        why = "; ".join(f"{name} ({reason})" for name, reason in self.missed.items())
        super().__init__(f"taken by {', '.join(self.taken)}, missed by {why}")
