"""The writer of remediation items: each door locks the incident, then the item, checks, stamps, and tells its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import Incident, NotAllowed
from postmortems import item_rules as rules
from postmortems.item_door import (
    address,
    day,
    end_block,
    lock,
    lock_for,
    manager_of,
    needed,
    not_too_many,
    possible,
    present,
    save,
    tell,
    title_of,
    word,
)
from postmortems.models import Postmortem, Remediation
from teams.models import Team, User


@transaction.atomic
def propose(
    postmortem: Postmortem,
    *,
    title: str,
    by: User,
    at: datetime,
    type: str = Remediation.Type.PREVENT,
    priority: str = Remediation.Priority.P2,
    owner: User | None = None,
    team: Team | None = None,
    done_when: str = "",
    due: date | None = None,
    public: bool = False,
) -> Remediation:
    """Something that should be changed. Its team is that of the service unless said. Raises NotAllowed."""
    incident = Incident.objects.locked(postmortem.incident_id)
    not_too_many(postmortem, priority)
    item = Remediation.objects.create(
        postmortem=postmortem,
        title=title_of(title),
        type=Remediation.Type(type),
        priority=Remediation.Priority(priority),
        owner=present(owner),
        team=team or (incident.service.team if incident.service else None),
        done_when=done_when.replace("\x00", "").strip(),
        due=possible(due, at) if due else None,
        public=public,
        created_at=at,
        created_by=by,
    )
    tell(item, "proposed", at=at, by=by)
    word(item, owner, _("Proposed to you"), at=at, by=by)
    return item


@transaction.atomic
def accept(
    item: Remediation, *, by: User, at: datetime, owner: User | None = None, team: Team | None = None
) -> Remediation:
    """It will be done. The owner is who was named, else who accepts; the date follows from the priority.

    A later date that was wished for when it was proposed counts as moved, an earlier one is kept.
    """
    item = lock_for("accept", item)
    item.owner = present(owner or item.owner) or by
    item.team = team or item.team or Team.objects.filter(members=item.owner).order_by("slug").first()
    wished = item.due
    item.first_due = item.due = rules.due_on(item.priority, at.date())
    if wished and wished < item.due:
        item.first_due = item.due = wished
    elif wished and wished > item.due:
        item.due, item.moves = wished, item.moves + 1
    item.state, item.accepted_at = Remediation.State.ACCEPTED, at
    tell(item, "accepted", at=at, by=by, owner=item.owner.email, due=item.due.isoformat())
    word(item, item.owner, _("Yours, due %s") % day(item.due), at=at, by=by)
    return save(item, at)


@transaction.atomic
def start(item: Remediation, *, by: User, at: datetime) -> Remediation:
    """Somebody works on it now; what stood in its way is gone."""
    item = lock_for("start", item)
    end_block(item, at)
    item.state = Remediation.State.IN_PROGRESS
    item.owner = item.owner or by
    tell(item, "in_progress", at=at, by=by)
    return save(item, at)


@transaction.atomic
def done(item: Remediation, *, evidence: str, by: User, at: datetime) -> Remediation:
    """It is done, and `evidence` (an address) shows it. Raises NotAllowed without one."""
    evidence = address(evidence)
    item = lock_for("done", item)
    end_block(item, at)
    item.state, item.evidence, item.done_at = Remediation.State.DONE, evidence, at
    tell(item, "done", at=at, by=by, evidence=evidence)
    word(item, manager_of(item), _("Done, to be verified"), at=at, by=by)
    return save(item, at)


@transaction.atomic
def verify(
    item: Remediation, *, by: User, at: datetime, proof: str = "", heard_at: datetime | None = None
) -> Remediation:
    """It works: "done when" is proven, or the alerts of the incident have been silent for 30 days.

    `heard_at` is when one of them last fired (None: not known). Raises NotAllowed when neither holds.
    """
    item = lock_for("verify", item)
    silent = heard_at is not None and (at - heard_at).days >= rules.SILENT_DAYS
    if not item.done_when and not silent:
        sentence = _("Say first how anybody can see that it is done, or wait until its alerts were silent for 30 days.")
        raise NotAllowed(sentence, fields={"done_when": [sentence]})
    item.state, item.verified_at = Remediation.State.VERIFIED, at
    tell(item, "verified", at=at, by=by, text=proof.strip(), silent=silent)
    word(item, item.owner, _("Verified"), at=at, by=by)
    return save(item, at)


@transaction.atomic
def decline(item: Remediation, *, reason: str, by: User, at: datetime) -> Remediation:
    """It will not be done, for this reason."""
    reason = needed("reason", reason, _("Say why it is not done: the next reader will ask."))
    item = lock_for("decline", item)
    end_block(item, at)
    item.state, item.decline_reason = Remediation.State.DECLINED, reason
    tell(item, "declined", at=at, by=by, text=reason)
    word(item, item.owner, _("Declined"), at=at, by=by, body=reason)
    return save(item, at)


@transaction.atomic
def accept_risk(
    item: Remediation, *, until: date, by: User, at: datetime, name: str = "", reason: str = ""
) -> Remediation:
    """Somebody carries the risk by name until a day at most 90 days away; then the item returns."""
    today = at.date()
    if not today < until or (until - today).days > rules.RISK_DAYS:
        sentence = _("A risk is accepted for at most 90 days, until a day that lies ahead.")
        raise NotAllowed(sentence, fields={"until": [sentence]})
    item = lock_for("accept_risk", item)
    end_block(item, at)
    item.state, item.risk_until = Remediation.State.RISK_ACCEPTED, until
    item.risk_name = (name.replace("\x00", "").strip() or str(by))[:200]
    tell(item, "risk_accepted", at=at, by=by, text=reason.strip(), name=item.risk_name, until=until.isoformat())
    word(item, item.owner, _("The risk is accepted until %s") % day(until), at=at, by=by, body=reason)
    return save(item, at)


@transaction.atomic
def supersede(item: Remediation, *, by_item: Remediation, by: User, at: datetime) -> Remediation:
    """Another item does what this one was for. Raises NotAllowed when that leads back here."""
    item = lock_for("supersede", item)
    following: Remediation | None = by_item
    while following:
        if following.pk == item.pk:
            raise NotAllowed(_("An item cannot stand in for itself."), fields={"item": [_("This leads back here.")]})
        following = following.superseded_by
    end_block(item, at)
    item.state, item.superseded_by = Remediation.State.SUPERSEDED, by_item
    tell(item, "superseded", at=at, by=by, other=by_item.pk, title=by_item.title)
    return save(item, at)


@transaction.atomic
def move_date(item: Remediation, *, to: date, reason: str, by: User, at: datetime) -> Remediation:
    """Another date; the first one is kept and the move is counted."""
    reason = needed("reason", reason, _("Say why the date moves."))
    possible(to, at)
    item = lock_for("move_date", item)
    before, item.due = item.due, to
    if before == to:
        return item
    item.first_due = item.first_due or before
    item.moves += 1
    tell(
        item, "moved", at=at, by=by, text=reason, to=to.isoformat(), **({"from": before.isoformat()} if before else {})
    )
    word(item, manager_of(item), _("Moved to %s") % day(to), at=at, by=by, body=reason)
    return save(item, at)


EDITABLE = ("title", "type", "priority", "owner", "team", "done_when", "public")


@transaction.atomic
def edit(
    item: Remediation, *, values: dict[str, Any], by: User, at: datetime, version: int | None = None
) -> Remediation:
    """Other words, owner, team or priority (see EDITABLE). A raised priority brings the date nearer, never further.

    Raises NotAllowed; a lost race when `version` is no longer the present one.
    """
    item = lock(item)
    if version is not None and version != item.version:
        raise NotAllowed(_("Somebody else changed it meanwhile: look again."), lost_race=True)
    if item.state not in rules.OPEN and values.keys() - {"public"}:
        raise NotAllowed(_("It is %s: it is not edited any more.") % item.get_state_display())
    before = {name: getattr(item, name) for name in EDITABLE if name in values}
    _apply(item, values, before)
    changed = [name for name, old in before.items() if getattr(item, name) != old]
    if not changed:
        return item
    if "owner" in changed:
        word(item, item.owner, _("Yours now"), at=at, by=by)
    if "priority" in changed and item.due and item.accepted_at:
        item.due = max(min(item.due, rules.due_on(item.priority, item.accepted_at.date())), min(item.due, at.date()))
    changes: dict[str, Any] = {name: [_said(before[name]), _said(getattr(item, name))] for name in changed}
    tell(item, "edited", at=at, by=by, **changes)
    return save(item, at)


def _apply(item: Remediation, values: dict[str, Any], before: dict[str, Any]) -> None:
    for name in before:
        setattr(item, name, values[name])
    item.title = title_of(item.title)
    item.done_when = item.done_when.replace("\x00", "").strip()
    if "owner" in before:
        present(item.owner)
    if "owner" in before and item.owner is None and item.state in rules.RUNNING:
        raise NotAllowed(_("What somebody promised has an owner."), fields={"owner": [_("This is needed.")]})
    if "priority" in before:
        not_too_many(item.postmortem, item.priority, but=item.pk)


def _said(value: object) -> object:
    return value.email if isinstance(value, User) else value if isinstance(value, bool) else str(value or "")
