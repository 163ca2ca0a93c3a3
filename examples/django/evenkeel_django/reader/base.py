"""The backend of a single database that is read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import Error, connections

from ..balancer import get_balancer
from ..connecting import Wrapped, is_lost


class DatabaseWrapper(Wrapped):  # type: ignore[misc, valid-type]
    """A read that finds its database gone is read from another, once."""

    def __init__(self, settings_dict: dict[str, Any], alias: str) -> None:
        super().__init__(settings_dict, alias)
        self.execute_wrappers.append(self._turn_elsewhere)

    def get_connection_params(self) -> dict[str, Any]:
        # It may be elsewhere than when this thread connected last.
        self.settings_dict.update(get_balancer().place(self.alias))
        return super().get_connection_params()

    def _turn_elsewhere(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except Error as error:
            if self.in_atomic_block or not is_lost(self):
                raise
            balancer = get_balancer()
            balancer.fell(self.alias, error)
            self.close()
            other = balancer.next_reader()
            if other is None or other == self.alias:
                raise
            # From here on the cursor that the caller holds is one of the other database.
            context["cursor"].cursor = connections[other].cursor().cursor
            return execute(sql, params, many, context)
