"""A name for a user who has none (stdlib only).

initdb asks the user database for the name of whoever runs it and gives up without an answer, though the name matters to
nothing: our role is `postgres`. Containers and services are often run as a bare number. On Linux the program runs in a
user namespace of its own in which that number is a user who has a name; files keep their real owner.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
NAMED = (65534, 1, 2, 1000)
_libc = ctypes.CDLL(None, use_errno=True)


def has_name(uid: int) -> bool:
    """Whether `uid` has an entry in the user database."""
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def borrow_name() -> None:
    """Become a named user of a new namespace; between fork and exec only. Raises OSError where that is forbidden."""
    uid, gid = os.geteuid(), os.getegid()
    name = next((number for number in NAMED if has_name(number)), None)
    if name is None or not sys.platform.startswith("linux"):
        raise OSError("there is nobody whose name could be borrowed")
    if _libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{name} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{name} {gid} 1", encoding="ascii")


def may_borrow_name() -> bool:
    """Whether `borrow_name` would work here; tried in a child."""
    child = os.fork()
    if child == 0:
        try:
            borrow_name()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - whatever happens, the child must not run the caller's code
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
