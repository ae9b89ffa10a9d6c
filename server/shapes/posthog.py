"""PostHog's events as items: which call each of their names means, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from server.shapes.posthog_sent import Item, Sent

#: Where a field of an item came from: verdicts point into what was sent.
POINTERS = {
    "/userId": "/distinct_id",
    "/anonymousId": "/distinct_id",
    "/messageId": "/uuid",
    "/previousId": "/properties/alias",
    "/groupId": "/properties/$group_key",
    "/name": "/properties/$screen_name",
    "/traits": "/$set",
}
#: Events that are about a person who is known, whatever else they say.
_OF_USERS = ("$identify", "$create_alias", "$merge_dangerously")
_PAGE = {"url": "$current_url", "path": "$pathname", "referrer": "$referrer", "title": "$title"}


def items_of(body: Any, sent_at: Any = None) -> list[Any]:
    """The items of a decoded body: of a `batch`, of a list, or the one event that it is itself.

    `sent_at` is when the client says it sent them, where neither body nor event says so.
    """
    events = body if isinstance(body, list) else [body]
    if isinstance(body, dict):
        sent_at = body.get("sent_at") or sent_at
        events = body["batch"] if isinstance(body.get("batch"), list) else [body]
    return [item_of(event, sent_at) for event in events]


def item_of(event: Any, sent_at: Any = None) -> Any:
    """One event as an item; what is no event of PostHog's at all stays as it is, for intake to say so.

    Names with a leading `$` are PostHog's own: those that have a place in an item go there, the others are kept in
    `context.posthog`. `$set` and `$set_once` are traits, `$set` before the other where both name one.
    """
    if not isinstance(event, dict):
        return event
    sent = Sent(event, sent_at)
    frame = {**sent.frame(), _owner(sent): sent.distinct_id}
    made = CALLS.get(str(sent.event), _track)(sent)
    item = {**frame, **made, "context": {**sent.surroundings(), **made.get("context", {})}}
    return {name: value for name, value in item.items() if value is not None and value != {}}


def _owner(sent: Sent) -> str:
    """Users and visitors share one space of ids there; the event says which of them it is of."""
    if sent.event in _OF_USERS:
        return "userId"
    anonymous = (
        sent.get("$process_person_profile") is False
        or sent.get("$is_identified") is False
        or (sent.distinct_id is not None and sent.get("$device_id") == sent.distinct_id)
        or (sent.event == "$groupidentify" and _made_up(sent))
    )
    return "anonymousId" if anonymous else "userId"


def _made_up(sent: Sent) -> bool:
    """Whether a client that was told of a group alone put an id of its own in the place of a user's."""
    if sent.distinct_id == f"${sent.get('$group_type')}_{sent.get('$group_key')}":
        return True
    try:
        return bool(UUID(str(sent.distinct_id)))
    except ValueError:
        return False


def _identify(sent: Sent) -> Item:
    anonymous = sent.take("$anon_distinct_id")
    joined = None if anonymous == sent.distinct_id else anonymous
    made = {"type": "identify", "traits": sent.take_traits(), "properties": sent.take_plain()}
    return {**made, "anonymousId": joined} if joined else made


def _alias(sent: Sent) -> Item:
    # As PostHog resolves it: the alias is merged into the distinct id, which stays.
    return {"type": "alias", "previousId": sent.take("alias"), "properties": sent.take_plain()}


def _group(sent: Sent) -> Item:
    group_id = sent.take("$group_key")
    return {
        "type": "group", "groupId": group_id, "traits": sent.take("$group_set"), "properties": sent.take_plain(),
    }  # fmt: skip


def _page(sent: Sent) -> Item:
    found = {name: sent.take(key) for name, key in _PAGE.items()}
    page = {name: value for name, value in found.items() if value is not None}
    return {"type": "page", "properties": {**page, **sent.take_plain()}, **_said_of_person(sent)}


def _screen(sent: Sent) -> Item:
    name = sent.take("$screen_name")
    return {"type": "screen", "name": name, "properties": sent.take_plain(), **_said_of_person(sent)}


def _track(sent: Sent) -> Item:
    return {"type": "track", "event": sent.event, "properties": sent.take_plain(), **_said_of_person(sent)}


def _said_of_person(sent: Sent) -> Item:
    traits = sent.take_traits()
    return {"context": {"traits": traits}} if traits else {}


#: PostHog's name for an event -> the call it means; all others are tracked by their name.
CALLS: dict[str, Callable[[Sent], Item]] = {
    "$identify": _identify,
    "$set": _identify,
    "$create_alias": _alias,
    "$merge_dangerously": _alias,
    "$groupidentify": _group,
    "$pageview": _page,
    "$screen": _screen,
}
