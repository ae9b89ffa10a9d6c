"""The recommendation backtest: each customer's next basket, foretold from what was known just before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from evals.backtest.baskets import Basket, Order, baskets_after, last_baskets, orders_in
from evals.backtest.best_trend import best_half_life
from evals.backtest.history import TooShort
from evals.backtest.ledger import Ledger, known_before, ledger_of
from evals.backtest.recommenders import RECOMMENDERS, trend
from evals.oracle import read_world
from evals.sample import Gold, Sample
from evals.stats.estimate import estimate
from evals.stats.lists import NOTHING, coverage, hit_at, ndcg_at
from evals.stats.weighted import mean
from evals.suite import Metric, Observation, Observe, Plot, Record, Score, Suite
from evals.target import Json, Target

K = 10
PRODUCT, TREND = "product", "trend"
TITLES = {
    PRODUCT: "Product",
    TREND: "Best trend popularity",
    **{name: title for name, (title, _) in RECOMMENDERS.items()},
}
#: Which figures have a list that can be right: nothing that is new was ever bought.
_NEW = [name for name in TITLES if name != "personal"]


def recommend_suite(workspace: str = "shop", tested: Sequence[str] = ()) -> Suite:
    """The suite over the orders of one workspace of `evals.sources`: the last basket of each customer.

    With `tested`, the first basket of each customer after the end of each of these days.
    """

    def samples() -> list[Sample]:
        return _samples(workspace, tested)

    return Suite(
        "recommend", "Recommendation backtest", samples, _solve, _score, _metrics(), plots=_plots, by_meaning=False
    )


def _samples(workspace: str, tested: Sequence[str]) -> list[Sample]:
    """One a basket; raises TooShort where there is none."""
    orders, world = _orders(workspace), read_world(workspace)
    baskets = [basket for day in tested for basket in baskets_after(orders, world.end_of(day))]
    if not tested:
        baskets = last_baskets(orders)
    if not baskets:
        raise TooShort(f"{workspace}: nobody has ordered before and after")
    return [_sample(workspace, basket) for basket in baskets]


def _sample(workspace: str, basket: Basket) -> Sample:
    as_of = basket.as_of.isoformat()
    return Sample(
        id=f"next-{workspace}-{basket.customer}-{as_of}",
        category="one order before" if basket.earlier == 1 else "more orders before",
        workspace=workspace,
        customer_ids=(basket.customer,),
        as_of=as_of,
        gold=Gold(kind="basket", value=sorted(basket.items)),
    )


async def _solve(target: Target, sample: Sample) -> Json:
    """The titles of the items recommended, best first: of all, and of those new to the customer."""
    customer, as_of = sample.customer_ids[0], sample.as_of or ""
    output: Json = {"workspace": sample.workspace, "customer": customer, "as_of": as_of}
    for name, new in (("items", False), ("new_items", True)):
        found = await target.recommend(sample.workspace, customer, as_of, K, kind="item", exclude_owned=new)
        output[name] = [each["title"] for each in found if each["kind"] == "item"][:K]
    return output


def _score(sample: Sample, output: Json) -> dict[str, Score]:
    """hit@10 and nDCG@10 of the product and of each simple method, over all items and over those new to them."""
    wanted = frozenset(sample.gold.value)
    simple = _simple(output["workspace"], output["customer"], output["as_of"])
    scores: dict[str, Score] = {}
    for name, found in {PRODUCT: output["items"], **simple.all_items}.items():
        scores |= _judged(name, False, found, wanted)
    # Runs that were kept from earlier had asked for all items only.
    own = output.get("new_items", [item for item in output["items"] if item not in simple.owned])
    if new := wanted - simple.owned:
        for name, found in {PRODUCT: own, **simple.new_items}.items():
            scores |= _judged(name, True, found, new)
    return scores


def _judged(name: str, new: bool, found: Sequence[str], wanted: frozenset[str]) -> dict[str, Score]:
    return {
        _key("hit", name, new): Score(value=hit_at(K, found, wanted)),
        _key("ndcg", name, new): Score(value=ndcg_at(K, found, wanted)),
    }


def _key(what: str, name: str, new: bool) -> str:
    """The name of a score; the product's has no suffix."""
    return f"{what}_{K}{'_new' if new else ''}{'' if name == PRODUCT else f'_{name}'}"


@dataclass(frozen=True, slots=True)
class _Simple:
    """What the simple methods recommend to a customer, and what that customer already had."""

    owned: frozenset[str]
    all_items: dict[str, tuple[str, ...]]
    new_items: dict[str, tuple[str, ...]]


@lru_cache(maxsize=10_000)
def _simple(workspace: str, customer: str, as_of: str) -> _Simple:
    known = known_before(_ledger(workspace), datetime.fromisoformat(as_of))
    owned = known.owned(customer)
    scores = {name: method(known, customer) for name, (_, method) in RECOMMENDERS.items()}
    popular, fresh = (trend(known, _half_life(workspace, new)) for new in (False, True))
    return _Simple(
        owned,
        {name: known.best(found, K) for name, found in {TREND: popular, **scores}.items()},
        {name: known.best(found, K, owned) for name, found in {TREND: fresh, **scores}.items() if name in _NEW},
    )


@lru_cache
def _half_life(workspace: str, new: bool) -> float:
    """The best on everybody's last basket, whatever days are tested."""
    return best_half_life(_ledger(workspace), last_baskets(_orders(workspace)), K, new)


@lru_cache
def _ledger(workspace: str) -> Ledger:
    return ledger_of(_orders(workspace))


@lru_cache
def _orders(workspace: str) -> list[Order]:
    return orders_in(read_world(workspace))


def _shown(name: str) -> Observe:
    """One list: the size of the catalogue, and the numbers of its items."""

    def observe(record: Record) -> Iterable[Observation]:
        if not record.output:
            return []
        output = record.output
        simple = _simple(output["workspace"], output["customer"], output["as_of"])
        numbers = _ledger(output["workspace"]).items
        found = output["items"] if name == PRODUCT else simple.all_items[name]
        items = [float(numbers[item]) for item in found if item in numbers]
        row = (float(len(numbers)), *items, *([NOTHING] * (K - len(items))))
        return [Observation(record.key, record.cluster, row)]

    return observe


def _less(what: str, baseline: str, new: bool) -> Observe:
    """The product's score less that of a simple method, on the same basket."""
    own, other = _key(what, PRODUCT, new), _key(what, baseline, new)

    def observe(record: Record) -> Iterable[Observation]:
        if own not in record.scores or other not in record.scores:
            return []
        less = record.scores[own].value - record.scores[other].value
        return [Observation(record.key, record.cluster, (less,))]

    return observe


def _metrics() -> tuple[Metric, ...]:
    return (
        *(
            metric
            for new in (False, True)
            for name in TITLES
            if name in _NEW or not new
            for metric in _lists(name, new)
        ),
        *(metric for new in (False, True) for name in _NEW[1:] for metric in _differences(name, new)),
        *_differences("personal", False),
        *(
            Metric(
                f"coverage{'' if name == PRODUCT else f'_{name}'}",
                f"Catalogue shown to somebody, {title}",
                _shown(name),
                coverage,
                better="higher" if name == PRODUCT else None,
            )
            for name, title in TITLES.items()
        ),
    )


def _lists(name: str, new: bool) -> list[Metric]:
    product = name == PRODUCT
    words = f"{'new items' if new else 'all items'}, {TITLES[name]}"
    return [
        Metric(_key("hit", name, new), f"hit@{K}, {words}", better="higher" if product else None),
        Metric(
            _key("ndcg", name, new),
            f"nDCG@{K}, {words}",
            better="higher" if product else None,
            gated=product,
            by_category=product,
            unit="",
        ),
    ]


def _differences(name: str, new: bool) -> list[Metric]:
    words = f"{'new items' if new else 'all items'}, product less {TITLES[name]}"
    ending = f"{'_new' if new else ''}_over_{name}"
    return [
        Metric(f"hit_{K}{ending}", f"hit@{K}, {words}", _less("hit", name, new)),
        Metric(f"ndcg_{K}{ending}", f"nDCG@{K}, {words}", _less("ndcg", name, new), headline=new, unit=""),
    ]


def _plots(records: Sequence[Record]) -> list[Plot]:
    """Hits and order of each method with intervals, and how much of the catalogue each shows."""
    found = [_intervals(records, new) for new in (False, True)]
    shown = []
    for name, title in TITLES.items():
        rows = [each.values for record in records for each in _shown(name)(record)]
        if rows:
            shown.append({"label": title, "value": coverage(np.array(rows), np.ones(len(rows)))})
    bars = Plot(kind="bars", title="Catalogue shown to somebody", data={"rows": shown, "unit": "share"})
    return [plot for plot in (*found, bars) if plot.data["rows"]]


def _intervals(records: Sequence[Record], new: bool) -> Plot:
    rows = []
    for name in _NEW if new else TITLES:
        key = _key("ndcg", name, new)
        judged = [record for record in records if key in record.scores]
        if judged:
            values = np.array([[record.scores[key].value] for record in judged])
            figure = estimate(values, [record.cluster for record in judged], mean)
            row = {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}
            rows.append({"label": TITLES[name], **row})
    what = "items new to the customer" if new else "all items"
    return Plot(
        kind="intervals",
        title=f"nDCG@{K}, {what}",
        note="95% intervals by resampling customers.",
        data={"rows": rows, "unit": ""},
    )


SUITE = recommend_suite()
