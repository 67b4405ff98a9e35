"""What stands in the logs never opens a door: they are read by many and kept for long."""

from __future__ import annotations

import logging

import pytest
from django.test import Client, RequestFactory

from foundation.logs import formatter
from paging import links
from tests.alerts.posting import KEY
from tests.factories import make_page, make_user


def written(caplog: pytest.LogCaptureFixture) -> str:
    """The lines as the handler of a real process would write them."""
    line = formatter()
    return "\n".join(line.format(record) for record in caplog.records)


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("/signin/NiBDuQjhUJZNDQFIk2JAgb5xbYzxH22P0jhio1EFNU0/", "NiBDuQjhUJZNDQFIk2JAgb5xbYzxH22P0jhio1EFNU0"),
        ("/account/password/reset/key/5-abc123-0123456789abcdef/", "abc123-0123456789abcdef"),
    ],
)
def test_a_refused_form_does_not_write_the_token_of_its_address(
    db: None, caplog: pytest.LogCaptureFixture, path: str, secret: str
) -> None:
    response = Client(enforce_csrf_checks=True).post(path)
    assert response.status_code == 403
    said = written(caplog)
    assert "CSRF" in said
    assert secret not in said


def test_a_broken_view_does_not_write_keys_or_links(
    db: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = links.token_of(make_page(make_user()).pk, 1)
    for path in (f"/api/in/alertmanager/{KEY}", f"/api/in/alertmanager/{KEY}/", f"/p/{token}/", f"/ping/{KEY}/fail"):
        caplog.clear()
        request = RequestFactory().post(path)
        logging.getLogger("django.request").error("%s: %s", "Internal Server Error", path, extra={"request": request})
        said = written(caplog)
        assert "Internal Server Error" in said
        assert KEY not in said
        assert token not in said


def test_an_error_with_a_trace_keeps_its_trace_and_loses_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(f"could not read http://h/api/in/alertmanager/{KEY}?x=1")
    except ValueError:
        logging.getLogger("x").exception("failed")
    said = written(caplog)
    assert "Traceback" in said
    assert KEY not in said


def test_a_line_break_in_an_address_makes_no_second_line(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("Not Found: %s", "/a\nlevel='critical' event='forged'")
    assert "\n" not in written(caplog)
