"""A conversation as a graph of its own, for LangGraph's tools: messages in, the answer and its evidence out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages

# Below Python 3.12 no schema can be made of typing's own.
from typing_extensions import TypedDict

from agent.answer import Answer

#: Questions, the last one to be answered; the customer that it is held to; the time of the view.
Answering = Callable[[Sequence[str], str | None, str | None], Awaitable[Answer]]


class Asked(TypedDict, total=False):
    """What comes in; the workspace is the setting's, and no part of it."""

    messages: Annotated[list[AnyMessage], add_messages]
    customer_id: str | None
    as_of: str | None


class Answered(Asked, total=False):
    """`answer` is an `Answer` as JSON values; its text is the last of the messages as well."""

    answer: dict[str, Any]


def studio_graph(answering: Answering) -> Any:
    """The compiled graph. Of a conversation questions alone are read: answers could be anybody's."""

    async def ask(state: Answered) -> Answered:
        questions = [message.text for message in state["messages"] if isinstance(message, HumanMessage)]
        answer = await answering(questions, state.get("customer_id"), state.get("as_of"))
        values = answer.model_dump(mode="json", exclude={"thread_id"})
        return {"messages": [AIMessage(answer.answer)], "answer": values}

    graph = StateGraph(Answered, input_schema=Asked)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    return graph.compile()
