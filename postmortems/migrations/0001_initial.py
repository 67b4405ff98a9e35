import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('incidents', '0003_clocks_due'),
        ('teams', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Postmortem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('draft', 'being written'), ('filed', 'filed'), ('needs_update', 'needs an update'), ('in_review', 'in review'), ('reviewed', 'reviewed')], default='draft', max_length=20)),
                ('created_at', models.DateTimeField()),
                ('filed_at', models.DateTimeField(blank=True, help_text='first filed; never cleared', null=True)),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('summary', models.TextField(blank=True, help_text='What happened, in plain words')),
                ('impact', models.TextField(blank=True, help_text='What customers felt, with a number')),
                ('impact_unknown_because', models.TextField(blank=True)),
                ('surprises', models.TextField(blank=True, help_text='What surprised us')),
                ('went_well', models.TextField(blank=True)),
                ('no_items_because', models.TextField(blank=True)),
                ('data_loss', models.BooleanField(default=False)),
                ('security', models.BooleanField(default=False)),
                ('public_by_hand', models.BooleanField(blank=True, help_text='null: the rule decides', null=True)),
                ('public_by_hand_because', models.TextField(blank=True)),
                ('public_text', models.TextField(blank=True, help_text='Markdown for customers')),
                ('public_signed_at', models.DateTimeField(blank=True, null=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('check_due_at', models.DateTimeField(blank=True, help_text='when to fetch the public address next', null=True)),
                ('seen_at', models.DateTimeField(blank=True, help_text='when an anonymous GET answered 200', null=True)),
                ('version', models.PositiveIntegerField(default=1, help_text='grows with each change; two writers are told')),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('incident', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='postmortem', to='incidents.incident')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postmortems_owned', to=settings.AUTH_USER_MODEL)),
                ('public_signed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Factor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('postmortem', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='factors', to='postmortems.postmortem')),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('internal', 'internal'), ('public', 'public')], max_length=10)),
                ('round', models.PositiveSmallIntegerField(default=1, help_text='grows with each reopening')),
                ('state', models.CharField(choices=[('running', 'running'), ('paused', 'paused'), ('met', 'on time'), ('met_extended', 'on time, extended'), ('missed', 'missed'), ('waived', 'waived'), ('cancelled', 'cancelled')], default='running', max_length=20)),
                ('started_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('not_before', models.DateTimeField(blank=True, help_text='a later change gives at least until then', null=True)),
                ('late_flag', models.BooleanField(default=False, help_text='the duty was noticed late')),
                ('ended_at', models.DateTimeField(blank=True, help_text='filed or published, waived or cancelled', null=True)),
                ('missed_at', models.DateTimeField(blank=True, null=True)),
                ('extensions', models.PositiveSmallIntegerField(default=0)),
                ('extended_to', models.DateTimeField(blank=True, null=True)),
                ('extension_reason', models.TextField(blank=True)),
                ('extension_asked_at', models.DateTimeField(blank=True, null=True)),
                ('waiver', models.CharField(blank=True, choices=[('internal_only', 'only we felt it'), ('upstream_report', 'a provider reports it'), ('security_embargo', 'security embargo'), ('contract', 'a contract forbids it'), ('duplicate', 'told elsewhere already')], max_length=20)),
                ('waiver_text', models.TextField(blank=True)),
                ('waiver_link', models.URLField(blank=True, max_length=500)),
                ('extended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('waived_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('postmortem', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='postmortems.postmortem')),
            ],
            options={
                'ordering': ['postmortem', 'kind', 'round'],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prompt', models.CharField(help_text='its key, e.g. signals-1', max_length=40)),
                ('group', models.CharField(max_length=20)),
                ('question', models.TextField()),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('postmortem', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='postmortems.postmortem')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Remediation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=300)),
                ('type', models.CharField(choices=[('prevent', 'prevent'), ('detect', 'detect'), ('mitigate', 'mitigate'), ('respond', 'respond'), ('learn', 'learn'), ('access', 'access'), ('automate', 'automate')], default='prevent', max_length=20)),
                ('priority', models.CharField(choices=[('P0', 'P0'), ('P1', 'P1'), ('P2', 'P2'), ('P3', 'P3')], default='P2', max_length=2)),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('accepted', 'accepted'), ('in_progress', 'in progress'), ('blocked', 'cannot go on'), ('done', 'done'), ('verified', 'verified'), ('declined', 'declined'), ('risk_accepted', 'risk accepted'), ('superseded', 'superseded')], default='proposed', max_length=20)),
                ('done_when', models.TextField(blank=True, help_text='how anybody can see that it is done')),
                ('due', models.DateField(blank=True, null=True)),
                ('first_due', models.DateField(blank=True, null=True)),
                ('moves', models.PositiveSmallIntegerField(default=0, help_text='how often the date was moved')),
                ('public', models.BooleanField(default=False, help_text='customers may read its title')),
                ('evidence', models.URLField(blank=True, max_length=500)),
                ('decline_reason', models.TextField(blank=True)),
                ('risk_name', models.CharField(blank=True, max_length=200)),
                ('risk_until', models.DateField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='remediations', to=settings.AUTH_USER_MODEL)),
                ('postmortem', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='postmortems.postmortem')),
                ('superseded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='postmortems.remediation')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='remediations', to='teams.team')),
            ],
            options={
                'ordering': ['due', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ItemEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=20)),
                ('text', models.TextField(blank=True)),
                ('data', models.JSONField(default=dict)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='postmortems.remediation')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=20)),
                ('due_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, help_text='sent, collapsed or dropped', max_length=20)),
                ('clock', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='postmortems.clock')),
            ],
            options={
                'ordering': ['due_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Row',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('text', models.TextField()),
                ('kept', models.BooleanField(default=True)),
                ('entry', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='incidents.timelineentry')),
                ('postmortem', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='postmortems.postmortem')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='UnblockRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(choices=[('no_time', 'no time'), ('needs_decision', 'a decision is missing'), ('needs_budget', 'money is missing'), ('other_team', 'another team must act'), ('vendor', 'a vendor must act'), ('access', 'access is missing'), ('unknown_how', 'we do not know how'), ('owner_gone', 'the owner left')], max_length=20)),
                ('text', models.TextField()),
                ('unblocks', models.TextField(blank=True, help_text='what would let it go on')),
                ('since', models.DateTimeField()),
                ('due_at', models.DateTimeField(help_text='three working days')),
                ('escalated_at', models.DateTimeField(blank=True, help_text='when the director was told', null=True)),
                ('answer', models.CharField(blank=True, choices=[('grant_hours', 'grant hours'), ('decide', 'decide'), ('reassign', 'reassign'), ('bring_team', 'bring the other team'), ('accept_risk', 'accept the risk')], max_length=20)),
                ('answer_text', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text='the item goes on again', null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to='postmortems.remediation')),
                ('manager', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unblock_requests', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['since', 'pk'],
            },
        ),
        migrations.AddIndex(
            model_name='postmortem',
            index=models.Index(condition=models.Q(('check_due_at__isnull', False)), fields=['check_due_at'], name='postmortem_check'),
        ),
        migrations.AddIndex(
            model_name='postmortem',
            index=models.Index(fields=['owner', 'state'], name='postmortem_owner'),
        ),
        migrations.AddConstraint(
            model_name='postmortem',
            constraint=models.CheckConstraint(condition=models.Q(('published_at', None), ('public_signed_at__isnull', False), _connector='OR'), name='postmortem_published_is_signed'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('missed_at', None), ('state', 'running')), fields=['due_at'], name='clock_due'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(fields=['kind', 'due_at'], name='clock_kind_due'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(fields=('postmortem', 'kind', 'round'), name='clock_once_per_round'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['running', 'paused'])), fields=('postmortem', 'kind'), name='clock_one_running'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'waived'), _negated=True), models.Q(('waiver', ''), _negated=True), _connector='OR'), name='clock_waived_says_why'),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.UniqueConstraint(fields=('postmortem', 'prompt'), name='answer_once_per_prompt'),
        ),
        migrations.AddIndex(
            model_name='remediation',
            index=models.Index(fields=['state', 'due'], name='item_state_due'),
        ),
        migrations.AddConstraint(
            model_name='remediation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['done', 'verified']), _negated=True), models.Q(('evidence', ''), _negated=True), _connector='OR'), name='item_done_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='remediation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), _negated=True), models.Q(('decline_reason', ''), _negated=True), _connector='OR'), name='item_declined_says_why'),
        ),
        migrations.AddConstraint(
            model_name='remediation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'risk_accepted'), _negated=True), models.Q(('risk_until__isnull', False), models.Q(('risk_name', ''), _negated=True)), _connector='OR'), name='item_risk_has_name_and_end'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('done_at', None)), fields=['due_at'], name='reminder_due'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('clock', 'step'), name='reminder_once_per_step'),
        ),
        migrations.AddConstraint(
            model_name='row',
            constraint=models.UniqueConstraint(fields=('postmortem', 'entry'), name='row_once_per_entry'),
        ),
        migrations.AddIndex(
            model_name='unblockrequest',
            index=models.Index(condition=models.Q(('answered_at', None), ('ended_at', None), ('escalated_at', None)), fields=['due_at'], name='block_unanswered'),
        ),
        migrations.AddConstraint(
            model_name='unblockrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('item',), name='block_one_open_per_item'),
        ),
        migrations.AddConstraint(
            model_name='unblockrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='block_answer_is_stamped'),
        ),
    ]
