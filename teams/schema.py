"""How the API's description names the bearer token."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Found by its target class once this module is imported."""

    target_class = "teams.tokens.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """OpenAPI's word for a bearer token."""
        return {"type": "http", "scheme": "bearer"}
