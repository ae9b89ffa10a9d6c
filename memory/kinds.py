"""Every kind of point there is: whether it may hold a customer's data, and whether it travels with an export.

A kind that is not on this list cannot be written, so that nothing new escapes erasure and export by being forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

EVENT = "event"
CONFLICT = "conflict"
QUARANTINE = "quarantine"
JOIN = "join"
SUPPRESSION = "suppression"
SUPPRESSION_KEY = "suppression_key"
RECEIPT = "receipt"
RESOLUTION = "resolution"
WORKSPACE = "workspace"
KEY = "key"
SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class Kind:
    """`personal`: a holder of `memory.holders` erases it. `travels`: it is part of a workspace's export."""

    personal: bool
    travels: bool


KINDS: dict[str, Kind] = {
    EVENT: Kind(personal=True, travels=True),
    CONFLICT: Kind(personal=True, travels=True),
    QUARANTINE: Kind(personal=True, travels=True),
    JOIN: Kind(personal=True, travels=True),
    # Keyed hashes: they name nobody to whom the key is unknown, and must outlive the customer.
    SUPPRESSION: Kind(personal=False, travels=True),
    SUPPRESSION_KEY: Kind(personal=False, travels=True),
    RECEIPT: Kind(personal=False, travels=True),
    RESOLUTION: Kind(personal=False, travels=True),
    # Of the installation, not of a workspace's customers.
    WORKSPACE: Kind(personal=False, travels=False),
    KEY: Kind(personal=False, travels=False),
    SCHEMA: Kind(personal=False, travels=False),
}
