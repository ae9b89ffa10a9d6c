"""What is asked of a sentence, in order: of everybody's, and of a model's."""

from __future__ import annotations

from agent.checks.carried import not_carried
from agent.checks.computed import uncomputed_number
from agent.checks.dates import wrong_date
from agent.checks.hearsay import not_as_theirs
from agent.checks.markup import wrong_markup
from agent.checks.quotes import wrong_quote
from agent.checks.stated import Check
from agent.checks.whose import not_whose

#: Of sentences that code wrote from what it computed.
PLAIN: tuple[Check, ...] = (wrong_quote, wrong_date, uncomputed_number)
#: Of sentences that a model wrote.
STRICT: tuple[Check, ...] = (wrong_markup, wrong_quote, not_as_theirs, not_whose, not_carried)
