from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("postmortems", "0004_found_by_date"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("kind", "public"), ("state__in", ["running", "missed"])),
                fields=["-due_at"],
                name="clock_owed_public",
            ),
        ),
        migrations.AddIndex(
            model_name="postmortem",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)), fields=["-published_at"], name="postmortem_public"
            ),
        ),
    ]
