"""Text that people wrote, as safe HTML."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h3", "h4", "h5",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}
_reader = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
# Our pages have an h1 and h2 of their own: a writer's headings stand below them, whatever level they begin with.
_BELOW = ("h3", "h4", "h5")


@lru_cache(512)  # the feed tells of the same fifty incidents with every word that is said
def render(text: str) -> SafeString:
    """Markdown to HTML: no raw HTML, no pictures, links open without telling the other side where they come from."""
    tokens = _reader.parse(text)
    levels = sorted({token.tag for token in tokens if token.type == "heading_open"})
    for token in tokens:
        if token.tag in levels:
            token.tag = _BELOW[min(levels.index(token.tag), len(_BELOW) - 1)]
    html = _reader.renderer.render(tokens, _reader.options, {})
    clean = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return mark_safe(clean)  # noqa: S308  (nh3 let through only the tags above)
