"""Addresses served before any middleware: alert intake and health checks.

No Host check, no HTTPS redirect, no session, no slash redirect: a 301 turns a webhook's POST into an empty GET whose 200
counts as delivered, which is a lost alert.
"""

from django.urls import include, path

urlpatterns = [
    path("", include("foundation.urls")),
    path("", include("alerts.urls")),
]
