"""What scripts do to an incident: one POST address per act, each answered with the incident as it then is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from alerts import merging
from desk.api.base import Desk
from desk.api.incidents import shown
from desk.api.shapes import IncidentShape
from desk.api.typed import Because, HandOver, Into, Nothing, PullIn, Worth
from incidents import lifecycle
from incidents.models import Incident
from paging import answers, asking, verdicts
from postmortems.lifecycle import close_incident

Words = dict[str, Any]
View = TypeVar("View", bound="type[Act]")


class Act(Desk):
    """One act. Refusals: 404 not there or not theirs, 403 not allowed, 409 somebody was faster (who is said), 422 a rule."""

    typed: ClassVar[type[Serializer[Any]]] = Nothing
    moves_state: ClassVar[bool] = True

    def post(self, request: Request, number: str) -> Response:
        """Do it."""
        incident = self.incident_to_act_on(number, moves_state=self.moves_state)
        self.act(incident, self.words(self.typed))
        return Response(shown(incident))

    def act(self, incident: Incident, words: Words) -> None:
        """What this act does. Raises NotAllowed."""
        raise NotImplementedError


def described(view: View) -> View:
    """Tell OpenAPI what the act reads, in the words of its docstring."""
    post = extend_schema(request=view.typed, responses=IncidentShape, description=view.__doc__)
    decorate: Callable[[View], View] = extend_schema_view(post=post)
    return decorate(view)


@described
class Acknowledge(Act):
    """I have it: nobody else is paged until the class's time-out."""

    def act(self, incident: Incident, words: Words) -> None:
        """Twice by the same person is once."""
        answers.acknowledge(incident, by=self.person, at=self.at, via="api")


@described
class Unacknowledge(Act):
    """Nobody has it any more: paging starts again."""

    def act(self, incident: Incident, words: Words) -> None:
        """Refused when nobody has it."""
        lifecycle.unacknowledge(incident, by=self.person, at=self.at)


@described
class Mitigate(Act):
    """Customers no longer feel it; the response goes on."""

    def act(self, incident: Incident, words: Words) -> None:
        """Ends the impact."""
        lifecycle.mitigate(incident, by=self.person, at=self.at)


@described
class Resolve(Act):
    """The response is over."""

    typed = Because

    def act(self, incident: Incident, words: Words) -> None:
        """Nobody is paged any more."""
        lifecycle.resolve(incident, by=self.person, at=self.at, cause=words["reason"][:200])


@described
class Reopen(Act):
    """It is back: paging starts again."""

    typed = Because

    def act(self, incident: Incident, words: Words) -> None:
        """Refused while it is open."""
        lifecycle.reopen(incident, by=self.person, at=self.at, cause=words["reason"][:200])


@described
class Close(Act):
    """Nothing is left to do; refused (422) while a postmortem is owed."""

    def act(self, incident: Incident, words: Words) -> None:
        """Stamps `closed_at`."""
        close_incident(incident, self.person, self.at)


@described
class Cancel(Act):
    """It was no incident: it counts nowhere."""

    typed = Because

    def act(self, incident: Incident, words: Words) -> None:
        """Nobody is paged any more."""
        lifecycle.cancel(incident, by=self.person, at=self.at, reason=words["reason"])


@described
class Escalate(Act):
    """Page the next step now."""

    def act(self, incident: Incident, words: Words) -> None:
        """When somebody has it, paging starts again."""
        lifecycle.escalate(incident, by=self.person, at=self.at)


@described
class Merge(Act):
    """It is the same as another incident: its alerts and its impact go over. The answer is the other one."""

    typed = Into

    def post(self, request: Request, number: str) -> Response:
        """Do it; who merges may act on both."""
        incident = self.incident_to_act_on(number, moves_state=True)
        other = self.incident_to_act_on(self.words(Into)["into"], moves_state=True)
        return Response(shown(merging.merge(incident, into=other, by=self.person, at=self.at)))


@described
class HandItOver(Act):
    """Somebody else has it now; paging stays quiet."""

    typed = HandOver

    def act(self, incident: Incident, words: Words) -> None:
        """The acknowledgement moves on."""
        lifecycle.hand_over(incident, to=words["to"], by=self.person, at=self.at)


@described
class SayVerdict(Act):
    """Whether it was worth waking somebody: asked of those who were paged, once it is resolved. The last word counts."""

    typed = Worth
    moves_state = False

    def act(self, incident: Incident, words: Words) -> None:
        """Counts in on-call health as the share of pages that were worth it."""
        verdicts.judge(incident, by=self.person, worth=words["worth"], at=self.at)


@described
class PullSomebodyIn(Act):
    """Page a person for help, whoever has the incident."""

    typed = PullIn
    moves_state = False

    def act(self, incident: Incident, words: Words) -> None:
        """Logged, and the person's lead is told."""
        asking.pull_in(incident, person=words["person"], by=self.person, reason=words["reason"], at=self.at)
