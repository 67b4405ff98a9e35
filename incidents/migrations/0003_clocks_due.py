from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0002_initial'),
        ('teams', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='incident',
            name='clocks_due_at',
            field=models.DateTimeField(blank=True, help_text='when the deadlines must be looked at', null=True),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('clocks_due_at__isnull', False)), fields=['clocks_due_at'], name='incident_clocks_due'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('resolved_at__isnull', False)), fields=['resolved_at'], name='incident_resolved'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(fields=['detected_at'], name='incident_detected'),
        ),
    ]
