import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0004_found_by_date"),
        ("paging", "0009_incident_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="TeamWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("told", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("version", models.PositiveIntegerField(db_default=0, default=0)),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="team_word", to="incidents.incident"
                    ),
                ),
            ],
        ),
    ]
