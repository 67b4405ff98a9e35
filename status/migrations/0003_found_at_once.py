from django.db import migrations, models

LAST = """
UPDATE status_publicincident p SET unresolved = true
  FROM (SELECT DISTINCT ON (u.public_id) u.public_id, u.status
          FROM status_publicupdate u JOIN status_publicincident q ON q.id = u.public_id
         WHERE q.withdrawn_at IS NULL OR u.at > q.withdrawn_at
         ORDER BY u.public_id, u.at DESC, u.id DESC) last
 WHERE last.public_id = p.id AND last.status <> 'resolved'
"""


class Migration(migrations.Migration):

    dependencies = [
        ("status", "0002_public_incidents"),
    ]

    operations = [
        migrations.AddField(
            model_name="publicincident",
            name="unresolved",
            field=models.BooleanField(
                default=False, editable=False, help_text="the last update that stands does not say that it is over"
            ),
        ),
        migrations.RunSQL(LAST, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="publicincident",
            index=models.Index(
                condition=models.Q(("unresolved", True)), fields=["incident"], name="public_incident_unresolved"
            ),
        ),
        migrations.AddIndex(
            model_name="publicupdate",
            index=models.Index(fields=["-at"], name="public_update_newest"),
        ),
    ]
