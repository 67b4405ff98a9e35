"""The address of a page, and the way back of providers."""

from django.urls import path

from paging import push_views, twilio_views, views
from paging.mattermost import views as mattermost_views
from paging.slack import views as slack_views
from paging.telegram import views as telegram_views

app_name = "paging"
urlpatterns = [
    path("p/<str:token>/", views.page_link, name="page"),
    path("in/push/<str:token>/", push_views.arrived, name="push_arrived"),
    path("in/twilio/sms/", twilio_views.sms, name="twilio_sms"),
    path("in/twilio/voice/<str:token>/", twilio_views.voice, name="twilio_voice"),
    path("in/twilio/status/<str:token>/", twilio_views.status, name="twilio_status"),
    path("in/slack/interactions/", slack_views.interactions, name="slack_interactions"),
    path("in/slack/commands/", slack_views.commands, name="slack_commands"),
    path("in/telegram/", telegram_views.updates, name="telegram"),
    path("in/mattermost/", mattermost_views.actions, name="mattermost"),
]
