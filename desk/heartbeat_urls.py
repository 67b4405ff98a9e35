"""Addresses of heartbeats, of the form that makes them, and of the check of a configuration; included by `desk.urls`."""

from django.urls import path

from desk import doctor, heartbeats, setup_heartbeat

urlpatterns = [
    path("services/sources/<slug:slug>/check/", doctor.doctor, name="doctor"),
    path("services/heartbeats/", heartbeats.heartbeats, name="heartbeats"),
    path("services/heartbeats/<slug:slug>/", heartbeats.heartbeat, name="heartbeat"),
    path("setup/heartbeat/", setup_heartbeat.heartbeat, name="setup_new_heartbeat"),
    path("setup/heartbeat/<slug:slug>/", setup_heartbeat.heartbeat, name="setup_heartbeat"),
]
