"""Addresses of the application's pages."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from desk import (
    acts,
    banner,
    declare,
    first_run,
    home,
    incident,
    incidents,
    more,
    oncall,
    override,
    page_me,
    review,
    schedule,
    services,
    settings_mail,
    settings_methods,
    settings_profile,
    sources,
    times,
)

app_name = "desk"
incident_patterns = [
    path("", incident.incident, name="incident"),
    path("live/", incident.live, name="live"),
    path("times/", times.times, name="times"),
    path("impact/<slug:row>/", times.impact, name="impact"),
    path("<str:name>/", acts.act, name="act"),
]
urlpatterns = [
    path("", home.home, name="home"),
    path("now/banner/", banner.banner, name="banner"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/<str:number>/", include(incident_patterns)),
    path(
        "search/",
        RedirectView.as_view(pattern_name="desk:incidents", query_string=True, http_method_names=["get", "head"]),
        name="search",
    ),
    path("declare/", declare.declare, name="declare"),
    path("declare/preview/", declare.preview, name="declare_preview"),
    path("page-me/", page_me.page_me, name="page_me"),
    path("oncall/", oncall.oncall, name="oncall"),
    path("oncall/<slug:slug>/", schedule.schedule, name="schedule"),
    path("oncall/<slug:slug>/why/", schedule.why, name="why"),
    path("oncall/<slug:slug>/override/", override.override, name="override"),
    path("ops/review/", review.present, name="review"),
    re_path(r"^ops/review/(?P<text>[^/]{1,40}?)/?\.(?P<form>json|csv)$", review.download, name="review_download"),
    path("ops/review/<str:text>/", review.week, name="review_week"),
    path("ops/review/<str:text>/rows/<slug:key>/", review.rows, name="review_rows"),
    path("services/", services.services, name="services"),
    path("services/sources/", sources.sources, name="sources"),
    path("services/sources/<slug:slug>/", sources.source, name="source"),
    path("services/<slug:slug>/", services.service, name="service"),
    path("settings/", settings_profile.settings_profile, name="settings_profile"),
    path("settings/methods/", settings_methods.settings_methods, name="settings_methods"),
    path("settings/mail/", settings_mail.settings_mail, name="settings_mail"),
    path("start/", first_run.first_run, name="first_run"),
    path("more/", more.more, name="more"),
]
