"""Addresses of heartbeats; each with and without a slash at its end."""

from django.urls import URLPattern, URLResolver, re_path

from alerts import ping_views

WORD = r"(?P<word>start|fail|log|[0-9]{1,3})"
urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^ping/(?P<key>[^/]+)/?$", ping_views.ping, name="ping"),
    re_path(rf"^ping/(?P<key>[^/]+)/{WORD}/?$", ping_views.ping, name="ping_word"),
    re_path(r"^ping/(?P<key>[^/]+)/(?P<slug>[-a-zA-Z0-9_]+)/?$", ping_views.ping, name="ping_slug"),
    re_path(rf"^ping/(?P<key>[^/]+)/(?P<slug>[-a-zA-Z0-9_]+)/{WORD}/?$", ping_views.ping, name="ping_slug_word"),
    re_path(
        r"^(?:v2|jsm/ops/integration(?:/v[12])?)/heartbeats/(?P<name>[^/]+)/ping/?$",
        ping_views.opsgenie_ping,
        name="opsgenie_ping",
    ),
    # Atlassian's own for Jira Service Management: `?name=` says which, and the key is the password.
    re_path(r"^jsm/ops/api/[^/]+/v1/teams/[^/]+/heartbeats/ping/?$", ping_views.opsgenie_ping, name="jsm_ping"),
]
