import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0004_found_by_date"),
        ("paging", "0008_mattermost_and_matrix"),
    ]

    operations = [
        migrations.CreateModel(
            name="IncidentChannel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("live", "kept up to date"),
                            ("left", "somebody put it away in Slack"),
                            ("archived", "archived"),
                        ],
                        default="live",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(help_text="what it is called, or asked to be called", max_length=80)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="names that were asked for; later ones have a suffix"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        help_text="since when this name is asked for: a channel made later by us is ours"
                    ),
                ),
                ("private", models.BooleanField(default=False)),
                ("channel", models.CharField(blank=True, help_text="Slack's id of it", max_length=30)),
                ("topic", models.CharField(blank=True, max_length=250)),
                ("head", models.CharField(blank=True, help_text="Slack's stamp of its first message", max_length=30)),
                ("pinned", models.BooleanField(default=False)),
                (
                    "invited",
                    models.JSONField(default=list, help_text="member ids, also of those who could not be invited"),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=0, help_text="of the incident, when it was last looked at"),
                ),
                (
                    "due_at",
                    models.DateTimeField(help_text="not to be looked at earlier: a try is under way, or has failed"),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("archive_at", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slack_channel",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "live")), fields=["due_at"], name="incident_channel_due"),
                    models.Index(
                        condition=models.Q(("channel", ""), _negated=True),
                        fields=["channel"],
                        name="incident_channel_id",
                    ),
                ],
            },
        ),
    ]
