import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("paging", "0006_long_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WakeTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "planned"), ("asking", "asking")], default="planned", max_length=10
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("silent_since", models.DateTimeField(blank=True, help_text="when that test was sent", null=True)),
                (
                    "method",
                    models.ForeignKey(
                        blank=True,
                        help_text="what it rang: next week it is the turn of the one after it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="paging.contactmethod",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        blank=True,
                        help_text="the last test",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="paging.page",
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wake_test",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "silent_method",
                    models.ForeignKey(
                        blank=True,
                        help_text="the way of the last test that nobody answered",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="paging.contactmethod",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["due_at"], name="wake_test_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "asking"), _negated=True), ("asked_at__isnull", False), _connector="OR"
                        ),
                        name="wake_test_asked",
                    )
                ],
            },
        ),
    ]
