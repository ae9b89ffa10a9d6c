"""Outlooks on other outcomes than churn: reasons that speak of what the model has looked at."""

from __future__ import annotations

from memory.workspace import ChurnDefinition
from tests.builders import at, in_order, order, visits
from tools.outlook import OutlookView, outlooks
from tools.prediction.asked import Asked
from tools.prediction.outcome import OutcomeName
from tools.prediction.table import make_table
from tools.prediction.training import without_history

NOW = at("2026-04-01")
#: Bought twice, and has come every other day since.
EVERYONE = {"c1": in_order([order("2026-01-10"), order("2026-01-20"), *visits("2026-03-01", 2, 15)])}


def outlook(outcome: OutcomeName, **definition: object) -> OutlookView:
    asked = Asked(outcome, ChurnDefinition.model_validate(definition))
    model = without_history(make_table(EVERYONE), asked, NOW)
    return outlooks(asked, model, EVERYONE, NOW)["c1"]


def test_the_reasons_of_another_purchase_speak_of_purchases() -> None:
    found = {driver.name: driver for driver in outlook("repeat_purchase").drivers}
    assert found["silence"].sentence == "70 days without a purchase"
    assert found["silence"].direction == "lowers"
    assert found["rhythm"].sentence == "bought on 2 days, 10 days apart on average"
    assert all("active" not in each.sentence for each in found.values())


def test_what_does_not_count_as_activity_is_not_called_nothing() -> None:
    asked = Asked("conversion", ChurnDefinition(activity=("Never Seen", "Signed In")))
    people = {"c1": visits("2026-03-01", 2, 15)}
    model = without_history(make_table(people), Asked("conversion", ChurnDefinition(activity=("Never Seen",))), NOW)
    found = outlooks(asked, model, people, NOW)["c1"]
    assert (found.status, found.reason) == (
        "insufficient_data",
        "What they did so far does not count as activity here.",
    )
