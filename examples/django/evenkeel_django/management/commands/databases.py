from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ...balancer import get_balancer


class Command(BaseCommand):
    help = "Tells which databases there are, which are read from, and which miss writes."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, state in get_balancer().state().items():
            response = state["response_ms"]
            time = "" if response is None else f"{response:.1f} ms"
            read = "read and written" if state["read"] else "up" if state["up"] else "down"
            self.stdout.write(f"{name:<20} {read:<18} {time:>9} {state.get('why', '')}".rstrip())
