from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="MissedWrites",
            fields=[
                ("database", models.CharField(max_length=253, primary_key=True, serialize=False)),
                ("since", models.FloatField(help_text="Unix seconds of the first write that it missed")),
                ("why", models.TextField()),
                ("writes", models.BigIntegerField(help_text="How many writing transactions it missed")),
            ],
            options={"db_table": "evenkeel_missed_writes", "verbose_name_plural": "missed writes"},
        ),
    ]
