"""Which items an event takes up, and which it only shows."""

from __future__ import annotations

import pytest

from tests.builders import order, record
from tools.recommending.items import kind_of, seen, taken

PRODUCT = {"product_id": "p1", "name": "Mug"}


def test_an_order_takes_each_product_up_once() -> None:
    assert taken(order("2026-01-05", 10, "c1", "Mug", "Tray", "Mug")) == ("Mug", "Tray")


def test_a_used_feature_is_taken_up_as_a_feature() -> None:
    used = record("Feature Used", "2026-01-05", properties={"feature": "Export"})
    assert (taken(used), kind_of(used, "Export")) == (("Export",), "feature")


def test_a_page_that_was_looked_at_is_taken_up() -> None:
    page = record("Pricing", "2026-01-05", type="page")
    assert (taken(page), kind_of(page, "Pricing")) == (("Pricing",), "page")


def test_an_event_of_the_sender_s_own_takes_its_product_up() -> None:
    rated = record("Movie Rated", "2026-01-05", properties={**PRODUCT, "rating": 4})
    assert (taken(rated), kind_of(rated, "Mug")) == (("Mug",), "product")


@pytest.mark.parametrize("title", ["Product Viewed", "product_added", "Wishlist Viewed", "Product Reviewed"])
def test_browsing_only_shows_an_item(title: str) -> None:
    browsed = record(title, "2026-01-05", properties=PRODUCT)
    assert (taken(browsed), seen(browsed)) == ((), ("Mug",))


def test_a_refund_takes_nothing_up() -> None:
    refunded = record("Order Refunded", "2026-01-05", properties={"products": [PRODUCT], "revenue": 5})
    assert (taken(refunded), seen(refunded)) == ((), ("Mug",))


def test_what_a_machine_did_takes_nothing_up() -> None:
    assert taken(record("Reminder Sent", "2026-01-05", properties=PRODUCT)) == ()


@pytest.mark.parametrize(
    "title", ["Order Shipped", "Order Paid", "Cart Abandoned", "Refund Requested", "Add To Cart", "Item Wishlisted"]
)
def test_what_goes_on_around_an_order_takes_nothing_up(title: str) -> None:
    assert taken(record(title, "2026-01-01", properties={"products": [{"name": "Lamp"}]})) == ()
