"""What the practices' questions are over: their events by short names, conditions on them, and stretches of time."""

from __future__ import annotations

from evals.domains.figures import Of, number, word

BOOKED = Of("Appointment Booked")
MISSED = Of("Appointment Missed")
VISITED = Of("Visit Completed")
VACCINATED = Of("Vaccination Given")
SETTLED = Of("Invoice Settled")
REVIEWED = Of("Review Posted")
REMINDED = Of("Reminder Sent")
JOINED = Of("Plan Joined")
ASKED = Of("Question Asked")
REGISTERED = Of("Pet Registered")
#: Paths into the nested properties.
PET, SPECIES, PLAN, WEIGHT = "$.pet.name", "$.pet.species", "$.plan.name", "$.pet.weightLb"
PAID, WEIGHED, STARS, MINUTES = f"sum({number('total')})", number(WEIGHT), f"avg({number('stars')})", number("minutes")
#: Up to and with the day of the clock.
Y2025, Y2026 = ("2025-01-01", "2025-12-31"), ("2026-01-01", "2026-03-19")
Q2_2025, Q3_2025 = ("2025-04-01", "2025-06-30"), ("2025-07-01", "2025-09-30")
Q4_2025 = ("2025-10-01", "2025-12-31")
MAY_2025, OCTOBER, NOVEMBER = ("2025-05-01", "2025-05-31"), ("2025-10-01", "2025-10-31"), ("2025-11-01", "2025-11-30")
DECEMBER, JANUARY = ("2025-12-01", "2025-12-31"), ("2026-01-01", "2026-01-31")
FEBRUARY, MARCH = ("2026-02-01", "2026-02-28"), ("2026-03-01", "2026-03-19")
#: From Sunday to Saturday.
LAST_WEEK, THIS_WEEK = ("2026-03-08", "2026-03-14"), ("2026-03-15", "2026-03-19")


def of_pet(name: str) -> str:
    """The condition that an event is about the animal of this name, in SQL."""
    return f"{word(PET)} = '{name}'"


def of_species(species: str) -> str:
    """The condition that an event is about an animal of this species, in SQL."""
    return f"{word(SPECIES)} = '{species}'"


def with_service(service: str) -> str:
    """The condition that an invoice has a line for this service, in SQL."""
    return f"list_contains(properties->>'$.lines[*].service', '{service}')"
