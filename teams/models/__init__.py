"""People, teams, areas and the services that they own."""

from teams.models.access import ApiToken, SignInLink, digest
from teams.models.notices import Notice
from teams.models.owned import Area, Membership, Playbook, Service, ServiceQuerySet, Team
from teams.models.people import DEMO, Organisation, Role, Severity, User, UserManager, check_region, check_timezone

__all__ = [
    "DEMO",
    "ApiToken",
    "Area",
    "Membership",
    "Notice",
    "Organisation",
    "Playbook",
    "Role",
    "Service",
    "ServiceQuerySet",
    "Severity",
    "SignInLink",
    "Team",
    "User",
    "UserManager",
    "check_region",
    "check_timezone",
    "digest",
]
