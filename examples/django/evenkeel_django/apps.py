from django.apps import AppConfig


class EvenkeelConfig(AppConfig):
    name = "evenkeel_django"
    label = "evenkeel"
    verbose_name = "Databases behind a balancer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401
