"""Every address that a person or a script uses; machines that send alerts come through `config.direct_urls`."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("teams.account_urls")),
    path("", include("teams.urls")),
    path("", include("oncall.urls")),
    path("", include("paging.urls")),
    path("", include("foundation.shell_urls")),
    path("api/v1/", include("desk.api.urls")),
    path("", include("desk.urls")),
]
handler400 = "foundation.errors.bad_request"
handler403 = "foundation.errors.forbidden"
handler404 = "foundation.errors.not_found"
handler500 = "foundation.errors.server_error"
