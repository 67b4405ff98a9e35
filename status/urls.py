"""What strangers may read, answered before any other middleware: files, no database."""

from django.urls import re_path
from django.views.decorators.http import require_safe

from status import serving

DOCUMENTS = "summary|status|components|incidents|incidents/unresolved"
urlpatterns = [
    re_path(r"^status$", require_safe(serving.front)),
    re_path(r"^status/(?P<path>.*)$", require_safe(serving.page)),
    re_path(rf"^api/v2/(?P<name>(?:{DOCUMENTS})\.json)$", require_safe(serving.document)),
]
