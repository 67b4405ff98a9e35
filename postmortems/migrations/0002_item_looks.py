from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('postmortems', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='remediation',
            name='look_due_at',
            field=models.DateTimeField(blank=True, help_text='the next reminder, or the end of the risk', null=True),
        ),
        migrations.AddIndex(
            model_name='remediation',
            index=models.Index(condition=models.Q(('look_due_at__isnull', False)), fields=['look_due_at'], name='item_look_due'),
        ),
    ]
