"""Addresses of people, tokens and the history of settings."""

from django.urls import path

from teams.views import history, people, signin, tokens

app_name = "teams"
urlpatterns = [
    path("signin/<str:token>/", signin.signin, name="signin"),
    path("settings/people/", people.people_list, name="people"),
    path("settings/people/invite/", people.invite, name="invite"),
    path("settings/people/<int:pk>/invite/", people.invite_again, name="invite_again"),
    path("settings/people/<int:pk>/reactivate/", people.reactivate, name="reactivate"),
    path("settings/people/<int:pk>/role/", people.change_role, name="change_role"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
    path("settings/history/", history.history, name="history"),
]
