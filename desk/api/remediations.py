"""Remediation items: the list, one, proposing, editing, and what is done to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from desk.api import remediation_shapes as typed
from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.remediation_shapes import RemediationShape
from desk.api.typed import Nothing
from desk.guard import visible
from desk.remediation import overdue, theirs
from desk.remediation_acts import ACTS, find_item, heard_at
from incidents.models import NUMBER, Incident, NotAllowed
from postmortems import blocked, items
from postmortems import item_rules as rules
from postmortems.item_door import postmortem_of
from postmortems.models import Remediation, UnblockRequest
from teams.permissions import may_write

STATES = ["open", *Remediation.State.values]
Words = dict[str, Any]
View = TypeVar("View", bound="type[Act]")


def whole(rows: QuerySet[Remediation]) -> QuerySet[Remediation]:
    """Everything that `RemediationShape` reads, in two queries."""
    blocks = Prefetch("blocks", UnblockRequest.objects.select_related("manager").order_by("since", "pk"))
    return rows.select_related("postmortem__incident", "owner", "team").prefetch_related(blocks)


def shown(pk: int) -> Words:
    """The item as it is now, after the act too."""
    return dict(RemediationShape(whole(Remediation.objects.filter(pk=pk)).get()).data)


class Remediations(Desk):
    """All items."""

    @listed(
        RemediationShape,
        OpenApiParameter("state", enum=STATES, description="`open`: those that are neither done nor ended."),
        OpenApiParameter("incident", description="A number such as INC-12."),
        OpenApiParameter("owner", description="An e-mail."),
        OpenApiParameter("team", description="A slug."),
        OpenApiParameter("overdue", enum=["true"], description="Only those whose date has passed."),
        name="remediations_list",
    )
    def get(self, request: Request) -> Response:
        """Newest first, in every state unless `state` asks for one."""
        return self.page_of(whole(self._filtered(request)), RemediationShape)

    def _filtered(self, request: Request) -> QuerySet[Remediation]:
        asked, rows = request.query_params, theirs(self.person)
        if state := asked.get("state"):
            if state not in STATES:
                raise ValidationError({"state": [_("Known are: %s.") % ", ".join(STATES)]})
            rows = rows.filter(state__in=rules.OPEN if state == "open" else [state])
        if number := asked.get("incident"):
            found = NUMBER.fullmatch(number.strip())
            rows = rows.filter(postmortem__incident=int(found[1])) if found else rows.none()
        if owner := asked.get("owner"):
            rows = rows.filter(owner__email__iexact=owner)
        if team := asked.get("team"):
            rows = rows.filter(team__slug=team)
        return rows.filter(overdue(self.at.date())) if asked.get("overdue") else rows

    @extend_schema(request=typed.Propose, responses={201: RemediationShape})
    def post(self, request: Request) -> Response:
        """Propose an item; at most five of P0 and P1 for one incident (422)."""
        self.require(may_write(self.standing))
        words = self.words(typed.Propose)
        incident = self._incident(words.pop("incident"))
        item = items.propose(postmortem_of(incident, self.at), by=self.person, at=self.at, **words)
        return Response(shown(item.pk), status=201)

    def _incident(self, number: str) -> Incident:
        found = visible(self.person).filter(pk__in=_numbers(number)).select_related("service__team").first()
        if found is None:
            sentence = _("There is no incident %s, or it is not yours to see.") % number[:20]
            raise NotAllowed(sentence, fields={"incident": [sentence]})
        return found


def _numbers(text: str) -> list[int]:
    found = NUMBER.fullmatch(text.strip())
    return [int(found[1])] if found else []


class OneRemediation(Desk):
    """One item."""

    @extend_schema(responses=RemediationShape)
    def get(self, request: Request, number: str) -> Response:
        """As it is now."""
        return Response(shown(find_item(self.person, number).pk))

    @extend_schema(request=typed.EditItem, responses=RemediationShape)
    def patch(self, request: Request, number: str) -> Response:
        """Other words, owner, team or priority; another `due` needs a `reason`, is counted, and the first one is kept."""
        item = find_item(self.person, number)
        self.require(may_write(self.standing))
        words = self.words(typed.EditItem)
        reason, due, version = words.pop("reason"), words.pop("due", None), words.pop("version", None)
        if not words and due is None:
            raise ValidationError(_("Nothing to change: send title, owner, due or another field."))
        with transaction.atomic():
            items.edit(item, values=words, by=self.person, at=self.at, version=version)
            if due:
                items.move_date(item, to=due, reason=reason, by=self.person, at=self.at)
        return Response(shown(item.pk))


class Act(Desk):
    """One act. Refusals: 404 not there or not theirs, 403 not allowed, 409 somebody was faster (who is said), 422 a rule."""

    name: ClassVar[str]
    typed: ClassVar[type[Serializer[Any]]] = Nothing

    def post(self, request: Request, number: str) -> Response:
        """Do it."""
        item = find_item(self.person, number)
        self.require(ACTS[self.name].may(self.standing, item))
        self.act(item, self.words(self.typed))
        return Response(shown(item.pk))

    def act(self, item: Remediation, words: Words) -> None:
        """What this act does. Raises NotAllowed."""
        raise NotImplementedError


def described(view: View) -> View:
    """Tell OpenAPI what the act reads, in the words of its docstring."""
    post = extend_schema(request=view.typed, responses=RemediationShape, description=view.__doc__)
    decorate: Callable[[View], View] = extend_schema_view(post=post)
    return decorate(view)


@described
class Accept(Act):
    """It will be done: the date follows from the priority."""

    name, typed = "accept", typed.Accepting

    def act(self, item: Remediation, words: Words) -> None:
        """Without an owner it is whoever accepts."""
        items.accept(item, by=self.person, at=self.at, **words)


@described
class Start(Act):
    """Somebody works on it; what stood in its way is gone."""

    name = "start"

    def act(self, item: Remediation, words: Words) -> None:
        """From accepted or blocked."""
        items.start(item, by=self.person, at=self.at)


@described
class Block(Act):
    """It cannot go on: the manager is asked."""

    name, typed = "block", typed.Blocking

    def act(self, item: Remediation, words: Words) -> None:
        """From accepted or in progress."""
        blocked.block(item, by=self.person, at=self.at, **words)


@described
class Answer(Act):
    """The manager's answer."""

    name, typed = "answer", typed.Answering

    def act(self, item: Remediation, words: Words) -> None:
        """Managers of its team, and whoever was asked."""
        blocked.answer_block(item, by=self.person, at=self.at, **words)


@described
class Done(Act):
    """It is done, and the address shows it."""

    name, typed = "done", typed.Doing

    def act(self, item: Remediation, words: Words) -> None:
        """Refused without evidence."""
        items.done(item, by=self.person, at=self.at, **words)


@described
class Verify(Act):
    """It works: "done when" is proven, or its alerts were silent for 30 days."""

    name, typed = "verify", typed.Verifying

    def act(self, item: Remediation, words: Words) -> None:
        """Refused when neither holds."""
        items.verify(item, by=self.person, at=self.at, heard_at=heard_at(item, self.at), **words)


@described
class Decline(Act):
    """It will not be done."""

    name, typed = "decline", typed.Declining

    def act(self, item: Remediation, words: Words) -> None:
        """Refused without a reason."""
        items.decline(item, by=self.person, at=self.at, **words)


@described
class AcceptRisk(Act):
    """A manager carries the risk by name, for at most 90 days; then it returns."""

    name, typed = "accept-risk", typed.Risking

    def act(self, item: Remediation, words: Words) -> None:
        """Managers of its team."""
        if words["until"] is None:
            sentence = _("Say until when the risk is accepted, at most 90 days.")
            raise NotAllowed(sentence, fields={"until": [sentence]})
        items.accept_risk(item, by=self.person, at=self.at, **words)
