"""What people may do to a remediation item: the state that it needs, the form that it asks, who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.models import Episode
from desk.act_forms import Nothing
from desk.guard import row_number
from desk.remediation import theirs
from desk.remediation_forms import (
    AcceptForm,
    AnswerForm,
    BlockForm,
    DeclineForm,
    DoneForm,
    EditForm,
    MoveForm,
    RiskForm,
    SupersedeForm,
    VerifyForm,
)
from incidents.models import NotAllowed
from postmortems import item_rules as rules
from postmortems import items
from postmortems.blocked import answer_block, block
from postmortems.models import Remediation, UnblockRequest
from teams.models import User
from teams.permissions import Standing, may_answer_block, may_manage_team, may_write


@dataclass(frozen=True)
class Doing:
    """Who does what to which item and when."""

    item: Remediation
    by: User
    at: datetime
    words: dict[str, Any]


def find_item(user: User, number: str) -> Remediation:
    """The item with this number. Raises Http404 when it is not there or not theirs to see."""
    pk = row_number(number)
    related = ("postmortem__incident__service", "owner", "team__manager", "superseded_by", "created_by")
    found = theirs(user).select_related(*related).filter(pk=pk).first() if pk else None
    if found is None:
        raise Http404(_("There is no such item, or it is not yours to see."))
    return found


def waiting_block(item: Remediation) -> UnblockRequest | None:
    """What is in its way now."""
    return item.blocks.filter(ended_at=None).select_related("manager", "by").first()


def heard_at(item: Remediation, at: datetime) -> datetime | None:
    """When an alert of the incident last fired, in this incident or another; None when it had none."""
    ours = Episode.objects.filter(incident=item.postmortem.incident_id).values("alert")
    ends = list(Episode.objects.filter(alert__in=ours).values_list("closed_at", flat=True))
    return max((end or at for end in ends), default=None)


def _block(do: Doing) -> object:
    return block(do.item, by=do.by, at=do.at, **do.words)


def _verify(do: Doing) -> object:
    return items.verify(do.item, by=do.by, at=do.at, heard_at=heard_at(do.item, do.at), **do.words)


def _edit(do: Doing) -> object:
    version = do.words.pop("version")
    words = do.words | {"team": do.words["team"] or do.item.team}
    return items.edit(do.item, values=words, by=do.by, at=do.at, version=version)


def _supersede(do: Doing) -> object:
    try:
        other = find_item(do.by, do.words["item"].strip())
    except Http404 as missing:
        raise NotAllowed(str(missing), fields={"item": [str(missing)]}) from None
    return items.supersede(do.item, by_item=other, by=do.by, at=do.at)


def _door(door: Callable[..., object]) -> Callable[[Doing], object]:
    return lambda do: door(do.item, by=do.by, at=do.at, **do.words)


def anybody(standing: Standing, item: Remediation) -> bool:
    """Everybody but observers."""
    return may_write(standing)


def managers(standing: Standing, item: Remediation) -> bool:
    """Who carries the risk for a team: its manager."""
    return may_manage_team(standing, item.team_id)


def whoever_was_asked(standing: Standing, item: Remediation) -> bool:
    """The managers of its team, and the manager whom the question went to."""
    waiting = item.blocks.filter(ended_at=None).first()
    return may_answer_block(standing, team=item.team_id, asked=waiting.manager_id if waiting else None)


@dataclass(frozen=True)
class Act:
    """One act: its rule in `item_rules.FROM` ("" for any open state), what does it, what it asks, and who may.

    `button` is the word below its form, where the label is no act by itself.
    """

    rule: str
    label: str | Promise
    run: Callable[[Doing], object]
    form: type[forms.Form] = Nothing
    may: Callable[[Standing, Remediation], bool] = anybody
    button: str | Promise = ""

    def fits(self, item: Remediation) -> bool:
        """Whether the state allows it."""
        return rules.may(self.rule, item.state) if self.rule else item.state in rules.OPEN


ACTS: dict[str, Act] = {
    "accept": Act("accept", gettext_lazy("Accept"), _door(items.accept), AcceptForm),
    "answer": Act("answer", gettext_lazy("Answer"), _door(answer_block), AnswerForm, whoever_was_asked),
    "start": Act("start", gettext_lazy("Start"), _door(items.start)),
    "done": Act("done", gettext_lazy("Done"), _door(items.done), DoneForm, button=gettext_lazy("It is done")),
    "verify": Act("verify", gettext_lazy("Verify"), _verify, VerifyForm),
    "block": Act(
        "block", gettext_lazy("Cannot go on because …"), _block, BlockForm, button=gettext_lazy("Ask the manager")
    ),
    "move": Act(
        "move_date", gettext_lazy("Move the date"), _door(items.move_date), MoveForm, button=gettext_lazy("Move it")
    ),
    "edit": Act("", gettext_lazy("Edit"), _edit, EditForm, button=gettext_lazy("Save")),
    "accept-risk": Act("accept_risk", gettext_lazy("Accept the risk"), _door(items.accept_risk), RiskForm, managers),
    "supersede": Act(
        "supersede",
        gettext_lazy("Another item does it"),
        _supersede,
        SupersedeForm,
        button=gettext_lazy("That one does it"),
    ),
    "decline": Act(
        "decline", gettext_lazy("Decline"), _door(items.decline), DeclineForm, button=gettext_lazy("Decline it")
    ),
}
