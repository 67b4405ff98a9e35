"""Pages travel packed; what has not changed still travels as nothing."""

from __future__ import annotations

import gzip

import pytest
import time_machine
from django.test import Client

from tests.factories import AT, make_user

PACKED = {"accept-encoding": "gzip"}


@time_machine.travel(AT, tick=False)
def test_a_page_is_packed_for_who_can_unpack_it(client: Client) -> None:
    plain, packed = client.get("/offline/"), client.get("/offline/", headers=PACKED)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len({len(client.get("/offline/", headers=PACKED).content) for _again in range(40)}) > 1, "not padded"


@pytest.mark.django_db
@time_machine.travel(AT, tick=False)
def test_a_poll_that_finds_nothing_new_stays_empty(client: Client) -> None:
    client.force_login(make_user())
    first = client.get("/now/banner/", headers=PACKED)

    again = client.get("/now/banner/", headers={**PACKED, "if-none-match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
