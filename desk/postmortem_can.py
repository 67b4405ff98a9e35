"""What a person may do to a postmortem, by role, by place in the team, and by what they are in the incident."""

from __future__ import annotations

from django.http import HttpRequest

from desk.guard import person, who
from incidents.models import Incident, RoleTenure
from postmortems.models import Postmortem
from teams.models import Team
from teams.permissions import may_act_on_incident, may_manage_team, may_write


def team_of(incident: Incident) -> Team | None:
    """The team that answers for the incident."""
    return incident.service.team if incident.service else None


def speaks_for_us(request: HttpRequest, incident: Incident) -> bool:
    """Whether this person is the incident's point of contact."""
    held = incident.tenures.filter(person=person(request), role=RoleTenure.Role.POINT_OF_CONTACT, end=None)
    return may_write(who(request)) and held.exists()


def manages(request: HttpRequest, incident: Incident) -> bool:
    """Whether this person is a manager of the team."""
    team = team_of(incident)
    return may_manage_team(who(request), team.pk if team else None)


def may_waive(request: HttpRequest, incident: Incident) -> bool:
    """C9: a manager of the team, or the point of contact."""
    return manages(request, incident) or speaks_for_us(request, incident)


def may_extend(request: HttpRequest, incident: Incident) -> bool:
    """C10: a manager of the team, or the lead of its area."""
    team, standing = team_of(incident), who(request)
    leads_area = bool(team and team.area and team.area.lead_id == standing.user_id)
    return manages(request, incident) or (leads_area and may_write(standing))


def may_sign(request: HttpRequest, incident: Incident) -> bool:
    """Section 5: the public text is signed by the point of contact; by a manager of the team in their place."""
    return may_waive(request, incident)


def can_of(request: HttpRequest, pm: Postmortem) -> dict[str, bool]:
    """What permissions and state allow this person now: only such buttons are drawn."""
    writes = may_act_on_incident(who(request))
    waives = writes and may_waive(request, pm.incident)
    return {
        "write": writes,
        "file": writes and not pm.is_filed,
        "review": writes and pm.state in {Postmortem.State.FILED, Postmortem.State.IN_REVIEW},
        "waive": waives,
        "manage": writes and manages(request, pm.incident),
        "extend": writes and may_extend(request, pm.incident),
        "sign": waives,
    }
