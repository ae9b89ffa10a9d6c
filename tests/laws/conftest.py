"""The laws hold for the same applications that the service tests talk to."""

from tests.service.conftest import _own_environment, client, launch, serve_app, shared_app

__all__ = ["_own_environment", "client", "launch", "serve_app", "shared_app"]
