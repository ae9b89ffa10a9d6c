"""What the ferry line's questions are over: its events by short names, and stretches of time."""

from __future__ import annotations

from evals.domains.figures import Of

RESERVED = Of("Cabin Reserved")
BOARDED = Of("Crossing Boarded")
CANCELLED = Of("Reservation Cancelled")
COMPLAINED = Of("Complaint Filed")
MEALS = Of("Meal Prebooked")
SURVEYED = Of("Survey Answered")
OPENED = Of("Newsletter Opened")
REACHED = Of("Loyalty Tier Reached")
WROTE = Of("Message Received")
#: First and last local day.
Y2025 = ("2025-01-01", "2025-12-31")
Y2026 = ("2026-01-01", "2026-05-31")
Q4_2025 = ("2025-10-01", "2025-12-31")
Q1_2026 = ("2026-01-01", "2026-03-31")
Q2_2026 = ("2026-04-01", "2026-05-31")
SUMMER_2025 = ("2025-06-01", "2025-08-31")
JUNE_2025, JULY_2025 = ("2025-06-01", "2025-06-30"), ("2025-07-01", "2025-07-31")
JANUARY, FEBRUARY = ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")
MARCH, APRIL, MAY = ("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-05-31")
