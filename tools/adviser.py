"""What recommendations are made from, besides a customer's own events: built once, the same for all requests."""

from __future__ import annotations

from dataclasses import dataclass

from memory.feedback import FeedbackLog
from tools.experiment.effects import EffectsKeeper
from tools.playbook.shelf import Playbooks
from tools.recommending.keeper import ItemKeeper


@dataclass(frozen=True, slots=True)
class Adviser:
    """The items and how they are taken up, the playbooks, what people said of recommendations, what actions caused."""

    items: ItemKeeper
    playbooks: Playbooks
    feedback: FeedbackLog
    effects: EffectsKeeper
