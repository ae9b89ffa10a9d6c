"""What the libraries' questions are over: their events by short names, conditions on them, and stretches of time."""

from __future__ import annotations

from evals.domains.figures import Of, number, word

BORROWED = Of("Item Borrowed")
RENEWED = Of("Loan Renewed")
RETURNED = Of("Item Returned")
HELD = Of("Hold Placed")
FINED = Of("Fine Charged")
PAID = Of("Fine Paid")
STREAMED = Of("E-Media Streamed")
ATTENDED = Of("Programme Attended")
WISHED = Of("Suggestion Made")
MOVED = Of("Home Library Changed")
TYPE, DUE, LATE = "item-type", "due-date", "days-late"
FINES, MINUTES, RATING = f"sum({number('amount')})", f"sum({number('minutes')})", f"avg({number('rating')})"
#: Up to and with the day of the clock.
Y2025, Y2026 = ("2025-01-01", "2025-12-31"), ("2026-01-01", "2026-08-14")
Q3_2025, Q4_2025 = ("2025-07-01", "2025-09-30"), ("2025-10-01", "2025-12-31")
Q1_2026, Q2_2026 = ("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-06-30")
SEPTEMBER, OCTOBER = ("2025-09-01", "2025-09-30"), ("2025-10-01", "2025-10-31")
MARCH, APRIL, MAY = ("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-05-31")
JUNE, JULY = ("2026-06-01", "2026-06-30"), ("2026-07-01", "2026-07-31")
#: From Monday to Sunday.
LAST_WEEK = ("2026-08-03", "2026-08-09")


def has(name: str, value: str) -> str:
    """The condition that a property has this value, in SQL (its name may hold a hyphen)."""
    return f"{word(name)} = '{value}'"
