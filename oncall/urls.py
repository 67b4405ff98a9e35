"""Addresses that calendar programs ask."""

from django.urls import path

from oncall import views

app_name = "oncall"
urlpatterns = [path("ical/<str:token>.ics", views.feed, name="feed")]
