"""Remediation items, as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from desk.api.fields import Instant, Person, absolute
from incidents.models import NotAllowed
from postmortems.models import Remediation, UnblockRequest
from teams.models import Team


@extend_schema_field(OpenApiTypes.STR)
class TeamSlug(serializers.Field[Team, Any, str, Any]):
    """A team in use, by slug."""

    def to_representation(self, value: Team) -> str:
        """The slug."""
        return value.slug

    def to_internal_value(self, data: object) -> Team:
        """Raises ValidationError for what is no text, NotAllowed (422) for an unknown team."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is not the slug of a team."))
        found = Team.objects.filter(archived_at=None, slug=data.strip()).first()
        if found is None:
            sentence = _("There is no team %s here.") % data[:100]
            raise NotAllowed(sentence, fields={self.field_name or "team": [sentence]})
        return found


class BlockShape(serializers.Serializer[UnblockRequest]):
    """Why it cannot go on, and what was answered."""

    code = serializers.ChoiceField(UnblockRequest.Code.choices)
    text = serializers.CharField()
    unblocks = serializers.CharField()
    since = Instant()
    manager = Person(allow_null=True)
    due_at = Instant()
    answer = serializers.SerializerMethodField()
    answer_text = serializers.CharField()
    answered_at = Instant(allow_null=True)
    ended_at = Instant(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(UnblockRequest.Answer.choices, allow_null=True))
    def get_answer(self, asked: UnblockRequest) -> str | None:
        """None while nobody answered."""
        return asked.answer or None


class RemediationShape(serializers.Serializer[Remediation]):
    """A remediation item. `block` is the last thing that was in its way: now, while the state is blocked."""

    id = serializers.IntegerField()
    incident = serializers.CharField(source="postmortem.incident.number")
    title = serializers.CharField()
    type = serializers.ChoiceField(Remediation.Type.choices)
    priority = serializers.ChoiceField(Remediation.Priority.choices)
    state = serializers.ChoiceField(Remediation.State.choices)
    owner = Person(allow_null=True)
    team = TeamSlug(allow_null=True)
    done_when = serializers.CharField()
    due = serializers.DateField(allow_null=True)
    first_due = serializers.DateField(allow_null=True)
    moves = serializers.IntegerField()
    public = serializers.BooleanField()
    evidence = serializers.CharField()
    decline_reason = serializers.CharField()
    risk_name = serializers.CharField()
    risk_until = serializers.DateField(allow_null=True)
    superseded_by = serializers.IntegerField(source="superseded_by_id", allow_null=True)
    block = serializers.SerializerMethodField()
    created_at = Instant()
    accepted_at = Instant(allow_null=True)
    done_at = Instant(allow_null=True)
    verified_at = Instant(allow_null=True)
    version = serializers.IntegerField()
    url = serializers.SerializerMethodField()

    @extend_schema_field(BlockShape(allow_null=True))
    def get_block(self, item: Remediation) -> dict[str, Any] | None:
        """The newest."""
        found = list(item.blocks.all())
        return dict(BlockShape(found[-1]).data) if found else None

    def get_url(self, item: Remediation) -> str:
        """Where people find it."""
        return absolute(item.path)


class Propose(serializers.Serializer[Any]):
    """A new item of an incident."""

    incident = serializers.CharField(max_length=25)
    title = serializers.CharField(max_length=300)
    type = serializers.ChoiceField(Remediation.Type.choices, default=Remediation.Type.PREVENT)
    priority = serializers.ChoiceField(Remediation.Priority.choices, default=Remediation.Priority.P2)
    owner = Person(required=False, allow_null=True, default=None)
    team = TeamSlug(required=False, allow_null=True, default=None)
    done_when = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    due = serializers.DateField(required=False, allow_null=True, default=None)
    public = serializers.BooleanField(required=False, default=False)


class EditItem(serializers.Serializer[Any]):
    """Other words, owner, team, priority, or another date (with its reason); `version` guards against overwriting."""

    title = serializers.CharField(max_length=300, required=False)
    type = serializers.ChoiceField(Remediation.Type.choices, required=False)
    priority = serializers.ChoiceField(Remediation.Priority.choices, required=False)
    owner = Person(required=False)
    team = TeamSlug(required=False)
    done_when = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    public = serializers.BooleanField(required=False)
    due = serializers.DateField(required=False)
    reason = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class Accepting(serializers.Serializer[Any]):
    """Who does it; without a name, whoever accepts."""

    owner = Person(required=False, allow_null=True, default=None)
    team = TeamSlug(required=False, allow_null=True, default=None)


class Text(serializers.CharField):
    """Words that a rule asks for: missing ones are a broken rule (422), not a malformed body."""

    def __init__(self, **options: Any) -> None:
        given: dict[str, Any] = {"max_length": 20_000, "required": False, "allow_blank": True, "default": ""}
        super().__init__(**given | options)


class Blocking(serializers.Serializer[Any]):
    """Why it cannot go on, in words, and what would let it go on."""

    code = serializers.ChoiceField(UnblockRequest.Code.choices)
    text = Text()
    unblocks = Text()


class Answering(serializers.Serializer[Any]):
    """The manager's answer, with the one thing that it needs: hours, text, owner, team or until."""

    answer = serializers.ChoiceField(UnblockRequest.Answer.choices)
    text = Text()
    hours = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=10_000, default=None)
    owner = Person(required=False, allow_null=True, default=None)
    team = TeamSlug(required=False, allow_null=True, default=None)
    until = serializers.DateField(required=False, allow_null=True, default=None)


class Doing(serializers.Serializer[Any]):
    """The address of what shows it."""

    evidence = Text(max_length=500)


class Verifying(serializers.Serializer[Any]):
    """How it was proven."""

    proof = Text()


class Declining(serializers.Serializer[Any]):
    """Why it is not done."""

    reason = Text()


class Risking(serializers.Serializer[Any]):
    """Who carries the risk, and until when."""

    until = serializers.DateField(required=False, allow_null=True, default=None)
    name = Text(max_length=200)
    reason = Text()
