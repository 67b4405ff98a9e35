"""Addresses for machines. Each works with and without a slash at its end, and none is ever redirected."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from alerts import mail_views, moved, opsgenie_views, pagerduty_views, views

OPSGENIE = r"^(?:v2|jsm/ops/integration(?:/v2)?)/alerts"
ACTS = "close|acknowledge|unacknowledge|notes|snooze|escalate|assign|tags|details|message|description|priority"
"""An alias may contain slashes, written out or not."""

urlpatterns: list[URLPattern | URLResolver] = [
    # Mailgun posts the whole mail, as it came, to an address that ends so.
    re_path(r"^api/in/mail/(?P<provider>[^/]+)(?:/mime)?/?$", mail_views.posted, name="mail_of_provider"),
    re_path(r"^api/in/(?P<kind>[^/]+)/?$", views.intake, name="intake"),
    re_path(r"^api/in/(?P<kind>[^/]+)/(?P<key>[^/]+)/?$", views.intake, name="intake_with_key"),
    path("", include("alerts.ping_urls")),
    re_path(r"^v2/enqueue/?$", pagerduty_views.enqueue, name="pagerduty_enqueue"),
    re_path(r"^v2/change/enqueue/?$", pagerduty_views.change, name="pagerduty_change"),
    re_path(r"^generic/2010-04-15/create_event\.json/?$", pagerduty_views.create_event, name="pagerduty_version_1"),
    re_path(OPSGENIE + r"/?$", opsgenie_views.alerts, name="opsgenie_alerts"),
    re_path(OPSGENIE + r"/count/?$", opsgenie_views.count, name="opsgenie_count"),
    re_path(OPSGENIE + r"/requests/(?P<request_id>[^/]+)/?$", opsgenie_views.request_status, name="opsgenie_request"),
    re_path(OPSGENIE + rf"/(?P<identifier>[\s\S]+)/(?P<name>{ACTS})/?$", opsgenie_views.act, name="opsgenie_act"),
    re_path(OPSGENIE + r"/(?P<identifier>[\s\S]+?)/?$", opsgenie_views.alert, name="opsgenie_alert"),
    re_path(r"^integrations/v1/(?P<kind>[^/]+)/(?P<key>[^/]+)/?$", moved.oncall, name="oncall"),
    re_path(r"^api/v2/(?P<kind>[^/.]+)/incoming/?$", moved.goalert, name="goalert"),
]
