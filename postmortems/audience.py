"""Who is meant by "owner", "responders", "manager" in one postmortem, now."""

from __future__ import annotations

from postmortems.draft import responders_of
from postmortems.models import Postmortem
from postmortems.steps import CONTACT, DIRECTOR, FACILITATOR, MANAGER, OWNER, RESPONDERS
from teams.models import User

Audience = dict[str, list[User]]


def audience_of(written: Postmortem) -> Audience:
    """Role -> people who are still here. Whoever held a role last counts, should nobody hold it now."""
    incident = written.incident
    team = incident.service.team if incident.service else None
    held = {tenure.role: tenure.person for tenure in incident.tenures.select_related("person").order_by("start", "pk")}
    named: dict[str, list[User | None]] = {
        OWNER: [written.owner],
        RESPONDERS: list(responders_of(incident)),
        FACILITATOR: [held.get(FACILITATOR)],
        CONTACT: [held.get(CONTACT)],
        MANAGER: [team.manager if team else None],
        DIRECTOR: [team.director if team else None],
    }
    return {role: [one for one in people if one and one.is_active] for role, people in named.items()}
