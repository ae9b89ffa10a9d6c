"""The item tasks on public data sets: whose next basket is foretold, as of when, and what has to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ItemFigure = Literal["hit", "ndcg", "coverage"]
#: Of a customer's last event: left out while all others are known, or foretold from the moment before it.
Last = Literal["left out", "in its time"]


@dataclass(frozen=True, slots=True)
class ItemGoal:
    """What a figure has to reach (`floor`) and should (`aim`): the mean over origins.

    `new`: of items new to the customer. `over_trend`: as a multiple of the best trend popularity.
    """

    figure: ItemFigure
    new: bool
    floor: float | None = None
    aim: float | None = None
    over_trend: bool = False


@dataclass(frozen=True, slots=True)
class ItemTask:
    """`origins`: days (UTC) at whose beginning each customer's next basket is foretold; else it is the `last` event.

    `once`: nothing is taken up twice, so that only items new to the customer are judged.
    """

    name: str
    data: str
    title: str
    goals: tuple[ItemGoal, ...]
    origins: tuple[str, ...] = ()
    last: Last | None = None
    once: bool = False

    @property
    def parts(self) -> tuple[bool, ...]:
        """Which lists are judged: of all items (False), of new ones (True)."""
        return (True,) if self.once else (False, True)


def _films(name: str, title: str, last: Last, *goals: ItemGoal) -> ItemTask:
    return ItemTask(name, "movielens-100k", title, goals, last=last, once=True)


ITEM_TASKS: dict[str, ItemTask] = {
    task.name: task
    for task in (
        ItemTask(
            "complete-journey",
            "complete-journey-types",
            "Complete Journey, types of product",
            (
                ItemGoal("ndcg", False, 0.310),
                ItemGoal("ndcg", True, 1.06, 1.20, over_trend=True),
            ),
            ("2017-10-01", "2017-11-01", "2017-12-01"),
        ),
        ItemTask(
            "online-retail",
            "online-retail",
            "Online Retail, products",
            (
                ItemGoal("ndcg", False, 2.5, 3.0, over_trend=True),
                ItemGoal("hit", True, 1.3, 1.5, over_trend=True),
                ItemGoal("ndcg", True, 1.3, 1.5, over_trend=True),
                ItemGoal("coverage", True, 0.20),
            ),
            ("2011-05-01", "2011-06-01", "2011-07-01"),
        ),
        _films(
            "movielens",
            "MovieLens 100K, each one's last film left out",
            "left out",
            ItemGoal("hit", True, 0.145, 0.17),
            ItemGoal("ndcg", True, 0.078),
        ),
        # Harder, and as the API is asked: nothing is known that anybody did later.
        _films(
            "movielens-in-time",
            "MovieLens 100K, each one's last film in its time",
            "in its time",
            ItemGoal("hit", True, aim=0.145),
            ItemGoal("ndcg", True, aim=0.078),
        ),
    )
}
