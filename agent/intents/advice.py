"""What to do next for one customer, and what they may want."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.wording import listed, plain, quote
from tools.recommend import Recommendation, RecommendResult


def plan(question: Question) -> list[Call]:
    return [Call("recommend", {"client_id": question.client_id, "limit": min(question.number or 3, 25)})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, RecommendResult)
    if not found or not found.recommendations:
        return []
    head = Claim(text=f"For {question.who}, in this order:", evidence=found.recommendations[0].evidence[::-1][:1])
    return [
        head,
        *(
            Claim(text=f"{n}. {_sentence(r)}", evidence=r.evidence[::-1])
            for n, r in enumerate(found.recommendations, start=1)
        ),
    ]


def _sentence(recommended: Recommendation) -> str:
    if recommended.kind == "action":
        return f"**{recommended.title}**: {recommended.why}."
    # An item's name comes from other customers' events, which are not cited: its own words stay unquoted.
    took = f"{recommended.support} of {recommended.similar} similar customers took it up"
    return f"**Offer {plain(recommended.title)}**: {took} after {listed([quote(item) for item in recommended.after])}."


INTENT = Intent(
    name="advice",
    about="one",
    pattern=matcher(
        r"\brecommend\w*\b|\bsuggest\w*\b|\boffer\b|\bnext best\b|\bupsell\b|\bcross.?sell\b",
        r"\bwhat (?:should|could|can) (?:we|i|they|he|she) (?:do|offer|sell|say|try)\b|\bwhat (?:to do )?next\b",
        r"\bhow (?:can|do|could|should) we (?:keep|win|help|retain|save)\b",
        r"\b(?:might|may|would|will) \S+ (?:\S+ )?(?:want|like|buy|need)\b",
        r"\b(?:might|may|would|will|could|can) (?:suit|interest|appeal|fit|please|tempt)\b|\bsuits?\b|\bsuitable\b",
        r"\b(?:ideas?|suggestions?) (?:for|what to|of what)\b",
        r"\b(?:can|could|should|to) (?:we |i )?(?:sell|pitch|propose)\b",
    ),
    # What a customer suggested is something said.
    fits=lambda question: not question.has(r"\bdid\b(?:\W+[\w@.:'’-]+){1,6}?\W+(?:suggest|recommend|offer|propose)\b"),
    plan=plan,
    compose=compose,
    examples=(
        "What should we recommend to this customer?",
        "What might they buy next?",
        "How can we keep this account?",
    ),
)
