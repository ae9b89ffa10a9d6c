"""Event names and what they state."""

from __future__ import annotations

import pytest

from memory.stages import STAGES
from memory.vocabulary import MEANINGS, Meaning, meaning_of


@pytest.mark.parametrize(
    "title",
    [
        "Products Searched", "Product List Viewed", "Product Added", "Cart Viewed", "Checkout Started",
        "Coupon Entered",
        "Product Added to Wishlist", "Product Shared", "Product Reviewed", "Signed In", "Signed Out", "Invite Sent",
        "Application Opened", "Video Playback Started", "Email Link Clicked", "Live Chat Message Sent",
    ],
)  # fmt: skip
def test_what_customers_start_is_their_activity(title: str) -> None:
    assert meaning_of(title).active


@pytest.mark.parametrize(
    "title",
    [
        "Promotion Viewed", "Order Updated", "Order Cancelled", "Coupon Denied", "Account Added User", "Trial Ended",
        "Account Removed User", "Install Attributed", "Application Crashed", "Video Content Playing", "Email Delivered",
        "Push Notification Received",
    ],
)  # fmt: skip
def test_what_happens_to_customers_is_not_their_activity(title: str) -> None:
    assert not meaning_of(title).active


@pytest.mark.parametrize(
    ("title", "stage"),
    [
        ("Product Viewed", None),
        ("Payment Info Entered", "lead"),
        ("Account Created", "lead"),
        ("Invite Sent", "lead"),
        ("Account Added User", "lead"),
        ("Trial Started", "trial"),
        ("Order Completed", "customer"),
    ],
)
def test_a_name_proves_the_least_stage_it_states(title: str, stage: str | None) -> None:
    assert meaning_of(title).stage == stage


@pytest.mark.parametrize("title", ["Order Completed", "order_completed", "ORDER-COMPLETED", " order  completed "])
def test_spelling_does_not_change_what_a_name_means(title: str) -> None:
    assert meaning_of(title) == MEANINGS["order completed"]


def test_an_unknown_name_is_something_the_customer_did_and_nothing_else() -> None:
    assert meaning_of("Lamp Polished") == Meaning(active=True)


@pytest.mark.parametrize("title", ["Invoice Sent", "reminder_scheduled", "Parcel Delivered"])
def test_what_a_system_does_is_not_the_customers_activity(title: str) -> None:
    assert not meaning_of(title).active


@pytest.mark.parametrize("title", ["Present", "Sent", "Absent"])
def test_a_word_that_only_ends_like_a_systems_verb_is_activity(title: str) -> None:
    assert meaning_of(title).active


@pytest.mark.parametrize(
    ("title", "money"),
    [("Order Completed", 1), ("Payment Succeeded", 1), ("Order Refunded", -1), ("Order Cancelled", 0), ("Ordered", 0)],
)
def test_money_moves_only_with_events_that_say_so(title: str, money: int) -> None:
    assert meaning_of(title).money == money


def test_what_settles_a_trouble_settles_one_that_some_event_opens() -> None:
    opened = {meaning.trouble for meaning in MEANINGS.values() if meaning.trouble}
    assert {meaning.settles for meaning in MEANINGS.values() if meaning.settles} <= opened


def test_no_event_both_ends_and_begins_again() -> None:
    assert not [name for name, meaning in MEANINGS.items() if meaning.leaves and meaning.returns]


def test_every_stage_that_an_event_proves_exists() -> None:
    assert {meaning.stage for meaning in MEANINGS.values() if meaning.stage} <= set(STAGES)


def test_names_are_kept_as_they_are_looked_up() -> None:
    assert [name for name in MEANINGS if meaning_of(name) is not MEANINGS[name]] == []
