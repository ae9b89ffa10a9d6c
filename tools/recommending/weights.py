"""How much each part of a score counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """The defaults did well on shops and on films alike.

    `together`: what goes with the customer's items, against their habit. `trend`: what many take up lately, against
    what goes with the customer's items. `season`: the power of the trend by which a habit is multiplied. `fresh`: how
    much less an item tells the more baskets came after it, as a power of their number.
    """

    together: float = 0.2
    trend: float = 0.25
    season: float = 0.1
    fresh: float = 0.25
