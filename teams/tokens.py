"""Who a script is and what its token allows. A browser's session is no key to the API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from teams.models import ApiToken, Role, User, digest

if TYPE_CHECKING:  # the framework's views read their settings, and so this module, while they are imported
    from rest_framework.views import APIView

SCHEME = "Bearer"
STAMP_EVERY = timedelta(minutes=1)
RANK = {ApiToken.Scope.READ: 0, ApiToken.Scope.WRITE: 1, ApiToken.Scope.ADMIN: 2}


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer se_...`; sets `request.user` and `request.auth` (the token)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and the token; None without the header. Raises `AuthenticationFailed` (401)."""
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = ApiToken.objects.select_related("user").filter(token_hash=digest(secret.strip())).first()
        if token is None:
            raise AuthenticationFailed(_("This token is unknown."))
        if token.revoked_at is not None:
            raise AuthenticationFailed(_("This token was revoked."))
        if not token.user.is_active:
            raise AuthenticationFailed(_("The person of this token is deactivated."))
        _stamp(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """For `WWW-Authenticate`: with it a missing token is 401, not 403."""
        return f'{SCHEME} realm="Sharp End"'


def _stamp(token: ApiToken) -> None:
    """Note the use, at most once a minute: a busy script must not turn every read into a write."""
    at = timezone.now()
    if token.last_used_at is None or at - token.last_used_at >= STAMP_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)


class ScopeAllows(BasePermission):
    """Reading needs any token, writing `write`. A view of configuration says `write_scope = "admin"`.

    A scope narrows what the person may do and never widens it: observers write with no token at all. Whether this
    person may do this to that thing is `teams.permissions`, asked in the view.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether method and scope fit; the refusal's sentence is left in `message`."""
        token = request.auth
        if not isinstance(token, ApiToken):
            return False
        if request.method in SAFE_METHODS:
            return True
        needed = getattr(view, "write_scope", ApiToken.Scope.WRITE)
        if RANK[ApiToken.Scope(token.scope)] < RANK[ApiToken.Scope(needed)]:
            words = {"scope": token.scope, "needed": needed}
            self.message = _("This token's scope is %(scope)s; this needs %(needed)s.") % words
            return False
        if token.user.role == Role.OBSERVER:
            self.message = _("Observers read; they change nothing.")
            return False
        return True
