"""What is too much for a rotation, in words, with what to do next; nobody is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.health import Flag, Kind, Tone
from review.health import Health


@dataclass(frozen=True)
class Said:
    """One flag as the page says it: what is so, what to do next, and where."""

    kind: str
    tone: str
    sentence: str
    advice: str
    act: str
    path: str


def said(found: Health) -> list[Said]:
    """The flags of a rotation, in their order."""
    return [SAYS[flag.kind](flag, found) for flag in found.flags]


def _small(flag: Flag, found: Health) -> Said:
    people = int(flag.amount)
    if flag.tone == Tone.RED:
        sentence = ngettext("%d person takes turns.", "%d people take turns.", people) % people
        advice = _("Below three, nobody can be ill or on holiday. Add people, or join it with another rotation.")
    else:
        sentence = _("%d people take turns around the clock.") % people
        advice = _("With six or more, nights stay rare enough for each. Train more people for it.")
    return Said(flag.kind, flag.tone, sentence, advice, _("Train somebody"), _training(found))


def _often(flag: Flag, found: Health) -> Said:
    people, all_ = int(flag.amount), len(found.rotation.hours)
    words = {"n": people, "all": all_}
    if flag.tone == Tone.RED:
        sentence = _("Somebody has a pager in more than half of the weeks (%(n)d of %(all)d above a quarter).") % words
    else:
        sentence = ngettext(
            "%(n)d of %(all)d has a pager in more than a quarter of the weeks.",
            "%(n)d of %(all)d have a pager in more than a quarter of the weeks.",
            people,
        )
        sentence %= words
    advice = _("Every pager of theirs counts. Let more people take turns, or take them out of another rotation.")
    return Said(flag.kind, flag.tone, sentence, advice, _("The year ahead"), _year(found))


def _busy(flag: Flag, found: Health) -> Said:
    sentence = _("%d incidents rang within twelve hours.") % int(flag.amount)
    advice = _("More than two leave no time to learn from each. Mend what rings most, or let it wait for the morning.")
    return Said(flag.kind, flag.tone, sentence, advice, _("What rang"), reverse("desk:review"))


def _nights(flag: Flag, found: Health) -> Said:
    shifts = int(flag.amount)
    sentence = ngettext("%d shift had two broken nights or more.", "%d shifts had two broken nights or more.", shifts)
    advice = _("After the second one, offer relief for the rest of the shift, and a late start.")
    path = reverse("desk:override", args=[found.schedule.slug])
    return Said(flag.kind, flag.tone, sentence % shifts, advice, _("Somebody else takes it"), path)


def _hours(flag: Flag, found: Health) -> Said:
    sentence = _("The hours are uneven: the largest share is %s times an equal one.") % f"{flag.amount:.2f}"
    advice = _("Swap a shift or two. Somebody who joined lately, or long shifts, can make it look so too.")
    return Said(flag.kind, flag.tone, sentence, advice, _("The year ahead"), _year(found))


def _rang(flag: Flag, found: Health) -> Said:
    sentence = _("Interruptions are uneven: the largest share is %s times an equal one.") % f"{flag.amount:.2f}"
    advice = _("That is luck, mostly. Think of it when shifts are swapped, and say thank you.")
    return Said(
        flag.kind,
        flag.tone,
        sentence,
        advice,
        _("Ask somebody to swap"),
        reverse("desk:swap", args=[found.schedule.slug]),
    )


def _single(flag: Flag, found: Health) -> Said:
    if flag.amount:
        sentence = _("Only one person is on record as trained.")
        advice = _("When they are away, nobody knows it. Train a second one; shadowing a shift is a good way.")
    else:
        sentence = _("Nobody's training is on record.")
        advice = _("Write down who knows this pager: then it is seen when only one person does.")
    return Said(flag.kind, flag.tone, sentence, advice, _("Training"), _training(found))


def _training(found: Health) -> str:
    return f"{reverse('desk:training')}#{found.schedule.slug}"


def _year(found: Health) -> str:
    return reverse("desk:coverage", args=[found.schedule.slug])


SAYS: dict[Kind, Callable[[Flag, Health], Said]] = {
    Kind.SMALL: _small,
    Kind.OFTEN: _often,
    Kind.BUSY: _busy,
    Kind.NIGHTS: _nights,
    Kind.HOURS: _hours,
    Kind.INTERRUPTIONS: _rang,
    Kind.SINGLE: _single,
}
