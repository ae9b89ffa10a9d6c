"""The graph: understand, act, answer, ground; with a model, it plans and writes, and the same code grounds it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph

from agent.act import key_of, run_told
from agent.answer import Draft
from agent.compose import compose, dates_of, facts_of
from agent.evidence import Evidence
from agent.ground import ground
from agent.intent import Run
from agent.model_turns import Context, ask_model, opening, run_model_calls
from agent.state import AgentContext, State, Step
from agent.understand import understand, vocabulary
from agent.verdict import preferred
from tools.mention import is_mentioned
from tools.tool import passages


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
    return {**update, **opening(state, found, tools)}


async def act(state: State, runtime: Context) -> State:
    """The tools that the understood question needs, each call once; what a model had run is not run again."""
    done = {key_of(run.use.name, run.use.args): run for run in state["runs"] if run.use.ok}
    fresh: list[Run] = []
    steps: list[Step] = []
    for intent, question in state["understanding"].steps:
        runs = []
        for call in [] if question.unread else intent.plan(question):
            key = key_of(call.tool, call.args)
            if key not in done:
                number = f"call_{len(state['runs']) + len(fresh) + 1}"
                done[key] = await run_told(runtime.context.tools, call, number, runtime.stream_writer)
                fresh.append(done[key])
            runs.append(done[key])
        steps.append((intent, question, runs))
    return {"steps": steps, "runs": [*state["runs"], *fresh]}


async def answer(state: State, runtime: Context) -> State:
    """The deterministic draft."""
    return {"draft": compose(state["steps"])}


async def ground_answer(state: State, runtime: Context) -> State:
    """The draft of code with only what holds; where it has no answer, what stands of a model's."""
    tools, draft = runtime.context.tools, state["draft"]
    known = {passage.message_id: passage for passage in await passages(tools, draft.cited)}
    asked = [question for _, question in state["understanding"].steps]
    dates = dates_of(state["runs"], asked, tools.settings)
    found = ground(draft, Evidence(known, facts_of(state["runs"]), dates, tools.settings, tools.as_of))
    return preferred(found, draft.abstained or not found.text, state)


def _after_understanding(state: State) -> Literal["ground_answer", "ask_model", "act"]:
    if state["understanding"].refusal:
        return "ground_answer"
    return "ask_model" if state["mode"] == "model" else "act"


def _after_model(state: State) -> str:
    if state["mode"] == "fallback":
        return "act"
    if state["calls"]:
        return "run_model_calls"
    return END if state["stands"] else "ask_model"


def _after_grounding(state: State) -> str:
    return "ask_model" if state.get("mending") else END


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
    graph.add_conditional_edges("ask_model", _after_model, ["act", "run_model_calls", "ask_model", END])
    graph.add_edge("run_model_calls", "ask_model")
    graph.add_edge("act", "answer")
    graph.add_edge("answer", "ground_answer")
    graph.add_conditional_edges("ground_answer", _after_grounding, ["ask_model", END])
    return graph.compile()
