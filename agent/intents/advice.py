"""What to do next for one customer, and what they may want."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.wording import listed, plain, quote
from tools.offers import TAKEN
from tools.prediction.known import plural
from tools.recommend import RecommendResult
from tools.recommendation import Recommendation

#: A question for something to offer, and not for something to do.
_ITEMS = r"\b(?:sell|sells?|buy|buys|offer|pitch|upsell|cross.?sell|products?|items?|suits?|tempt|purchase)\b"


def plan(question: Question) -> list[Call]:
    only = {"kind": "item"} if question.has(_ITEMS) else {}
    # What they have already is no advice.
    limit = min(question.number or 3, 25)
    return [Call("recommend", {"client_id": question.client_id, "limit": limit, "exclude_owned": True, **only})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, RecommendResult)
    if not found:
        return []
    if not found.recommendations:
        seen = [passage.message_id for passage in found.passages[:1]]
        return [Claim(text=f"Nothing to recommend for {question.who}: {found.reason}.", evidence=seen)]
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
        return f"**{plain(recommended.title)}**: {recommended.why}."
    # An item's name comes from other customers' events, which are not cited: its own words stay unquoted.
    return f"**Offer {plain(recommended.title)}**: {_why(recommended)}."


def _why(item: Recommendation) -> str:
    done = TAKEN.get(item.item_kind or "", "chose")
    shared = listed([quote(name) for name in item.after])
    if not item.new:
        return f"{done} {plural(item.times, 'time')} so far"
    if item.support and shared:
        similar = plural(item.similar or 0, "similar customer")
        return f"{item.support} of {similar} {done} it, and it goes best with {shared}"
    if item.lately:
        lately = plural(item.lately_days or 0, "day")
        return f"{plural(item.lately, 'other customer')} {done} it in the last {lately}"
    # Without any other customer behind it, it was chosen by its name.
    if item.others or not shared:
        return f"{plural(item.others, 'other customer')} {done} it so far"
    return f"its name is like {shared}"


INTENT = Intent(
    name="advice",
    about="one",
    pattern=matcher(
        r"\brecommend\w*\b|\bsuggest\w*\b|\boffer\b|\bnext best\b|\bupsell\b|\bcross.?sell\b",
        r"\bwhat (?:should|could|can) (?:we|i|they|he|she) (?:do|offer|sell|say|try)\b|\bwhat (?:to do )?next\b",
        r"\bretention (?:strategy|plan|offers?|actions?|steps?)\b",
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
