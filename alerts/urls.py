"""Addresses for machines. Each works with and without a slash at its end, and none is ever redirected."""

from django.urls import URLPattern, URLResolver, re_path

from alerts import pagerduty_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^api/in/(?P<kind>[^/]+)/?$", views.intake, name="intake"),
    re_path(r"^api/in/(?P<kind>[^/]+)/(?P<key>[^/]+)/?$", views.intake, name="intake_with_key"),
    re_path(r"^v2/enqueue/?$", pagerduty_views.enqueue, name="pagerduty_enqueue"),
    re_path(r"^v2/change/enqueue/?$", pagerduty_views.change, name="pagerduty_change"),
    re_path(r"^generic/2010-04-15/create_event\.json/?$", pagerduty_views.create_event, name="pagerduty_version_1"),
]
