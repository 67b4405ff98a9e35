"""Addresses served before any middleware: alert intake, health checks and what the public reads.

No Host check, no HTTPS redirect, no session, no slash redirect: a 301 turns a webhook's POST into an empty GET whose 200
counts as delivered, which is a lost alert.
"""

from django.urls import include, path

urlpatterns = [
    path("", include("foundation.urls")),
    path("", include("alerts.urls")),
    path("", include("status.urls")),
]
