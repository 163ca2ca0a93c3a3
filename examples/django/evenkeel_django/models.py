from django.db import models


class MissedWrites(models.Model):
    """A database that missed writes, as the others tell it: every process reads it, so that none reads from there."""

    database = models.CharField(max_length=253, primary_key=True)
    since = models.FloatField(help_text="Unix seconds of the first write that it missed")
    why = models.TextField()
    writes = models.BigIntegerField(help_text="How many writing transactions it missed")

    class Meta:
        app_label = "evenkeel"
        db_table = "evenkeel_missed_writes"
        verbose_name_plural = "missed writes"

    def __str__(self) -> str:
        return f"{self.database} missed {self.writes} writes: {self.why}"
