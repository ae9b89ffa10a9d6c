"""The churn tasks on public data sets: what is foretold of whom, when, and what has to be reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from memory.workspace import ChurnDefinition

RFM, RECENCY, BG_NBD, HAZARD = "rfm", "recency", "bg_nbd", "hazard"
YARDSTICK_TITLES = {RECENCY: "Recency", RFM: "RFM, logistic", BG_NBD: "BG/NBD", HAZARD: "Base hazard by stage"}
Figure = Literal["roc_auc", "log_loss", "ece", "lift_at_10"]
HIGHER_IS_BETTER: dict[Figure, bool] = {"roc_auc": True, "log_loss": False, "ece": False, "lift_at_10": True}
#: What customers do themselves in these data sets, and what ends their time.
OWN, ENDS = frozenset({"Order Completed", "Course Registered", "Assessment Submitted"}), "Subscription Cancelled"
#: Of a student: the part of the id that names the presentation.
TAUGHT, TESTED = ("2013B", "2013J"), "2014B"
STARTS = {"2013B": "2013-02-01", "2013J": "2013-10-01", "2014B": "2014-02-01"}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to reach (`floor`) and should (`aim`): the mean over origins, or what `among` says.

    `over`: of the product less this yardstick.
    """

    figure: Figure
    floor: float | None = None
    aim: float | None = None
    over: str | None = None
    among: Literal["mean", "each", "pooled"] = "mean"


@dataclass(frozen=True, slots=True)
class Task:
    """`every_days`: between the cut-offs that yardsticks learn from. `stage_day` gives the day of a customer's course.

    `taught` and `tested` choose customers by id; where they differ the model is trained in a workspace of its own.
    """

    name: str
    data: str
    title: str
    definition: ChurnDefinition
    every_days: int
    origins: tuple[str, ...]
    yardsticks: tuple[str, ...]
    goals: tuple[Goal, ...]
    taught: Callable[[str], bool] | None = None
    tested: Callable[[str], bool] = field(default=lambda customer: True)
    start_of: Callable[[str], str] | None = None

    @property
    def horizon_days(self) -> int:
        return self.definition.horizon_days


def instant(origin: str) -> datetime:
    """The beginning of a day (UTC): what happens on it lies in the future."""
    return datetime.fromisoformat(origin).replace(tzinfo=UTC)


def inactivity(horizon_days: int) -> ChurnDefinition:
    """Nothing of their own within the horizon; nobody counts as gone by silence, so that everybody is foretold."""
    return ChurnDefinition(kind="inactivity", inactive_days=None, horizon_days=horizon_days)


def presentation(customer: str) -> str:
    """The presentation that a student is in."""
    return customer.rsplit("-", 1)[-1]


def _students(name: str, title: str, taught: Callable[[str], bool] | None) -> Task:
    start = instant(STARTS[TESTED])
    return Task(
        name,
        "oulad",
        title,
        ChurnDefinition(kind="cancel", inactive_days=None, horizon_days=30, customers="everyone"),
        15,
        tuple((start + timedelta(days=day)).date().isoformat() for day in range(0, 211, 30)),
        (RECENCY, RFM, HAZARD),
        (
            Goal("roc_auc", aim=0.740),
            Goal("roc_auc", 0.010, over=RFM),
            Goal("roc_auc", 0.010, over=RFM, among="pooled"),
            # On one day all students of a presentation are at one stage: only over the origins can it order them.
            Goal("roc_auc", 0.030, over=HAZARD, among="pooled"),
            Goal("ece", 0.012),
        ),
        taught,
        lambda customer: presentation(customer) == TESTED,
        lambda customer: STARTS[presentation(customer)],
    )


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "complete-journey",
            "complete-journey",
            "Complete Journey baskets",
            inactivity(30),
            15,
            ("2017-09-01", "2017-10-15", "2017-12-01"),
            (RECENCY, RFM, BG_NBD),
            (
                Goal("roc_auc", 0.880, 0.890),
                Goal("log_loss", 0.307, 0.295),
                Goal("ece", 0.025, 0.015),
                Goal("roc_auc", 0.010, over=RFM),
                Goal("lift_at_10", 3.85),
            ),
        ),
        Task(
            "cdnow",
            "cdnow",
            "CDNOW purchases",
            inactivity(90),
            30,
            ("1998-01-01", "1998-02-15", "1998-04-01"),
            (RECENCY, RFM, BG_NBD),
            (
                Goal("roc_auc", 0.818, 0.826),
                Goal("log_loss", 0.331, 0.323),
                Goal("ece", 0.035, 0.015),
                Goal("roc_auc", 0.010, over=RECENCY),
                Goal("log_loss", 0.001, over=RFM),
            ),
        ),
        Task(
            "online-retail",
            "online-retail",
            "Online Retail orders",
            inactivity(60),
            15,
            ("2011-04-01", "2011-05-01", "2011-06-01"),
            (RECENCY, RFM, BG_NBD),
            (
                Goal("log_loss", 0.0, over=RFM, among="each"),
                Goal("roc_auc", aim=0.008, over=RFM),
                Goal("ece", aim=0.025),
            ),
        ),
        _students(
            "oulad", "Students of 2014B, learnt from 2013B and 2013J", lambda customer: presentation(customer) in TAUGHT
        ),
        _students("oulad-live", "Students of 2014B, learnt from everyone before", None),
    )
}
