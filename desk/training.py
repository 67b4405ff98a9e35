"""Who is trained for what, and who has agreed to be on call: read by everybody, written down by those who lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.guard import person, require, row_number, who
from desk.oncall import team_beside
from desk.training_forms import (
    AgreementForm,
    TrainingForm,
    agreement_form,
    check_may_agree,
    team_of,
    training_form,
)
from oncall import skills
from oncall.models import Agreement, DutyRole, LayerMember, Schedule, Training
from oncall.wallclock import to_local
from teams.models import Service, User
from teams.permissions import Standing, may_record_agreement, may_record_training, may_write

SOON = timedelta(days=30)
"""How far ahead a training that lapses is said."""


@dataclass
class Row:
    """One person at one pager or service."""

    person: User
    turns: bool = False
    trainings: list[Training] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    at: datetime | None = None

    @property
    def training(self) -> Training | None:
        """The one that holds longest."""
        return max(self.trainings, key=lambda one: (one.holds_until is None, one.holds_until or one.on), default=None)

    @property
    def holds(self) -> bool:
        """Whether they are trained now."""
        return self.training is not None and self.at is not None and self.training.holds(self.at)

    @property
    def lapses_soon(self) -> bool:
        """Whether it lapses within a month."""
        return self.holds and self.at is not None and not (self.training and self.training.holds(self.at + SOON))

    @property
    def agreement(self) -> Agreement | None:
        """The latest."""
        return max(self.agreements, key=lambda one: (one.on, one.pk), default=None)


@dataclass(frozen=True)
class Group:
    """A pager (or a service, which nobody agrees to) with those who take turns or are trained, by name."""

    target: Schedule | Service
    rows: Sequence[Row]
    may_train: bool
    near: bool

    @property
    def name(self) -> str:
        """As forms name it."""
        return f"{self.target._meta.model_name}:{self.target.slug}"

    @property
    def anchor(self) -> str:
        """Where it stands on the page; a service may have the name of a pager."""
        return self.target.slug if isinstance(self.target, Schedule) else f"service-{self.target.slug}"

    @property
    def team(self) -> str:
        """The team, unless the name says it."""
        return team_beside(self.target)

    @property
    def trained(self) -> int:
        """How many are trained now."""
        return sum(row.holds for row in self.rows)


@require_http_methods(["GET", "HEAD", "POST"])
def training(request: HttpRequest) -> HttpResponse:
    """The records; `?person=&for=` fills the forms in. POST `what` writes one down, or with `remove` takes one back."""
    standing, at = who(request), timezone.now()
    if request.method != "POST":
        return _show(request, at, _asked(request, at))
    require(may_write(standing), _("Observers read; they write nothing down."))
    if "remove" in request.POST:
        return _remove(request, standing, at)
    kind = request.POST.get("what")
    form = agreement_form(standing, request.POST) if kind == "agreement" else training_form(standing, request.POST)
    require(form is not None, _("Who leads or manages the team writes down who is trained."))
    assert form is not None  # noqa: S101 - refused above
    try:
        saved = _save(form, person(request), standing, at) if form.is_valid() else None
    except ValidationError as refusal:
        form.add_error(None, refusal)
        saved = None
    if saved is None:
        return _show(request, at, {}, form, status=422)
    messages.success(request, _("Written down: %s.") % saved)
    return SeeOther(reverse("desk:training"))


def _save(form: TrainingForm | AgreementForm, by: User, standing: Standing, at: datetime) -> Training | Agreement:
    """Raises ValidationError by field of the form for what the writer refuses."""
    data = dict(form.cleaned_data)
    whom, target = data.pop("person"), data.pop("target")
    if isinstance(form, AgreementForm):
        check_may_agree(standing, whom, target)
        return skills.agree(whom, target, **data, by=by, at=at)
    return skills.train(whom, target, **data, by=by, at=at)


def _asked(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """What the address fills in; the day is today."""
    today = to_local(at, person(request).timezone).date()
    return {"person": request.GET.get("person", ""), "target": request.GET.get("for", ""), "on": today}


def _remove(request: HttpRequest, standing: Standing, at: datetime) -> HttpResponse:
    kind, _sep, number = request.POST["remove"].partition(":")
    mine = {"removed_at": None, "from_file": False, "pk": row_number(number) or 0}
    row: Training | Agreement
    row = get_object_or_404(Agreement, **mine) if kind == "agreement" else get_object_or_404(Training, **mine)
    require(may_take_back(standing, row))
    skills.take_back(row, at=at)
    messages.success(request, _("Taken back: %s.") % row)
    return SeeOther(reverse("desk:training"))


def may_take_back(standing: Standing, row: Training | Agreement) -> bool:
    """Whether this person may take a record back: who may write it down."""
    if isinstance(row, Agreement):
        target: Any = row.schedule or row.team
        return may_record_agreement(standing, of=row.person_id, team=team_of(target))
    return may_record_training(standing, team_of(row.schedule or row.service))  # type: ignore[arg-type]  # one of them


def groups_of(standing: Standing, at: datetime) -> list[Group]:
    """Every pager, and the services with a training of their own; five statements, however many."""
    schedules = list(Schedule.objects.live().select_related("team").order_by("slug"))
    rows: dict[Schedule | Service, dict[int, Row]] = {one: {} for one in schedules}
    turns = LayerMember.objects.filter(layer__schedule__in=schedules, user__is_active=True)
    by_pk = {one.pk: one for one in schedules}
    for turn in turns.exclude(layer__role=DutyRole.SHADOW).select_related("user", "layer"):
        _row(rows[by_pk[turn.layer.schedule_id]], turn.user, at).turns = True
    live = {"removed_at": None, "person__is_active": True}
    for one in Training.objects.filter(**live).select_related("person", "schedule", "service__team"):
        target = by_pk.get(one.schedule_id or 0) or (
            one.service if one.service and not one.service.archived_at else None
        )
        if target is not None:
            _row(rows.setdefault(target, {}), one.person, at).trainings.append(one)
    agreed = list(Agreement.objects.filter(**live).select_related("person", "schedule", "team"))
    for target, people in rows.items():
        if isinstance(target, Schedule):
            _agree(target, people, agreed, at)
    return [_group(target, people.values(), standing) for target, people in rows.items()]


def _agree(target: Schedule, people: dict[int, Row], agreed: Iterable[Agreement], at: datetime) -> None:
    """Those for this pager, and those for the pagers of its team of people who stand here."""
    for one in agreed:
        if one.schedule_id == target.pk:
            _row(people, one.person, at).agreements.append(one)
        elif one.team_id == target.team_id and one.person_id in people:
            people[one.person_id].agreements.append(one)


def _row(people: dict[int, Row], one: User, at: datetime) -> Row:
    return people.setdefault(one.pk, Row(one, at=at))


def _group(target: Schedule | Service, rows: Iterable[Row], standing: Standing) -> Group:
    near = target.team_id in standing.own_teams or any(row.person.pk == standing.user_id for row in rows)
    in_order = sorted(rows, key=lambda row: str(row.person).casefold())
    return Group(target, in_order, may_record_training(standing, target.team_id), near)


def _show(
    request: HttpRequest,
    at: datetime,
    initial: dict[str, Any],
    refused: TrainingForm | AgreementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = who(request)
    found: dict[bool, list[Group]] = defaultdict(list)
    for group in groups_of(standing, at):
        found[group.near].append(group)
    initial = initial or _asked(request, at)
    context = {
        "at": at,
        "near": found[True],
        "far": found[False],
        "recorded": any(
            row.trainings or row.agreements for groups in found.values() for one in groups for row in one.rows
        ),
        "training": refused if isinstance(refused, TrainingForm) else training_form(standing, initial=initial),
        "agreement": refused if isinstance(refused, AgreementForm) else agreement_form(standing, initial=initial),
        "can_write": may_write(standing),
    }
    return render(request, "desk/training.html", context, status=status)
