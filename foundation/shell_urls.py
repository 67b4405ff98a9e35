"""Addresses of the installed application; the browser wants them at the root."""

from django.urls import path

from foundation import shell

urlpatterns = [
    path("manifest.webmanifest", shell.manifest, name="manifest"),
    path("sw.js", shell.worker, name="worker"),
    path("offline/", shell.offline, name="offline"),
]
