"""One event as PostHog's clients send it: what is taken from it has a place in an item, the rest is kept."""

from __future__ import annotations

from typing import Any

from server.shapes.key_fields import without_keys

Item = dict[str, Any]

_KEYS = ("api_key", "token")
#: They describe the delivery, and a retry may change them; `type` says nothing beside the event's name.
_TRANSPORT = ("offset", "sent_at", "type", "historical_migration")
#: One of several groups of an event is its account; kinds that usually are one, the likeliest first.
_ACCOUNTS = ("company", "organization", "organisation", "account", "workspace", "team")


def api_key(body: Any) -> str | None:
    """The key that came in the body: beside the events, or in the first of them."""
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return None
    properties = first.get("properties")
    places = [first, properties] if isinstance(properties, dict) else [first]
    found = next((place[name] for place in places for name in _KEYS if place.get(name)), None)
    return found if isinstance(found, str) else None


class Sent:
    """An event being read. Fields and properties leave it as they are taken; `surroundings` takes all that is left."""

    def __init__(self, event: dict[str, Any], sent_at: Any = None) -> None:
        self._fields = {name: value for name, value in without_keys(event).items() if name not in _TRANSPORT}
        self._sent_at = event.get("sent_at") or sent_at
        self.event = self._fields.pop("event", None)
        given = self._fields.pop("properties", None)
        self._given: Item = {}
        #: What stands in the place of properties, for intake to refuse.
        self._no_properties = None
        if isinstance(given, dict):
            self._given = dict(given)
        else:
            self._no_properties = given
        self.distinct_id = self._take_distinct_id()

    def get(self, name: str) -> Any:
        """A property that stays to be kept."""
        return self._given.get(name)

    def take(self, name: str) -> Any:
        """A property that has found its place."""
        return self._given.pop(name, None)

    def take_plain(self) -> Any:
        """The sender's own properties, or what was sent in their place."""
        if self._no_properties is not None:
            return self._no_properties
        return {name: self._given.pop(name) for name in list(self._given) if not name.startswith("$")}

    def take_traits(self) -> Item:
        """What is stated of the person, beside the properties or among them."""
        stated: Item = {}
        for name in ("$set_once", "$set"):
            for place in (self._given, self._fields):
                if isinstance(place.get(name), dict):
                    stated |= place.pop(name)
        return stated

    def frame(self) -> Item:
        """What all calls have: an id and two times."""
        uuid, timestamp = self._fields.pop("uuid", None), self._fields.pop("timestamp", None)
        return {
            "messageId": uuid or self.take("$insert_id"),
            # Browsers that send several at once replace the time by an age, whose start is the server's guess.
            "timestamp": timestamp or self.take("$time"),
            "sentAt": self._sent_at,
        }

    def surroundings(self) -> Item:
        """The context: library, address, account, and under `posthog` all that has no place elsewhere."""
        library = {"name": self.take("$lib"), "version": self.take("$lib_version")}
        context = {
            "library": {name: value for name, value in library.items() if value is not None},
            "ip": self.take("$ip"),
            "groupId": account(self.get("$groups")),
            "posthog": {**self._fields, **self._given},
        }
        return {name: value for name, value in context.items() if value}

    def _take_distinct_id(self) -> Any:
        beside, among = self._fields.pop("distinct_id", None), self._given.get("distinct_id")
        found = among if beside in (None, "") else beside
        if among == found:
            self._given.pop("distinct_id", None)
        return found


def account(groups: Any) -> str | None:
    """Which of an event's groups, key by kind, is the account: the only one, or one of a kind that usually is."""
    if not isinstance(groups, dict):
        return None
    named = {str(kind).lower(): str(key) for kind, key in groups.items() if isinstance(key, str | int)}
    if len(named) == 1:
        return next(iter(named.values()))
    return next((named[kind] for kind in _ACCOUNTS if kind in named), None)
