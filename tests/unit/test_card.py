"""A model's card keeps its figures, tells its limits, and shows names of others as text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from tests.builders import order
from tools.prediction.card import (
    BandFrom,
    CandidateLosses,
    Card,
    CardDefinition,
    Form,
    Holdout,
    Learnt,
    make_card,
    make_holdout,
    weigh,
)
from tools.prediction.card_html import card_html
from tools.prediction.card_markdown import bar, card_markdown
from tools.prediction.feature_words import words_of
from tools.prediction.features import Facet, Rows, Spec, columns, make_features
from tools.prediction.prior import shipped_prior
from tools.prediction.reliability_plot import reliability_svg
from tools.prediction.table import make_table

T = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\n# [x](https://evil.example) | `a` </td><img src=x onerror=alert(2)>\u202ebadge"


def drawn(n: int = 400, rate: float = 0.3) -> Holdout:
    p = np.clip(np.linspace(0.01, 2 * rate, n), 0, 1)
    return make_holdout(T, 12, p, np.random.default_rng(1).random(n) < p)


def card(**given: Any) -> Card:
    form: Form = given.pop("form", "steps")
    learnt = Learnt(
        first_event=T - timedelta(days=given.pop("days", 700)),
        last_event=T,
        trained_until=T,
        cut_offs=(T - timedelta(days=60), T - timedelta(days=45)),
        every_days=15,
        customers=900,
        rows=1_700,
        base_rate=given.pop("base_rate", 0.3),
    )
    values: dict[str, Any] = {
        "version": "2026-03-01.1",
        "made_at": T,
        "definition": CardDefinition(outcome="churn", kind="inactivity", horizon_days=30),
        "learnt": learnt,
        "terms": ["recency_days", "count: Order Completed"],
        "contributions": np.array([[0.5, -0.1], [-1.5, 0.1]]),
        "holdout": drawn(),
        "origins": [T - timedelta(days=60), T - timedelta(days=30)],
        "candidates": [
            CandidateLosses(form="prior", log_losses=(0.4, None), log_loss=0.4, chosen=False),
            CandidateLosses(form="steps", log_losses=(0.31, 0.29), log_loss=0.3, chosen=True),
        ],
        "activity": ["Order Completed"],
        "bands": [BandFrom(band="high", probability=0.6), BandFrom(band="medium", probability=0.3)],
    }
    return make_card(form=form, **{**values, **given})


class Tags(HTMLParser):
    """The tags and addresses of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize(
    "given", [{}, {"holdout": None, "candidates": [], "form": "prior", "contributions": np.zeros((0, 2))}]
)
def test_a_card_comes_back_from_its_json_as_it_was(given: dict[str, Any]) -> None:
    made = card(**given)
    assert Card.model_validate_json(made.model_dump_json()) == made
    assert Card.model_validate(made.model_dump(mode="json")) == made


def test_features_weigh_as_much_as_they_move_the_log_odds_on_average() -> None:
    assert [(f.name, f.importance) for f in card().features] == [
        ("recency_days", pytest.approx(1.0)),
        ("count: Order Completed", pytest.approx(0.1)),
    ]
    assert card().features[0].words == "Days since their last activity"


def test_features_of_no_rows_weigh_nothing() -> None:
    assert [feature.importance for feature in weigh(["a", "b"], np.zeros((0, 2)))] == [0.0, 0.0]


def test_a_prior_says_on_both_pages_that_it_is_not_calibrated() -> None:
    made = card(form="prior", holdout=None)
    assert made.warning == "prior, uncalibrated"
    for page in (card_html(made), card_markdown(made)):
        assert "prior, uncalibrated" in page
        assert "has not been tested" in page
    assert "prior, uncalibrated" not in card_html(card())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"days": 200}, "200 days, less than a year"),
        ({"holdout": drawn(40)}, "figures are rough"),
        ({"holdout": drawn(4_000), "base_rate": 0.1}, "The rate moves: 10.0% in training"),
        ({"holdout": make_holdout(T, 3, np.full(2_000, 0.2), np.arange(2_000) % 2 == 0)}, "off by 30.0% on average"),
        ({"holdout": None}, "not been tested on this workspace"),
        ({"form": "prior"}, "learnt from other businesses"),
        ({"form": "bgnbd"}, "not at amounts"),
        ({"calendar": ["Badge Awarded"]}, "come by the calendar"),
        ({"unknown": ["It has not seen refunds."]}, "It has not seen refunds."),
    ],
)
def test_a_card_tells_what_the_model_does_not_know(given: dict[str, Any], said: str) -> None:
    assert said in " ".join(card(**given).limits)
    assert said not in " ".join(card(holdout=drawn(4_000)).limits)


def test_names_of_others_stand_on_the_page_as_text_and_bring_no_markup() -> None:
    plain = card(activity=["Order"], calendar=["Badge"], terms=["a", "b"])
    made = card(activity=[HOSTILE], calendar=[HOSTILE], terms=["a", f"count: {HOSTILE}"])
    page = Tags(card_html(made))
    assert page.tags == Tags(card_html(plain)).tags
    assert "<script>alert(1)</script>" in page.said
    assert "\u202e" not in page.said


def test_names_of_others_bring_no_markup_and_no_line_into_markdown() -> None:
    plain = card(activity=["Order"], calendar=["Badge"], terms=["a", "b"])
    made = card(activity=[HOSTILE], calendar=[HOSTILE], terms=["a", f"count: {HOSTILE}"])
    page = card_markdown(made)
    assert len(page.splitlines()) == len(card_markdown(plain).splitlines())
    assert "<script" not in page
    assert "<img" not in page
    assert "https://" not in page
    assert not re.search(r"(?<!\\)\[x", page)
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in page.splitlines() if line.startswith("|")]
    assert cells == [
        len(re.findall(r"(?<!\\)\|", line)) for line in card_markdown(plain).splitlines() if line[:1] == "|"
    ]


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    page = Tags(card_html(card()))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not [value for name, value in page.attributes if name in ("src", "href", "srcset") or name.startswith("on")]
    assert "url(" not in card_html(card())
    assert "default-src 'none'" in card_html(card())


def test_the_plot_is_named_described_and_drawn_with_an_interval_a_bin() -> None:
    held = drawn()
    plot = ET.fromstring(reliability_svg(held))  # noqa: S314 - of our own making
    svg = "{http://www.w3.org/2000/svg}"
    described = plot.find(f"{svg}desc")
    assert plot.find(f"{svg}title") is not None
    assert described is not None
    assert "10 groups of forecasts" in (described.text or "")
    assert len(list(plot.iter(f"{svg}circle"))) == len(held.reliability) == 10
    assert len([e for e in plot.iter(f"{svg}line") if e.get("class") == "whisker"]) == 3 * 10
    assert len(list(plot.iter(f"{svg}rect"))) == len(held.histogram)


@pytest.mark.parametrize("labels", [[], [0, 0, 0], [1, 1, 1]])
def test_a_test_with_one_outcome_or_none_has_a_page(labels: list[int]) -> None:
    made = card(holdout=make_holdout(T, 3, [0.2, 0.3, 0.3][: len(labels)], labels))
    ET.fromstring(reliability_svg(made.holdout))  # type: ignore[arg-type]  # noqa: S314
    assert "–" in card_html(made)
    assert "–" in card_markdown(made)


def test_many_names_are_counted_and_not_all_shown() -> None:
    made = card(activity=[f"Event {number:03}" for number in range(90)])
    assert "and 70 more" in card_markdown(made)
    assert "Event 089" not in card_html(made)


def test_bands_stand_in_the_order_of_their_thresholds() -> None:
    assert [band.band for band in card().bands] == ["medium", "high"]


@pytest.mark.parametrize(("share", "shown"), [(0.0, "▏"), (0.5, "█" * 10), (1.0, "█" * 20), (7.0, "█" * 20)])
def test_a_bar_is_as_long_as_its_share(share: float, shown: str) -> None:
    assert bar(share) == shown


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("active_days_30", "Days on which they were active in the last 30 days"),
        ("count_30: {Order}", "How often in the last 30 days: {Order}"),
        ("never_heard_of", "never heard of"),
    ],
)
def test_a_feature_is_told_in_words(feature: str, words: str) -> None:
    assert words_of(feature) == words


def test_what_never_moved_a_score_is_not_shown_as_a_reason() -> None:
    made = card(contributions=np.zeros((0, 2)))
    assert "What it looks at" not in card_html(made)
    assert "What it looks at" not in card_markdown(made)


def test_every_feature_and_every_term_of_the_prior_has_words() -> None:
    spec = Spec(titles=("Order Completed",), facets=(Facet("Order Completed: total"),))
    known = columns(make_table({"c1": [order("2026-01-05")]}), spec)
    row = Rows(np.array([0]), np.array([int(T.timestamp())]))
    names = [*make_features(known, row), *shipped_prior(30).terms]
    assert [name for name in names if words_of(name) == name.replace("_", " ")] == []
