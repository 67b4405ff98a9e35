
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0014_held_there'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RuleVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('rules', models.JSONField(default=list)),
                ('back_to', models.PositiveIntegerField(blank=True, help_text='the version whose rules came back with it', null=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rule_versions', to='alerts.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'number'), name='rule_version_number'), models.UniqueConstraint(condition=models.Q(('source', None)), fields=('number',), name='rule_version_of_routes')],
            },
        ),
    ]
