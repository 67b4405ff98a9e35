"""What visitors read is the text as it was signed; the text that is being written stands beside it."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0002_item_looks")]

    operations = [
        migrations.RemoveConstraint("postmortem", "postmortem_published_is_signed"),
        migrations.AddField(
            "postmortem",
            "published_text",
            models.TextField(blank=True, default="", help_text="what visitors read: the text as it was signed"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "postmortem",
            models.CheckConstraint(
                condition=Q(published_at=None) | ~Q(published_text=""), name="postmortem_published_has_text"
            ),
        ),
    ]
