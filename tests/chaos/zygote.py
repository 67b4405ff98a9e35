"""Dispatchers by the hundred: `python -m tests.chaos.zygote THREADS` forks a real one for each line that it reads.

It prints the process id of each. What it forks dies with it; what is killed leaves nothing behind.
"""

from __future__ import annotations

import os
import signal
import sys

from config.children import die_with_parent


def main() -> None:
    """Fork until there is nothing more to read."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from foundation.dispatch.loop import Dispatcher

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            die_with_parent()
            Dispatcher(threads=int(sys.argv[1])).run()
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
