"""Who answers for a service or a team when nobody else does (rule C16 of the incident rules)."""

from __future__ import annotations

from teams.models import Membership, Role, Team, User


def lead_for(team: Team | None) -> User | None:
    """The area's lead, else the team's lead, else its manager, else the first administrator; None when there is none.

    People who are not active are passed over.
    """
    if team:
        area = team.area.lead if team.area else None
        leads = Membership.objects.filter(team=team, place=Membership.Place.LEAD).select_related("user")
        named = [area, *(membership.user for membership in leads.order_by("pk")), team.manager]
        if found := next((person for person in named if person and person.is_active), None):
            return found
    return User.objects.active().filter(role=Role.ADMIN).order_by("pk").first()
