"""By which an installation is known to be the demo, and what else may be in it."""

from __future__ import annotations

from django.db.models import QuerySet

from incidents.models import Incident
from teams.models import Organisation, Service, Team, User
from teams.signin import FIRST_ADMIN

DOMAIN = "demo.example"


class NotTheDemo(Exception):
    """This installation holds something else; the message is the sentence to show."""


def is_demo() -> bool:
    """Whether this is a demo installation, with nobody in it who is not the demo's."""
    return Organisation.the().is_demo and not strangers()


def strangers() -> list[str]:
    """E-mails of people who are not the demo's; the administrator made at the first start counts once they signed in."""
    others = User.objects.exclude(email__iendswith=f"@{DOMAIN}")
    others = others.exclude(email=FIRST_ADMIN, last_login=None)
    return list(others.order_by("pk").values_list("email", flat=True)[:3])


def is_empty() -> bool:
    """Whether nobody has begun here: at most the administrator of the first start, who never signed in."""
    return not strangers() and not any(
        rows.exists() for rows in (Team.objects.all(), Service.objects.all(), Incident.objects.all(), _demo_people())
    )


def refuse_strangers() -> None:
    """Raise `NotTheDemo` unless this installation is the demo's alone, or empty."""
    if is_empty() or is_demo():
        return
    who = ", ".join(strangers())
    if not who:
        raise NotTheDemo(
            "This installation has an organisation of its own, and the demo would stand in the middle of it. "
            "Nothing was changed. Set SHARPEND_HOME to another folder and run it there."
        )
    raise NotTheDemo(
        f"People are here who are not the demo's ({who}). Nothing was changed. "
        "Set SHARPEND_HOME to another folder and run the demo there."
    )


def _demo_people() -> QuerySet[User]:
    return User.objects.filter(email__iendswith=f"@{DOMAIN}")
