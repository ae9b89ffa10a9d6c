"""The SDKs talk to servers like those of the service tests."""

from tests.service.conftest import _own_environment, launch

__all__ = ["_own_environment", "launch"]
