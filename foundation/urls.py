"""Health addresses, and figures for a scraper."""

from django.urls import re_path
from django.views.decorators.http import require_safe

from foundation import health, metrics_page

urlpatterns = [
    re_path(r"^healthz/live/?$", require_safe(health.live)),
    re_path(r"^healthz/ready/?$", require_safe(health.ready)),
    re_path(r"^healthz/paging/?$", require_safe(health.paging)),
    re_path(r"^metrics/?$", require_safe(metrics_page.metrics)),
]
