"""What is no question about customers: a greeting, thanks, or "what can you do?"."""

from __future__ import annotations

import re

_GREETING = (
    r"(?:hi|hey|hello|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings)(?: (?:there|all|everyone|team))?"
    r"(?:,? (?:how are you(?: doing)?(?: today)?|how(?:'|’)?s it going|nice to meet you))?"
)
_THANKS = (
    r"(?:ok(?:ay)?,? )?(?:thanks|thank you|thx|cheers)(?: (?:a lot|so much|very much|again))?"
    r"|ok(?:ay)?|great|got it|bye|goodbye"
)
_HELP = (
    r"help(?: me)?(?: please)?|(?:what|how) can (?:you|i) (?:do|ask|help)(?: you)?(?: (?:me|here))?(?: with)?"
    r"|what (?:do you|can i) (?:do|know|ask(?: you)?)(?: here)?|who are you|what are you"
    r"|how (?:do you|does this) work|test(?:ing)?"
)
_TALK = re.compile(rf"(?:{_GREETING}|{_THANKS}|{_HELP})", re.I)
_SAID = (
    "I answer questions about this workspace's customers, each statement with the events it rests on: \"Who needs "
    'attention?", "How many orders were placed last month?", or what one customer did, by name or id.'
)


def small_talk(text: str) -> str | None:
    """What to say to a text that asks nothing."""
    return _SAID if _TALK.fullmatch(" ".join(text.split()).strip(" .!?,:)(")) else None
