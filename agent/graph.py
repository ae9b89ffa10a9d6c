"""The graph: understand, act, answer, ground; with a model, it plans and writes, and the same code grounds it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, Literal

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agent.act import run_call
from agent.answer import Draft
from agent.chat_model import ModelFailed
from agent.compose import compose, dates_of, facts_of
from agent.ground import Evidence, Grounded, ground
from agent.intent import Run
from agent.prompts import SYSTEM, Labels, question_text, result_text
from agent.state import AgentContext, State, Step
from agent.understand import understand, vocabulary
from memory.cleaning import clean_text
from tools.mention import is_mentioned
from tools.registry import TOOLS
from tools.tool import passages

#: Turns of a model; a question that needs more is answered without it.
MAX_TURNS = 6
#: Tools that one turn may call.
MAX_CALLS = 8

Context = Runtime[AgentContext]


async def understand_question(state: State, runtime: Context) -> State:
    """Who, when and what; nothing is looked up yet but who exists."""
    tools = runtime.context.tools
    found = await understand(
        state["question"],
        tools.bound_to,
        await tools.survey(),
        await vocabulary(tools),
        tools.settings,
        runtime.context.finder,
        partial(is_mentioned, tools),
        before=state.get("before", []),
    )
    update: State = {"understanding": found, "runs": [], "mode": "deterministic", "mode_reason": None}
    if found.refusal:
        return {**update, "steps": [], "draft": Draft(lines=[found.refusal], abstained=True)}
    if runtime.context.model is None:
        return update
    labels = Labels()
    asked = question_text(state["question"], found, tools.as_of.isoformat())
    messages = [SystemMessage(SYSTEM), HumanMessage(asked)]
    return {**update, "mode": "model", "messages": list(messages), "labels": labels, "turns": 0, "model_s": 0.0}


async def ask_model(state: State, runtime: Context) -> State:
    """The model's next message: calls for tools, or a draft."""
    model = runtime.context.model
    if model is None or state["turns"] >= MAX_TURNS:
        return _fall_back("the model asked for too many steps")
    started = perf_counter()
    try:
        reply = await model.reply(state["messages"], TOOLS, model.budget_s - state["model_s"])
    except ModelFailed as error:
        return _fall_back(str(error))
    if len(reply.calls) > MAX_CALLS:
        return _fall_back("the model asked for too many tools at once")
    update: State = {
        "messages": [*state["messages"], reply.message],
        "turns": state["turns"] + 1,
        "model_s": state["model_s"] + perf_counter() - started,
        "calls": reply.calls,
    }
    if not reply.calls:
        lines = [clean_text(line) for line in reply.text.splitlines()]
        update["draft"] = Draft(lines=lines, cited=state["labels"].cited)
    return update


async def run_model_calls(state: State, runtime: Context) -> State:
    """The tools that the model asked for, within the scope of the request."""
    messages, runs = list(state["messages"]), list(state["runs"])
    for call_id, call in state["calls"]:
        run = await run_call(runtime.context.tools, call)
        runs.append(run)
        messages.append(ToolMessage(result_text(run, state["labels"]), tool_call_id=call_id))
    return {"messages": messages, "runs": runs, "calls": []}


async def act(state: State, runtime: Context) -> State:
    """The tools that the understood question needs, each call once."""
    done: dict[str, Run] = {}
    steps: list[Step] = []
    for intent, question in state["understanding"].steps:
        runs = []
        for call in [] if question.unread else intent.plan(question):
            key = repr(call)
            if key not in done:
                done[key] = await run_call(runtime.context.tools, call)
            runs.append(done[key])
        steps.append((intent, question, runs))
    return {"steps": steps, "runs": [*state["runs"], *done.values()]}


async def answer(state: State, runtime: Context) -> State:
    """The deterministic draft."""
    return {"draft": compose(state["steps"])}


async def ground_answer(state: State, runtime: Context) -> State:
    """The draft with only what holds; a model's draft that does not hold is given up."""
    tools, draft = runtime.context.tools, state["draft"]
    known = {passage.message_id: passage for passage in await passages(tools, draft.cited)}
    asked = [question for _, question in state["understanding"].steps]
    dates = dates_of(state["runs"], asked, tools.settings)
    grounded = ground(draft, Evidence(known, facts_of(state["runs"]), dates, tools.settings, tools.as_of))
    if state["mode"] == "model" and not _enough(grounded):
        return {**_fall_back("the model's answer did not hold to the evidence"), "grounded": grounded}
    return {"grounded": grounded}


def _enough(grounded: Grounded) -> bool:
    """Whether a model's answer is still one: something is cited, and more stands than fell."""
    kept = sum(1 for line in grounded.text.splitlines() if line.strip())
    return bool(grounded.citations) and kept >= len(grounded.removed)


def _fall_back(reason: str) -> State:
    return {"mode": "fallback", "mode_reason": reason, "calls": []}


def _after_understanding(state: State) -> Literal["ground_answer", "ask_model", "act"]:
    if state["understanding"].refusal:
        return "ground_answer"
    return "ask_model" if state["mode"] == "model" else "act"


def _after_model(state: State) -> Literal["act", "run_model_calls", "ground_answer"]:
    if state["mode"] == "fallback":
        return "act"
    return "run_model_calls" if state["calls"] else "ground_answer"


def _after_grounding(state: State) -> str:
    # A draft that was given up leaves no steps yet; the deterministic one has some.
    return "act" if state["mode"] == "fallback" and "steps" not in state else END


_NODES: tuple[Callable[..., Any], ...] = (
    understand_question,
    ask_model,
    run_model_calls,
    act,
    answer,
    ground_answer,
)


def build_graph() -> Any:
    """The compiled graph; its context is an AgentContext, its result a State."""
    graph = StateGraph(State, context_schema=AgentContext)
    for node in _NODES:
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "understand_question")
    graph.add_conditional_edges("understand_question", _after_understanding)
    graph.add_conditional_edges("ask_model", _after_model)
    graph.add_edge("run_model_calls", "ask_model")
    graph.add_edge("act", "answer")
    graph.add_edge("answer", "ground_answer")
    graph.add_conditional_edges("ground_answer", _after_grounding)
    return graph.compile()
