"""Which account the database runs as, and what that account can reach (stdlib only).

PostgreSQL refuses to run as root, and rightly. Started as root we give it the owner of its data, else an account that
owns nothing. That account often cannot walk to a folder under /root or a private home: see `Folder`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.namesake import borrow_name, has_name, may_borrow_name

NOBODY = (65534, 1000)  # the second one for user namespaces that do not map the first


class Refused(Exception):
    """Starting is not possible; the message is the one sentence to show, with the way out."""


@dataclass(frozen=True)
class Account:
    """A user and group id; `drops` when we are root and have to change to it."""

    uid: int
    gid: int
    drops: bool

    @property
    def popen(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"} if self.drops else {"cwd": "/"}

    @property
    def named(self) -> dict[str, Any]:
        """The same for a program that asks for the account's name."""
        return self.popen if self.drops or has_name(self.uid) else self.popen | {"preexec_fn": borrow_name}

    def may(self, path: Path, mode: int) -> bool:
        """Whether this account passes `os.access(path, mode)`; asked by becoming it in a child process."""
        if not self.drops:
            return os.access(path, mode)
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(self.gid)
                os.setuid(self.uid)
                os._exit(0 if os.access(path, mode) else 1)
            except BaseException:  # noqa: BLE001 - whatever happens, the child must not run the caller's code
                os._exit(2)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def own(self, path: Path, mode: int = 0o700) -> None:
        """Give `path` to this account with `mode`."""
        if self.drops:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)


def account_for(data: Path) -> Account:
    """The account for the database in `data`. Raises `Refused` when the folder belongs to someone else."""
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise Refused(
                f"{data} belongs to user id {owner.st_uid}: start as that user or as root, or change its owner."
            )
        if not owner and not has_name(os.geteuid()) and not may_borrow_name():
            raise Refused(
                f"User id {os.geteuid()} has no name in /etc/passwd, which PostgreSQL's initdb needs: add it."
            )
        return Account(os.geteuid(), os.getegid(), drops=False)
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, drops=True)
    for uid in NOBODY:
        account = Account(uid, uid, drops=True)
        if has_name(uid) and account.may(Path("/"), os.R_OK):
            return account
    raise Refused(
        "PostgreSQL does not run as root and this root cannot change to another user: start as an ordinary user."
    )


@dataclass
class Folder:
    """A folder as an account sees it: by its path, or by an inherited descriptor when the account cannot walk there.

    `/proc/self/fd/N` leads straight to the open folder without a look at the permissions of its parents.
    """

    path: Path
    account: Account
    _fd: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if not self.account.may(self.path, os.X_OK):
            if not Path("/proc/self/fd").is_dir():
                raise Refused(
                    f"User id {self.account.uid} cannot reach {self.path}: set SHARPEND_HOME to a folder it can reach."
                )
            self._fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)

    @property
    def shown(self) -> str:
        """The path to give to a program that runs as the account."""
        return str(self.path) if self._fd is None else f"/proc/self/fd/{self._fd}"

    @property
    def popen(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess`: the account, and the descriptor when one is needed."""
        return self._with(self.account.popen)

    @property
    def named(self) -> dict[str, Any]:
        """The same for a program that asks for the account's name."""
        return self._with(self.account.named)

    def _with(self, popen: dict[str, Any]) -> dict[str, Any]:
        return popen | ({} if self._fd is None else {"pass_fds": (self._fd,)})

    def close(self) -> None:
        """Let the descriptor go."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
