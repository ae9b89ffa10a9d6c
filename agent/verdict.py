"""What becomes of a model's answer: it stands, is sent back once, or gives way to that of code."""

from __future__ import annotations

from langchain_core.messages import HumanMessage

from agent.answer import Draft
from agent.chat_model import Limits, Reply
from agent.claims import written_out
from agent.ground import Grounded, ground
from agent.prompts import repair_text
from agent.state import State
from memory.cleaning import clean_text


def cleaned(text: str) -> str:
    """A model's text without characters that are not seen, line by line."""
    return "\n".join(map(clean_text, text.split("\n")))


def held(text: str, state: State) -> Grounded:
    """A cleaned text as far as it holds to what the tools have returned."""
    labels, evidence = state["labels"], state["evidence"]
    lines = [written_out(line, labels, evidence) for line in text.splitlines()]
    return ground(Draft(lines=lines, cited=labels.cited), evidence)


def judged(reply: Reply, state: State) -> State:
    """A draft stands if all of it holds and it says no less than what stood of one before it; else code answers."""
    found, before = held(cleaned(reply.text), state), state.get("part")
    update: State = {"removed": state["removed"] + len(found.removed)}
    answers = bool(found.citations) and not found.abstained
    if not found.removed and answers and _kept(found) >= (_kept(before) if before else 1):
        return {**update, "grounded": found, "stands": True}
    part = before if before and _kept(before) > _kept(found) else found
    if part.abstained:
        return {**update, **fallen_back("the model found no answer")}
    what = "a part of the model's answer" if _is_enough(part) else "the model's answer"
    return {**update, "part": part, **fallen_back(f"{what} did not hold to the evidence")}


def fallen_back(reason: str) -> State:
    """Code answers from here, and says why."""
    return {"mode": "fallback", "mode_reason": reason, "calls": [], "mending": False}


def preferred(code: Grounded, abstained: bool, state: State) -> State:
    """The answer of code; where it has none, the model's is sent back once, and what then stands of it is given.

    Half of an answer may be the half that does not matter, and one that was mended says less than was meant: so both
    are the second choice.
    """
    part = state.get("part")
    if state["mode"] != "fallback" or not abstained or part is None:
        return {"grounded": code}
    if part.removed and not state["repaired"]:
        asked = HumanMessage(repair_text(part.removed))
        messages = [*state["messages"], asked]
        return {"grounded": code, "mode": "model", "repaired": True, "mending": True, "messages": messages}
    if not _is_enough(part):
        return {"grounded": code}
    fell = len(part.removed)
    reason = f"{fell} statement{'' if fell == 1 else 's'} did not hold to the evidence" if fell else None
    return {"grounded": part, "draft": Draft(lines=[]), "mode": "model", "mode_reason": reason}


def over_limit(state: State, limits: Limits) -> str | None:
    """Which limit of one answer leaves no room for another turn."""
    usage = state["usage"]
    if state["turns"] >= limits.turns:
        return "the model asked for too many steps"
    if limits.tokens is not None and usage.tokens >= limits.tokens:
        return "the model used up the tokens of one answer"
    if limits.cost is not None and (usage.cost or 0) >= limits.cost:
        return "the model used up the money of one answer"
    return "the model did not answer in time" if state["model_s"] >= limits.seconds else None


def _is_enough(grounded: Grounded) -> bool:
    """Whether what stands of a model's answer is still one: something is cited, and as much stands as fell."""
    return bool(grounded.citations) and _kept(grounded) >= len(grounded.removed)


def _kept(grounded: Grounded) -> int:
    return sum(1 for line in grounded.text.splitlines() if line.strip())
