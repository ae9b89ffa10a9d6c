"""The steps of a question that a model works on: it asks for tools, code runs them, and what it writes has to hold."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langgraph.runtime import Runtime

from agent.act import run_told
from agent.answer import Usage
from agent.chat_model import ModelFailed
from agent.compose import dates_of, facts_of
from agent.evidence import Evidence
from agent.intent import Run
from agent.prompts import SYSTEM, Labels, earlier_text, question_text, result_text
from agent.resolving import with_ids
from agent.state import AgentContext, State
from agent.understand import Understanding
from agent.verdict import cleaned, fallen_back, held, judged, over_limit
from tools.registry import TOOLS
from tools.tool import ToolContext, passages

Context = Runtime[AgentContext]


def opening(state: State, understood: Understanding, tools: ToolContext) -> State:
    """What a model is told first, and where its part of the state begins."""
    asked = question_text(state["question"], understood, tools.as_of.isoformat())
    earlier = [HumanMessage(earlier_text(state["earlier"]))] if state.get("earlier") else []
    return {
        "mode": "model",
        "messages": [SystemMessage(SYSTEM), *earlier, HumanMessage(asked)],
        "labels": Labels(),
        "evidence": Evidence({}, (), frozenset(), tools.settings, tools.as_of, strict=True),
        "turns": 0,
        "usage": Usage(),
        "model_s": 0.0,
        "repaired": False,
        "mending": False,
        "stands": False,
        "removed": 0,
    }


async def ask_model(state: State, runtime: Context) -> State:
    """The model's next message: calls for tools, or a draft."""
    model, teller = runtime.context.model, runtime.context.teller
    if model is None:
        return fallen_back("no model is there")
    if over := over_limit(state, model.limits):
        return fallen_back(over)
    started = perf_counter()

    def heard(text: str) -> None:
        teller.hear(cleaned(text), lambda whole: held(whole, state), runtime.stream_writer)

    try:
        reply = await model.reply(state["messages"], TOOLS, model.limits.seconds - state["model_s"], heard)
    except ModelFailed as error:
        return {"usage": state["usage"] + error.usage, **fallen_back(str(error))}
    update: State = {
        "messages": [*state["messages"], reply.message],
        "turns": state["turns"] + 1,
        "model_s": state["model_s"] + perf_counter() - started,
        "usage": state["usage"] + reply.usage,
        "calls": reply.calls,
        "mending": False,
    }
    if len(reply.calls) > model.limits.calls:
        return {**update, **fallen_back("the model asked for too many tools at once")}
    return update if reply.calls else {**update, **judged(reply, state)}


async def run_model_calls(state: State, runtime: Context) -> State:
    """The tools that the model asked for, within the scope of the request."""
    tools, labels = runtime.context.tools, state["labels"]
    messages, runs = list(state["messages"]), list(state["runs"])
    check = partial(with_ids, about=state["understanding"].people.found)
    for call_id, call in state["calls"]:
        run = await run_told(tools, call, call_id, runtime.stream_writer, check)
        runs.append(run)
        messages.append(ToolMessage(result_text(run, labels), tool_call_id=call_id))
    return {"messages": messages, "runs": runs, "calls": [], "evidence": await _evidence(state, runs, tools)}


async def _evidence(state: State, runs: list[Run], tools: ToolContext) -> Evidence:
    """What an answer may rest on after these runs; what is known of them is not read again."""
    labels, survey = state["labels"], await tools.survey()
    fresh = [each for run in runs[len(state["runs"]) :] if run.result for each in run.result.passages]
    known = {**state["evidence"].passages, **{passage.message_id: passage for passage in fresh}}
    lacking = [key for key in labels.cited if key not in known]
    known |= {passage.message_id: passage for passage in await passages(tools, lacking)}
    asked = [question for _, question in state["understanding"].steps]
    whose = {passage.client_id for passage in known.values()} | {each.owner for each in labels.computed if each.owner}
    return Evidence(
        known,
        facts_of(runs),
        dates_of(runs, asked, tools.settings),
        tools.settings,
        tools.as_of,
        strict=True,
        computed=tuple(labels.computed),
        findings=tuple(labels.findings),
        names={key: survey.customers[key].profile.name for key in sorted(whose) if key in survey.customers},
    )
