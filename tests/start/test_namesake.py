"""Whoever runs us may be a bare number: containers and services often are."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from config.namesake import borrow_name, has_name, may_borrow_name
from config.privileges import Refused, account_for

STRANGER = 54321


def as_stranger(question: Callable[[], bool]) -> bool:
    """What `question` answers in a process of a user without a name."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(STRANGER)
                os.setuid(STRANGER)
            os._exit(0 if question() else 1)
        except BaseException:  # noqa: BLE001 - whatever happens, the child must not run the test's code
            os._exit(2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code != 2
    return code == 0


def named_after_borrowing() -> bool:
    """Borrow a name and look it up."""
    borrow_name()
    return bool(pwd.getpwuid(os.geteuid()).pw_name)


def refused() -> bool:
    """Whether a new database is refused, with the sentence."""
    try:
        account_for(Path("/nowhere/postgres"))
    except Refused as error:
        return "has no name in /etc/passwd" in str(error)
    return False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_a_number_borrows_a_name_or_is_told_what_is_missing() -> None:
    assert not has_name(STRANGER)
    if as_stranger(may_borrow_name):
        assert as_stranger(named_after_borrowing)
        assert not as_stranger(refused)
    else:
        assert as_stranger(refused)
