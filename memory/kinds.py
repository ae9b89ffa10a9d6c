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
WEBHOOK = "webhook"
DELIVERY = "delivery"
SCHEMA = "schema"
MODEL = "model"
MODEL_IN_FORCE = "model_in_force"
JOB = "job"
OVERRIDE = "override"
SCORES = "scores"
ROUND = "round"
PLAYBOOK = "playbook"
GIVEN = "given"
FEEDBACK = "feedback"


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
    # Made of customers' events, and made again from them.
    MODEL: Kind(personal=True, travels=False),
    MODEL_IN_FORCE: Kind(personal=False, travels=False),
    # Work of this installation: what was asked for without a name in it, and who does today's round.
    JOB: Kind(personal=False, travels=False),
    ROUND: Kind(personal=False, travels=False),
    OVERRIDE: Kind(personal=True, travels=True),
    # What models of this installation said: where they are not, its rounds begin anew.
    SCORES: Kind(personal=True, travels=False),
    GIVEN: Kind(personal=True, travels=True),
    FEEDBACK: Kind(personal=True, travels=True),
    # A copy of a file of this installation, which has its own elsewhere.
    PLAYBOOK: Kind(personal=False, travels=False),
    # Of the installation, not of a workspace's customers.
    WORKSPACE: Kind(personal=False, travels=False),
    KEY: Kind(personal=False, travels=False),
    # A subscription holds a secret, and what waits for its receiver would be sent twice from a copy.
    WEBHOOK: Kind(personal=False, travels=False),
    DELIVERY: Kind(personal=True, travels=False),
    SCHEMA: Kind(personal=False, travels=False),
}

#: Controls whose key is a customer's id: indexed, so that one customer's are found without reading all.
BY_CUSTOMER = frozenset({OVERRIDE, SCORES})
#: Controls that name their customer as `client_id` and their time as `made_at`: indexed by both.
NAMING_CUSTOMER = frozenset({GIVEN, FEEDBACK})
