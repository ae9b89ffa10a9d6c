"""One answer to a resent conversation: nothing of it is kept, unless the client names a thread."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.completions.conversation import Conversation
from tools.tool import ToolContext

if TYPE_CHECKING:
    from agent.analyst import Analyst
    from agent.answer import Answer


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation, what may be seen for it, and the thread to keep it in, if any.

    In a thread its own turns are gone on from, else the questions that the client sends again.
    """

    context: ToolContext
    conversation: Conversation
    thread_id: str | None = None

    async def answered(self, analyst: Analyst) -> Answer:
        """The answer; raises UnknownThread."""
        if self.thread_id is not None:
            return await analyst.ask(self.context, self.conversation.question, self.thread_id)
        # Imported here, after the analyst: its libraries take seconds.
        from agent.analyst import Finished

        earlier = self.conversation.earlier
        before = await analyst.topics(self.context, earlier)
        reply = analyst.reply(self.context, self.conversation.question, before, "\n".join(earlier))
        async with aclosing(reply):
            async for told in reply:
                if isinstance(told, Finished):
                    return told.answer
        raise RuntimeError("a run ended without an answer")
