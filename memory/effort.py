"""How much work a search for personal data may be: the event loop waits for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Effort:
    """What may still be searched closely: characters (4 ms for 1,000 of the worst), and phone numbers (0.1 ms each).

    What is beyond is masked by its looks alone. A long letter has 10,000 characters.
    """

    chars: int = 16_000
    checks: int = 50

    def spend_check(self) -> bool:
        """Whether one more number may be looked up; counts it."""
        self.checks -= 1
        return self.checks >= 0
