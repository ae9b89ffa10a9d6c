"""The same memory without a model: what a scripted model's product is compared with."""

from __future__ import annotations

from server.bootstrap import Services
from server.desk import Desk


def desk_alone(services: Services) -> Desk:
    """A second desk over the same services, where no model is asked."""
    settings = services.settings.model_copy(update={"llm_model": None})
    return Desk(
        settings, services.store, services.ledger, services.embedder, services.threads, services.overrides,
        services.desk.adviser,
    )  # fmt: skip
