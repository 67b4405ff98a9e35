"""The incident itself, with its constraints and indexes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from incidents.models.story import ImpactInterval, RoleTenure, TimelineEntry
from incidents.models.words import NUMBER, OPEN, OPEN_Q, Kind, State, number_of, path_of
from teams.models import Role, Service, Severity, Team, User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class IncidentQuerySet(models.QuerySet["Incident"]):
    """The questions that several rooms ask about incidents."""

    def open(self) -> IncidentQuerySet:
        """Every state but resolved, closed, cancelled and merged."""
        return self.filter(OPEN_Q)

    def visible_to(self, user: User) -> IncidentQuerySet:
        """What `user` may see: everything but restricted incidents of other teams."""
        if user.role == Role.ADMIN:
            return self
        theirs = IncidentQuerySet(Incident).restricted_of(user)
        return self.filter(Q(restricted=False) | Q(pk__in=theirs.values("pk")))

    def restricted_of(self, user: User) -> IncidentQuerySet:
        """The restricted ones that `user` may see for a team or for a role in them, whatever else they are; unordered."""
        theirs = Q(service__in=_services_of(user)) | Q(pk__in=_held_by(user))
        return self.filter(theirs, restricted=True).order_by()

    def hidden_from(self, user: User) -> IncidentQuerySet:
        """What `user` may not see; they are few, so whoever asks for what hangs on incidents excludes these."""
        if user.role == Role.ADMIN:
            return self.none()
        found = self.filter(restricted=True).exclude(service__in=_services_of(user))
        return found.exclude(pk__in=_held_by(user)).order_by()

    def locked(self, pk: int) -> Incident:
        """The row under its lock. It comes first in every path that writes; call inside a transaction."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def numbered(self, number: str) -> IncidentQuerySet:
        """The incident called `INC-12` (or `12`); nothing for any other text."""
        found = NUMBER.fullmatch(number.strip())
        return self.filter(pk=int(found[1])) if found else self.none()


def _services_of(user: User) -> models.QuerySet[Service, Any]:
    """Keys of the services of the teams that `user` belongs to, manages or directs."""
    teams = Team.objects.filter(Q(memberships__user=user) | Q(manager=user) | Q(director=user))
    return Service.objects.filter(team__in=teams.order_by().values("pk")).order_by().values("pk")


def _held_by(user: User) -> models.QuerySet[RoleTenure, Any]:
    """Keys of the incidents in which `user` has a role, or had."""
    return RoleTenure.objects.filter(person=user).order_by().values("incident")


class Incident(models.Model):
    """Something that hurts now, or did. `incidents.lifecycle` is the only writer of its state."""

    title = models.CharField(max_length=300)
    state = models.CharField(max_length=20, choices=State.choices, default=State.TRIAGE)
    label = models.CharField(max_length=60, blank=True, help_text=_("a free word beside the state"))
    severity = models.CharField(_("class"), max_length=20, choices=Severity.choices, default=Severity.MAJOR)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents")
    restricted = models.BooleanField(default=False)
    drill = models.BooleanField(default=False)
    group_key = models.CharField(max_length=64, blank=True, help_text=_("opaque: at most one open incident of each"))

    impact_started_at = models.DateTimeField(null=True, blank=True)
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField()
    first_page_at = models.DateTimeField(null=True, blank=True)
    acked_at = models.DateTimeField(null=True, blank=True)
    acked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reacted_at = models.DateTimeField(null=True, blank=True)
    mitigated_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    stamp_sources = models.JSONField(default=dict, help_text=_('{"acked_at": "human"}: auto, alert or human'))

    held_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    held_by_sender = models.CharField(
        max_length=200, blank=True, help_text=_("the source at whose sender it was acknowledged, by nobody of ours")
    )
    held_until = models.DateTimeField(null=True, blank=True)
    acks = models.JSONField(
        null=True, blank=True, help_text=_('{"needed": 2, "given": ["a@example.com"]}; null where one is enough')
    )
    silenced_until = models.DateTimeField(null=True, blank=True)
    silenced_because = models.CharField(max_length=300, blank=True)
    waits_until = models.DateTimeField(
        null=True, blank=True, help_text=_("held to this working morning; once past, it is not held again")
    )
    page_due_at = models.DateTimeField(null=True, blank=True)
    page_fence = models.PositiveIntegerField(default=1, help_text=_("grows when paging must start anew or stop"))
    resolve_due_at = models.DateTimeField(null=True, blank=True)
    resolve_as_of = models.DateTimeField(
        null=True, blank=True, help_text=_("the instant at which the last alert ended")
    )
    clocks_due_at = models.DateTimeField(null=True, blank=True, help_text=_("when the deadlines must be looked at"))

    reopened = models.PositiveIntegerField(default=0)
    recurrence_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="recurrences"
    )
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    version = models.PositiveIntegerField(default=1, help_text=_("grows with each change; pages poll by it"))

    objects: ClassVar[models.Manager[Incident]] = IncidentQuerySet.as_manager()
    if TYPE_CHECKING:
        timeline: RelatedManager[TimelineEntry]
        impacts: RelatedManager[ImpactInterval]
        tenures: RelatedManager[RoleTenure]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group_key"], condition=OPEN_Q & ~Q(group_key=""), name="incident_one_open_per_group"
            ),
            models.CheckConstraint(condition=OPEN_Q | Q(page_due_at=None), name="incident_over_pages_nobody"),
            models.CheckConstraint(
                condition=Q(state__in=["triage", "investigating", "mitigating", "monitoring", "cancelled", "merged"])
                | Q(resolved_at__isnull=False),
                name="incident_resolved_is_stamped",
            ),
        ]
        indexes = [
            models.Index(fields=["page_due_at"], name="incident_page_due", condition=Q(page_due_at__isnull=False)),
            models.Index(
                fields=["resolve_due_at"], name="incident_resolve_due", condition=Q(resolve_due_at__isnull=False)
            ),
            models.Index(
                fields=["clocks_due_at"], name="incident_clocks_due", condition=Q(clocks_due_at__isnull=False)
            ),
            models.Index(fields=["resolved_at"], name="incident_resolved", condition=Q(resolved_at__isnull=False)),
            models.Index(fields=["detected_at"], name="incident_detected"),
            models.Index(fields=["-id"], name="incident_open", condition=OPEN_Q),
            models.Index(fields=["service", "-id"], name="incident_service"),
            models.Index(fields=["group_key", "-id"], name="incident_group", condition=~Q(group_key="")),
            models.Index(fields=["-id"], name="incident_restricted", condition=Q(restricted=True)),
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="incident_title"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The name that people say on the phone: INC-12."""
        return number_of(self.pk)

    @property
    def path(self) -> str:
        """Its permanent address inside the application."""
        return path_of(self.pk)

    @property
    def is_open(self) -> bool:
        """Whether the response is not over."""
        return self.state in OPEN

    @property
    def acked_in_part(self) -> list[str]:
        """Who acknowledged while paging goes on, because the policy asks for more people than that; e-mails, in order."""
        return list(self.acks["given"]) if self.acks and self.held_by_id is None else []

    @property
    def is_held(self) -> bool:
        """Whether somebody has it now: one of ours, or somebody at the sender of its alerts."""
        return self.held_by_id is not None or bool(self.held_by_sender)

    @property
    def holder(self) -> str:
        """What to call whoever has it now: a person, or the source at whose sender it was acknowledged; "" for nobody."""
        return self.held_by.short_name if self.held_by else self.held_by_sender

    def stamp(self, source: str = "human", **values: datetime | None) -> None:
        """Set time stamps and where they came from (auto, alert, human), without saving."""
        for name, value in values.items():
            setattr(self, name, value)
            self.stamp_sources = {**self.stamp_sources, name: source}

    def tell(
        self, kind: Kind, *, at: datetime, by: User | None = None, cause: str = "", text: str = "", **data: Any
    ) -> TimelineEntry:
        """Append a line to the story. The caller holds the incident's lock and saves the incident."""
        return TimelineEntry.objects.create(incident=self, kind=kind, at=at, by=by, cause=cause, text=text, data=data)
