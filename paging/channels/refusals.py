"""What the answer of a provider that speaks plain HTTP means for a page."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from foundation.egress.addresses import AddressRefused, NotReached
from foundation.egress.http import Answer
from paging.channels.base import SendFailed

TEMPORARY = {408, 425, 429}
SERVER_ERRORS = 500
GONE, NO_ENTRY = 410, {401, 403}


def reach(question: Callable[[], Answer], *, ours: bool, setting: str = "") -> Answer:
    """Ask, and return the answer, whatever it says. Raises SendFailed when there is none.

    `setting` names where the operator's address stands: one that may not be called is told to the administrators, who
    correct it. Any other address that may not be called will not be the next time either; one that somebody typed (not
    `ours`) is of no use any more.
    """
    try:
        return question()
    except AddressRefused as error:
        if setting:
            raise SendFailed(f"{setting}: {error}", administrators=True) from error
        raise SendFailed(str(error), switch_off=not ours, permanent=True) from error
    except NotReached as error:
        raise SendFailed(str(error)) from error


def ask(question: Callable[[], Answer], *, ours: bool) -> Answer:
    """Ask, and return a good answer. Raises SendFailed.

    `ours`: the provider and the account are the operator's, so that a refused account is told to the administrators;
    otherwise somebody typed the address, and what it refuses it will refuse again.
    """
    answer = reach(question, ours=ours)
    if answer.ok:
        return answer
    said = _("It answered %d.") % answer.status
    if answer.status in TEMPORARY or answer.status >= SERVER_ERRORS:
        raise SendFailed(said, retry_after=answer.retry_after())
    refused = ours and answer.status in NO_ENTRY
    raise SendFailed(said, permanent=True, administrators=refused, switch_off=answer.status == GONE)
