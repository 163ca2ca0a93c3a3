from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db.models import AutoField


@register(Tags.models)
def keys_are_made_here(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Two that write at once may get each other's number on another database."""
    return [
        Warning(
            f"{model._meta.label} has keys that each database counts for itself",
            hint="Make them in the application, as by UUIDField(primary_key=True, default=uuid.uuid4).",
            obj=model,
            id="evenkeel.W001",
        )
        for model in apps.get_models()
        if isinstance(model._meta.pk, AutoField)
        and not model._meta.auto_created
        and (app_configs is None or model._meta.app_config in app_configs)
    ]
