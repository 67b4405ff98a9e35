"""Addresses of the forms that set things up; included by `desk.urls`."""

from django.urls import path

from desk import (
    rule_versions,
    setup_index,
    setup_policy,
    setup_routes,
    setup_schedule,
    setup_service,
    setup_source,
    setup_teams,
)

urlpatterns = [
    path("setup/", setup_index.index, name="setup"),
    path("setup/organisation/", setup_teams.organisation, name="setup_organisation"),
    path("setup/team/", setup_teams.team, name="setup_new_team"),
    path("setup/team/<slug:slug>/", setup_teams.team, name="setup_team"),
    path("setup/area/", setup_teams.area, name="setup_new_area"),
    path("setup/area/<slug:slug>/", setup_teams.area, name="setup_area"),
    path("setup/schedule/", setup_schedule.schedule, name="setup_new_schedule"),
    path("setup/schedule/<slug:slug>/", setup_schedule.schedule, name="setup_schedule"),
    path("setup/policy/", setup_policy.policy, name="setup_new_policy"),
    path("setup/policy/<slug:slug>/", setup_policy.policy, name="setup_policy"),
    path("setup/service/", setup_service.service, name="setup_new_service"),
    path("setup/service/<slug:slug>/", setup_service.service, name="setup_service"),
    path("setup/routes/", setup_routes.routes, name="setup_routes"),
    path("setup/routes/new/", setup_routes.route, name="setup_new_route"),
    path("setup/routes/versions/", rule_versions.versions, name="route_versions"),
    path("setup/routes/versions/<int:number>/", rule_versions.version, name="route_version"),
    path("setup/routes/<int:number>/", setup_routes.route, name="setup_route"),
    path("setup/source/", setup_source.source, name="setup_new_source"),
    path("setup/source/<slug:slug>/", setup_source.source, name="setup_source"),
    path("setup/source/<slug:slug>/versions/", rule_versions.versions, name="source_versions"),
    path("setup/source/<slug:slug>/versions/<int:number>/", rule_versions.version, name="source_version"),
]
