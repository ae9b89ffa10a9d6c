"""A model's card as one page of HTML that needs nothing else: no network, no script; for dark, light and paper."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.prediction import card_words as words
from tools.prediction.card import Card
from tools.prediction.reliability_plot import reliability_svg

#: As many as help to understand a model; the JSON holds all.
MOST_FEATURES = 14
_FOLDER = Path(__file__).parent
_PAGES = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def card_html(card: Card) -> str:
    """The whole page; the same for the same card. Whatever came with events is escaped."""
    return _PAGES.get_template("card.html").render(
        card=card,
        features=[feature for feature in card.features if feature.importance > 0][:MOST_FEATURES],
        heaviest=max((feature.importance for feature in card.features), default=0.0) or 1.0,
        left_out=" ".join(words.left_out(card, MOST_FEATURES)),
        words=words,
        style=Markup((_FOLDER / "card.css").read_text()),  # noqa: S704 - a file of ours
        plot=Markup(reliability_svg(card.holdout)) if card.holdout else None,  # noqa: S704 - figures only
    )
