"""What a person may do to a postmortem, by role, by place in the team, and by what they are in the incident."""

from __future__ import annotations

from incidents.models import Incident, RoleTenure
from postmortems.models import Postmortem
from teams.models import Team
from teams.permissions import Standing, may_act_on_incident, may_manage_team, may_write


def team_of(incident: Incident) -> Team | None:
    """The team that answers for the incident."""
    return incident.service.team if incident.service else None


def speaks_for_us(who: Standing, incident: Incident) -> bool:
    """Whether this person is the incident's point of contact."""
    held = incident.tenures.filter(person=who.user_id, role=RoleTenure.Role.POINT_OF_CONTACT, end=None)
    return may_write(who) and held.exists()


def manages(who: Standing, incident: Incident) -> bool:
    """Whether this person is a manager of the team."""
    team = team_of(incident)
    return may_manage_team(who, team.pk if team else None)


def may_waive(who: Standing, incident: Incident) -> bool:
    """C9: a manager of the team, or the point of contact."""
    return manages(who, incident) or speaks_for_us(who, incident)


def may_extend(who: Standing, incident: Incident) -> bool:
    """C10: a manager of the team, or the lead of its area."""
    team = team_of(incident)
    leads_area = bool(team and team.area and team.area.lead_id == who.user_id)
    return manages(who, incident) or (leads_area and may_write(who))


def may_sign(who: Standing, incident: Incident) -> bool:
    """Section 5: the public text is signed by the point of contact; by a manager of the team in their place."""
    return may_waive(who, incident)


def can_of(who: Standing, pm: Postmortem) -> dict[str, bool]:
    """What permissions and state allow this person now: only such buttons are drawn."""
    writes, signs = may_act_on_incident(who), may_sign(who, pm.incident)
    return {
        "write": writes,
        "file": writes and not pm.is_filed,
        "review": writes and pm.state in {Postmortem.State.FILED, Postmortem.State.IN_REVIEW},
        "waive": signs,
        "manage": manages(who, pm.incident),
        "extend": may_extend(who, pm.incident),
        "sign": signs,
    }
