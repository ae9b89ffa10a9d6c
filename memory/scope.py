"""Who a call is about: a workspace, and one customer where one is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

#: Where the list of workspaces itself is kept; no request can name it.
SYSTEM_WORKSPACE = "_system"

WORKSPACE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_WORKSPACE = re.compile(WORKSPACE_NAME)


class ScopeError(ValueError):
    """A call without the scope it needs; never read as "everything"."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A workspace, and the ids that one customer is known by when one is meant.

    `members` holds the customer's own id first, then the anonymous ids joined to it.
    """

    workspace: str
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.workspace, str) or not self.workspace:
            raise ScopeError("a scope needs a workspace")
        if any(not isinstance(member, str) or not member for member in self.members):
            raise ScopeError("a customer id in a scope is a non-empty string")

    @property
    def customer_id(self) -> str:
        """The customer this scope is bound to; raises ScopeError when it is bound to none."""
        if not self.members:
            raise ScopeError("this call is about one customer, and the scope names none")
        return self.members[0]

    def of(self, *members: str) -> Scope:
        """The same workspace, bound to one customer known by these ids."""
        if not members:
            raise ScopeError("a customer scope needs an id")
        return replace(self, members=members)

    def whole(self) -> Scope:
        """The same workspace, bound to no customer."""
        return replace(self, members=())


SYSTEM = Scope(SYSTEM_WORKSPACE)


def workspace_scope(name: str) -> Scope:
    """A scope for a workspace named from outside; raises ScopeError for a name that cannot be one."""
    if not _WORKSPACE.fullmatch(name):
        raise ScopeError(
            "a workspace name has 1 to 64 letters, digits, '.', '_' or '-', and starts with a letter or digit"
        )
    return Scope(name)


def require_scope(scope: object) -> Scope:
    """The scope itself, or ScopeError: the first line of every store call."""
    if not isinstance(scope, Scope):
        raise ScopeError(f"a store call needs a Scope, not {type(scope).__name__}")
    return scope
