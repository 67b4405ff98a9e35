"""What is missing before somebody can be woken, in words: the sentence, and the one act that mends it."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paging.readiness import Missing, Readiness

SENTENCES: dict[Missing, str | Promise] = {
    Missing.NO_WAY: gettext_lazy("There is no way to wake them."),
    Missing.UNVERIFIED: gettext_lazy("No way of theirs is verified."),
    Missing.SWITCHED_OFF: gettext_lazy("Every way of theirs is switched off: the provider refused it."),
    Missing.NO_MEDIUM: gettext_lazy("This installation cannot send by any of their ways."),
    Missing.NOT_ENOUGH: gettext_lazy("Only push on an iPhone or iPad: not enough for critical pages."),
    Missing.SILENT: gettext_lazy("The weekly test by %s had no answer."),
    Missing.RULE_DEAD: gettext_lazy("A rule names a way that cannot ring: the others ring instead."),
    Missing.UNPROVED: gettext_lazy("Nothing has been seen to arrive yet."),
    Missing.OLD: gettext_lazy("Nothing has been seen to arrive for more than 30 days."),
    Missing.NOTHING: "",
}
ACTS: dict[Missing, str | Promise] = {
    Missing.NO_WAY: gettext_lazy("Add a way"),
    Missing.UNVERIFIED: gettext_lazy("Verify a way"),
    Missing.SWITCHED_OFF: gettext_lazy("Mend a way"),
    Missing.NO_MEDIUM: gettext_lazy("Add a way"),
    Missing.NOT_ENOUGH: gettext_lazy("Add a second way"),
    Missing.SILENT: gettext_lazy("Test it"),
    Missing.RULE_DEAD: gettext_lazy("Change the rule"),
    Missing.UNPROVED: gettext_lazy("Test it"),
    Missing.OLD: gettext_lazy("Test it"),
}
ASKED: dict[Missing, str | Promise] = {
    Missing.NO_WAY: gettext_lazy("add a way to wake you"),
    Missing.UNVERIFIED: gettext_lazy("verify a way to wake you"),
    Missing.SWITCHED_OFF: gettext_lazy("look at the ways to wake you: all of them are switched off"),
    Missing.NO_MEDIUM: gettext_lazy("add a way to wake you that this installation can send by"),
    Missing.NOT_ENOUGH: gettext_lazy("add a way beside push on an iPhone or iPad"),
    Missing.SILENT: gettext_lazy("test the way that stayed silent in the weekly test, or mend it"),
    Missing.RULE_DEAD: gettext_lazy("change the rule that names a way which cannot ring"),
    Missing.UNPROVED: gettext_lazy("press “Page me” and say whether it rang"),
    Missing.OLD: gettext_lazy("press “Page me” and say whether it rang"),
}


def sentence(found: Readiness) -> str:
    """What is missing; empty when nothing is."""
    silent = found.silent_way
    said = str(SENTENCES[found.missing])
    return said % silent.get_kind_display() if found.missing is Missing.SILENT and silent else said


def act(found: Readiness) -> str:
    """What mends it, as a button says it."""
    return str(ACTS.get(found.missing, ""))


def act_path(found: Readiness, *, own: bool) -> str:
    """Where it is mended: the person's own page, or an administrator's view of it."""
    path = reverse("desk:settings_methods")
    return path if own else f"{path}?person={found.person.email}"


def subject() -> str:
    """Of the mail that asks somebody to mend it; by it a second one is not sent the same day."""
    return _("Can Sharp End wake you?")


def request(found: Readiness, by: str) -> str:
    """The mail's text: who asks, and for what."""
    words = {"by": by, "act": ASKED[found.missing], "url": settings.SHARPEND_URL}
    return _("%(by)s asks you: please %(act)s, so that a page reaches you. It takes a minute.") % words
