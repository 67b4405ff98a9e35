"""The feed of incidents, newest first, as Atom (RFC 4287)."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from foundation.ui import markdown
from status.public import Page, ShownIncident
from status.statuspage import NEWEST, instant

TYPE = "application/atom+xml"
FORBIDDEN = dict.fromkeys(code for code in range(32) if chr(code) not in "\n\t")


def feed(page: Page) -> bytes:
    """The feed's document."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        f"<id>{escape(_tag(page, 'page', page.code))}</id>",
        f"<title>{_text(page.name)}</title>",
        f"<updated>{instant(page.updated_at)}</updated>",
        f"<author><name>{_text(page.name)}</name></author>",
        f'<link rel="self" type={quoteattr(TYPE)} href={quoteattr(page.url + "history.atom")}/>',
        f'<link rel="alternate" type="text/html" href={quoteattr(page.url)}/>',
    ]
    for incident in page.incidents[:NEWEST]:
        lines += _entry(page, incident)
    return ("\n".join([*lines, "</feed>"]) + "\n").encode()


def _entry(page: Page, incident: ShownIncident) -> list[str]:
    return [
        "<entry>",
        f"<id>{escape(_tag(page, 'incident', incident.code))}</id>",
        f"<title>{_text(incident.title)}</title>",
        f"<published>{instant(incident.created_at)}</published>",
        f"<updated>{instant(incident.updated_at)}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(f"{page.url}incidents/{incident.code}/")}/>',
        f'<content type="html">{_text(_content(incident))}</content>',
        "</entry>",
    ]


def _content(incident: ShownIncident) -> str:
    parts = []
    if incident.report:
        parts.append(f"<h2>Postmortem</h2>{markdown.render(incident.report.text)}")
    for update in incident.updates:
        parts.append(f"<h3>{update.status.capitalize()}, {update.at:%d %b %Y %H:%M} UTC</h3>")
        parts.append(markdown.render(update.body))
    return "".join(parts)


def _tag(page: Page, kind: str, code: str) -> str:
    """An address-like name that stays when the page moves within its host (RFC 4151)."""
    return f"tag:{urlsplit(page.url).hostname},2026:{kind}/{code}"


def _text(text: str) -> str:
    """Escaped, without the characters that no XML document may hold."""
    return escape(text.translate(FORBIDDEN))
