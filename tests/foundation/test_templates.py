"""What a page may not hold: styles and scripts of its own, and the syntax of htmx 2, which version 4 ignores in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
PAGES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
COMMENT = re.compile(r"{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)

# what is found, why it is wrong
FORBIDDEN: dict[str, str] = {
    r"\sstyle\s*=": "the policy refuses style attributes: use a class or an SVG attribute",
    r"<style\b": "the policy refuses style elements: write it in sharp-end.css",
    r"<script\b(?![^>]*\ssrc=)": "the policy refuses inline scripts: write a module in static/js",
    r"\son[a-z]+\s*=\s*[\"']": "the policy refuses inline handlers: listen in static/js",
    r"\shx-on[:\s=]": "hx-on needs eval, which the policy refuses",
    r"\shx-(vals|headers|vars)(:inherited)?\s*=\s*[\"']\s*(js|javascript):": "js: values need eval, which the policy refuses",
    r"\shx-trigger\s*=\s*[\"'][^\"']*\[": "trigger filters need eval, which the policy refuses",
    r"\shx-(vars|disinherit|inherit|history-elt|history|prompt|params|ext|request|sse|ws)\b": "htmx 4 has no such attribute",
    r"\shx-disabled-elt\b": "htmx 4 calls it hx-disable",
    r"\shx-swap-oob\s*=\s*[\"'][^\"']*\bmorph:": "htmx 4 says innerMorph or outerMorph",
    r"\shx-swap\s*=\s*[\"']morph": "htmx 4 says innerMorph or outerMorph",
    r"<(body|main|section|div|ul|table)\b[^>]*\shx-(headers|target|confirm|boost|vals|indicator|sync)\s*=": (
        "htmx 4 inherits only what says :inherited, and a container that acts itself may not carry it for its children"
    ),
    r"htmx:(afterSwap|beforeSwap|afterRequest|beforeRequest|configRequest|responseError|load|afterSettle|sendError)\b": (
        "htmx 4 spells events htmx:after:swap"
    ),
    r"\starget\s*=\s*[\"']_blank[\"'](?![^>]*\srel=)(?<!rel=\"noopener noreferrer\" target=\"_blank\")": (
        "a new window needs rel=noopener noreferrer"
    ),
}


def _found(text: str) -> list[str]:
    bare = COMMENT.sub("", text)
    return [
        f"{match.group(0).strip()}: {why}" for pattern, why in FORBIDDEN.items() for match in re.finditer(pattern, bare)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_obeys_the_policy_and_speaks_htmx_4(page: str) -> None:
    found = _found((TEMPLATES / page).read_text())
    # A public page fetches nothing: its one style stands in it, and its own policy names that style's hash.
    assert [one for one in found if page != "status/base.html" or not one.startswith("<style:")] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_compiles(page: str) -> None:
    assert get_template(page)


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color: red">',
        "<script>alert(1)</script>",
        '<button onclick="go()">',
        '<div hx-on:click="go()">',
        """<form hx-vals='js:{a: 1}'>""",
        '<a hx-trigger="click[ctrlKey]">',
        '<body hx-headers=\'{"X-CSRFToken": "x"}\'>',
        '<div hx-swap="morph:outerHTML">',
        '<a hx-ext="preload">',
    ],
)
def test_the_lint_finds_what_it_is_for(bad: str) -> None:
    assert _found(bad)


@pytest.mark.parametrize(
    "good",
    [
        '<body hx-headers:inherited=\'{"X-CSRFToken": "x"}\'>',
        '<script src="/static/js/pager.js" defer></script>',
        '<div hx-get="/banner/" hx-trigger="every 5s" hx-swap="innerMorph" hx-status:5xx="swap:none">',
        "{% comment %}style= and onclick= may be spoken of{% endcomment %}",
    ],
)
def test_the_lint_lets_the_rest_be(good: str) -> None:
    assert _found(good) == []


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "static" / "js").glob("*.js")))
def test_our_scripts_need_no_eval(script: str) -> None:
    text = (ROOT / "static" / "js" / script).read_text()
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|\.style\b", text)


def test_every_form_that_posts_carries_its_token() -> None:
    missing = []
    for page in PAGES:
        for form in re.findall(
            r"<form\b[^>]*method=\"post\".*?</form>", COMMENT.sub("", (TEMPLATES / page).read_text()), re.DOTALL
        ):
            # The page by its link needs no cookie: its token is the authority.
            if "csrf_token" not in form and not page.startswith("paging/"):
                missing.append(page)
    assert missing == []
