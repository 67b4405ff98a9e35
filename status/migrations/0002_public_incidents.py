import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import status.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0003_clocks_due'),
        ('status', '0001_components'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ComponentChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('old', models.CharField(choices=[('operational', 'operational'), ('degraded_performance', 'degraded performance'), ('partial_outage', 'partial outage'), ('major_outage', 'major outage'), ('under_maintenance', 'under maintenance')], max_length=24)),
                ('new', models.CharField(choices=[('operational', 'operational'), ('degraded_performance', 'degraded performance'), ('partial_outage', 'partial outage'), ('major_outage', 'major outage'), ('under_maintenance', 'under maintenance')], max_length=24)),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PublicIncident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(default=status.models.new_code, editable=False, max_length=12, unique=True)),
                ('title', models.CharField(max_length=200, verbose_name='title for customers')),
                ('created_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, help_text='published by mistake: no longer shown', null=True)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PublicUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(default=status.models.new_code, editable=False, max_length=12, unique=True)),
                ('status', models.CharField(choices=[('investigating', 'Investigating'), ('identified', 'Identified'), ('monitoring', 'Monitoring'), ('resolved', 'Resolved')], max_length=20)),
                ('body', models.TextField(verbose_name='what customers should know')),
                ('at', models.DateTimeField()),
                ('next_by', models.DateTimeField(blank=True, help_text='the promise of the next update', null=True)),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='component',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='component',
            name='update_update',
        ),
        migrations.AddField(
            model_name='component',
            name='code',
            field=models.CharField(default='', editable=False, max_length=12),
        ),
        # Components of an earlier version get ids of their own before the ids must be unique.
        migrations.RunSQL(
            "UPDATE status_component SET code = substr(md5(random()::text || id::text), 1, 12)", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name='component',
            name='code',
            field=models.CharField(default=status.models.new_code, editable=False, max_length=12, unique=True),
        ),
        migrations.AddField(
            model_name='component',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='componentevent',
            name='code',
            field=models.CharField(default=status.models.new_code, editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name='componentevent',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='component',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "status_componentevent" ("archived_at", "code", "created_at", "from_file", "group", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "public", "service_id", "slug") VALUES (NEW."archived_at", NEW."code", NEW."created_at", NEW."from_file", NEW."group", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."public", NEW."service_id", NEW."slug"); RETURN NULL;', hash='3dcd46908344c26c60350910d596b563caf8f09b', operation='INSERT', pgid='pgtrigger_insert_insert_ac4ce', table='status_component', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='component',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "status_componentevent" ("archived_at", "code", "created_at", "from_file", "group", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "public", "service_id", "slug") VALUES (NEW."archived_at", NEW."code", NEW."created_at", NEW."from_file", NEW."group", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."public", NEW."service_id", NEW."slug"); RETURN NULL;', hash='4770a1183d5d9c781788a9438f65d91bb6a3dece', operation='UPDATE', pgid='pgtrigger_update_update_cb382', table='status_component', when='AFTER')),
        ),
        migrations.AddField(
            model_name='componentchange',
            name='component',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='status.component'),
        ),
        migrations.AddField(
            model_name='publicincident',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='publicincident',
            name='incident',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='public', to='incidents.incident'),
        ),
        migrations.AddField(
            model_name='publicupdate',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='publicupdate',
            name='public',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='updates', to='status.publicincident'),
        ),
        migrations.AddField(
            model_name='componentchange',
            name='update',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='status.publicupdate'),
        ),
        migrations.AddIndex(
            model_name='publicincident',
            index=models.Index(fields=['-created_at'], name='public_incident_newest'),
        ),
        migrations.AddIndex(
            model_name='publicupdate',
            index=models.Index(fields=['public', 'at'], name='public_update_at'),
        ),
        migrations.AddIndex(
            model_name='componentchange',
            index=models.Index(fields=['component', 'at'], name='component_change_at'),
        ),
        migrations.AddConstraint(
            model_name='componentchange',
            constraint=models.UniqueConstraint(fields=('component', 'update'), name='component_once_per_update'),
        ),
    ]
