"""Addresses for machines. Each works with and without a slash at its end, and none is ever redirected."""

from django.urls import URLPattern, URLResolver, re_path

from alerts import moved, views

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^api/in/(?P<kind>[^/]+)/?$", views.intake, name="intake"),
    re_path(r"^api/in/(?P<kind>[^/]+)/(?P<key>[^/]+)/?$", views.intake, name="intake_with_key"),
    re_path(r"^integrations/v1/(?P<kind>[^/]+)/(?P<key>[^/]+)/?$", moved.oncall, name="oncall"),
    re_path(r"^api/v2/(?P<kind>[^/.]+)/incoming/?$", moved.goalert, name="goalert"),
]
