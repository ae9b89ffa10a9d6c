"""The suite `trust` on the real application: the attacked workspaces, loaded and asked over the API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from rich.console import Console

from evals.attacked.registry import ATTACKED
from evals.product import Product
from evals.sample import Sample
from evals.suites import trust
from server.app import create_app
from server.settings import Settings
from tests.fakes import HashedWords

SAMPLES = [sample for sample in trust.samples() if sample.workspace in ATTACKED]


@pytest.fixture(scope="module")
async def attacked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """The product with every attacked workspace loaded, and the erased customers erased."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("trust") / "data"), embedder=HashedWords())
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            product = Product(client, app.state.services)
            await product.prepare(ATTACKED.keys(), Console(quiet=True))
            yield product


async def broken(product: Product, category: str, rules: set[str]) -> dict[str, str]:
    """The samples of a category that break one of these rules, with the reason."""
    found: dict[str, str] = {}
    for sample in (sample for sample in SAMPLES if sample.category == category):
        scores = trust.score(sample, await trust.solve(product, sample))
        whys = [f"{name}: {scores[name].why}" for name in sorted(rules & scores.keys()) if scores[name].value < 1]
        found |= {sample.id: "; ".join(whys)} if whys else {}
    return found


@pytest.mark.parametrize("category", sorted({sample.category for sample in SAMPLES}))
async def test_the_product_keeps_the_rules_of_a_category(attacked: Product, category: str) -> None:
    assert await broken(attacked, category, set(trust.SCORES) - {"invented"}) == {}


async def test_the_product_confirms_no_id_that_does_not_exist(attacked: Product) -> None:
    """Ids only: what is meant by words depends on the embedder, and the one of the tests reads no meaning."""
    named = {sample.id for sample in SAMPLES if re.search(r"[\d@]", sample.data.get("missing", ""))}
    found = [await broken(attacked, category, {"invented"}) for category in ("erased", "invented_citation")]
    assert {key: why for each in found for key, why in each.items() if key in named} == {}


async def test_each_search_probe_finds_something(attacked: Product) -> None:
    """A search that finds nothing would prove nothing."""
    probes: list[Sample] = [sample for sample in SAMPLES if "probe" in sample.data]
    empty = [sample.id for sample in probes if not (await trust.solve(attacked, sample))["ranked"]]
    assert (len(probes) > 10, empty) == (True, [])
