"""One word to one place by the library Apprise, in a process of its own that may be killed: a script, not a module.

The library calls whom it likes and waits as it likes; nothing of ours (settings, database, secrets) is here. Reads
`{"url", "title", "body"}` from stdin; ends with 0 when it was taken, 1 when not, 2 when the library does not know the address.
"""

from __future__ import annotations

import json
import logging
import sys


def main() -> int:
    """Do it."""
    import apprise

    logging.disable(logging.CRITICAL)  # what it logs names addresses, and they hold secrets
    asked = json.load(sys.stdin)
    asset = apprise.AppriseAsset(app_id="Sharp End", app_desc="Sharp End", app_url="", storage_path=None)
    there = apprise.Apprise(asset=asset)
    if not there.add(asked["url"]):
        return 2
    taken = there.notify(title=asked["title"], body=asked["body"], body_format=apprise.NotifyFormat.TEXT)
    return 0 if taken else 1


if __name__ == "__main__":
    sys.exit(main())
