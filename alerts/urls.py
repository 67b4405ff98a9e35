"""Addresses for machines. Each works with and without a slash at its end, and none is ever redirected."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from alerts import views

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^api/in/(?P<kind>[^/]+)/?$", views.intake, name="intake"),
    re_path(r"^api/in/(?P<kind>[^/]+)/(?P<key>[^/]+)/?$", views.intake, name="intake_with_key"),
    path("", include("alerts.ping_urls")),
]
