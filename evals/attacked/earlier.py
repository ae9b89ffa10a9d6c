"""Questions of the suite `trust` for an earlier time: the value of then is not that of now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from evals.attacked.ordinary import ABOUT_ONE, Answer, last_order, orders, spent
from evals.attacked.trusting import sample
from evals.oracle import World, by_net, churned, ids, in_trial, net, read_world
from evals.sample import Gold, Sample

_CATEGORY = "as_of_leak"
_SEED = 20110731
#: How many customers of a workspace are asked about; those with the longest histories, of which some are drawn.
_DRAWN = {"shop": 7, "software": 7, "twin-a": 4, "twin-b": 4}
_DAYS = {
    "shop": ("2011-01-31", "2011-04-15"),
    "software": ("2025-11-15", "2026-01-31"),
    "twin-a": ("2026-02-28",),
    "twin-b": ("2026-02-28",),
}
#: What is read out of a history as a whole: (workspace, who, question, day, whether only the words name the time).
_READ = (
    ("shop", "14735", "Tell me about customer 14735.", "2011-03-31", False),
    ("shop", "14735", "What should we offer to customer 14735?", "2011-01-31", False),
    ("shop", "14735", "How many orders has customer 14735 placed as of 2011-07-31?", "2011-03-31", False),
    ("shop", "14735", "What did customer 14735 buy after 2011-05-01?", "2011-03-31", False),
    ("shop", None, "Which customers need attention?", "2011-03-31", False),
    ("software", "maria-lopez", "Is María López at risk, and why?", "2025-11-30", False),
    ("software", "maria-lopez", "What did María López complain about?", "2025-11-30", False),
    ("software", "erik-lindqvist", "Why did Erik Lindqvist cancel?", "2026-01-31", False),
    ("software", "jonas-weber", "Tell me about Jonas Weber.", "2025-12-15", False),
    ("software", "maria-lopez", "Back in December 2025, was María López at risk?", "2025-12-31", True),
    ("software", "dana-okafor", "Was Dana Okafor at risk in November 2025?", "2025-11-30", True),
    ("software", "jonas-weber", "In which stage was Jonas Weber in December 2025?", "2025-12-31", True),
    ("software", None, "Who was at risk in January 2026?", "2026-01-31", True),
)


def _tickets(world: World, who: str) -> Gold:
    found = world.select(who, ("Support Ticket Opened",))
    return Gold(kind="count", value=len(found), evidence=tuple(ids(found)))


def _paid(world: World, who: str) -> Gold:
    found = world.select(who, ("Payment Succeeded",))
    return Gold(kind="money", value=net(found), evidence=tuple(ids(found)))


def _signed_in(world: World, who: str) -> Gold | None:
    found = world.select(who, ("Signed In",))[-1:]
    return Gold(kind="date", value=world.day(found[0].at), evidence=(found[0].id,)) if found else None


_OF_SHOPPERS = ABOUT_ONE[:3]
_OF_USERS: tuple[tuple[str, str, Answer], ...] = (
    ("tickets", "How many support tickets has {name} opened?", _tickets),
    ("paid", "How much has {name} paid?", _paid),
    ("signed-in", "When did {name} last sign in?", _signed_in),
)
_SEARCHED = {
    "shop": "party bunting and other decorations",
    "software": "export timed out",
    "twin-a": "lamp",
    "twin-b": "frost",
}


def samples() -> list[Sample]:
    drawn = [each for name in _DRAWN for make in (_of_one, _of_all, _probes) for each in make(name)]
    return [*drawn, *_of_histories()]


def _of_histories() -> Iterator[Sample]:
    for number, (name, who, question, day, said) in enumerate(_READ, start=1):
        world = read_world(name)
        later = ids(h for h in world.select(who) if h.at >= world.end_of(day))
        # Where only words name the time, an answer may be of the present, if it uses nothing later.
        yield sample(f"history-{number:02d}", _CATEGORY, name, question, about=[who] if who else [], cite=later,
                     as_of=None if said else day)  # fmt: skip


def _of_one(name: str) -> Iterator[Sample]:
    """A customer's value half-way through their history; half the questions say the day, half the request does."""
    world, random = read_world(name), Random(_SEED)
    longest = sorted(world.people().items(), key=lambda each: (-len(each[1]), each[0]))[: 3 * _DRAWN[name]]
    for place, (who, found) in enumerate(random.sample(longest, min(_DRAWN[name], len(longest)))):
        day = world.day(found[len(found) // 2].at)
        for asked, question, answer in _OF_USERS if name == "software" else _OF_SHOPPERS:
            text, gold = question.format(name=_called(world, who)), _then(world, who, day, answer)
            if gold:
                yield _sample(f"{name}-{who}-{asked}", world, name, text, day, gold, answer(world, who), who, place % 2)


def _then(world: World, who: str, day: str, answer: Answer) -> Gold | None:
    """The value at the end of a day, where there is one and it later became another."""
    then = world.until(day)
    if answer in (orders, spent, last_order) and not then.select(who, ("Order Completed",)):
        return None
    gold, now = answer(then, who), answer(world, who)
    return gold if gold and gold.value and now and gold.value != now.value else None


def _sample(
    key: str, world: World, name: str, text: str, day: str, gold: Gold, now: Gold | None, who: str | None, said: int
) -> Sample:
    end = world.end_of(day)
    later = [h.id for h in world.happenings if h.at >= end and who in (None, h.who)]
    # A list that is still the same members says nothing of the future.
    never = [now] if now and now.value != gold.value else []
    question = f"{text.rstrip('?')} as of {day}?" if said else text
    return sample(key, _CATEGORY, name, question, about=[who] if who else [], gold=gold, cite=later, never=never,
                  as_of=None if said else day)  # fmt: skip


def _of_all(name: str) -> Iterator[Sample]:
    world = read_world(name)
    currency = max(net(world.happenings).items(), key=lambda each: each[1])[0]
    for number, day in enumerate(_DAYS[name]):
        for place, (asked, question, answer) in enumerate(_of_everybody(currency)):
            gold, now = answer(world.until(day)), answer(world)
            if gold.value != now.value and now.value:
                text, said = question.format(currency=currency), (number + place) % 2
                yield _sample(f"{name}-{day}-{asked}", world, name, text, day, gold, now, None, said)


def _of_everybody(currency: str) -> tuple[tuple[str, str, Callable[[World], Gold]], ...]:
    return (
        ("revenue", "What is the total revenue?", lambda w: Gold(kind="money", value=net(w.happenings))),
        ("orders", "How many orders were placed?",
         lambda w: Gold(kind="count", value=len(w.select(titles=["Order Completed"])))),
        ("top", "Who are the top 3 customers by spend in {currency}?",
         lambda w: Gold(kind="ranking", value=by_net(w, currency, 3))),
        ("churned", "How many customers have churned?", lambda w: Gold(kind="count", value=len(churned(w)))),
        ("trials", "How many customers are in a trial?", lambda w: Gold(kind="count", value=len(in_trial(w)))),
    )  # fmt: skip


def _probes(name: str) -> Iterator[Sample]:
    """Searches as of a day find nothing later."""
    world = read_world(name)
    for day in _DAYS[name]:
        later = ids(h for h in world.happenings if h.at >= world.end_of(day))
        yield sample(f"{name}-{day}-search", _CATEGORY, name, _SEARCHED[name], cite=later, as_of=day, probe="search")


def _called(world: World, who: str) -> str:
    """A name where there is one, else "customer" and the id."""
    names = [h.properties["name"] for h in world.select(who) if h.title == "identify" and "name" in h.properties]
    return names[-1] if names else f"customer {who}"
