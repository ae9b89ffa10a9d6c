"""Keys: their text, what is kept of it, and when they open something."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from memory.keys import Key, KeyScope, allows, matches, new_key, split
from server.address import is_same_machine
from tests.builders import at

NOW = at("2026-03-01T12:00")


def made(lifetime: timedelta | None = None) -> tuple[Key, str]:
    return new_key("shop", frozenset({KeyScope.READ, KeyScope.INGEST}), "a label", NOW, lifetime)


def test_the_text_names_the_id_and_a_secret_of_256_bits() -> None:
    key, text = made()
    assert re.fullmatch(rf"tl_{key.id}_[0-9a-f]{{64}}", text)
    assert split(text)[0] == key.id
    assert made()[1] != text


def test_of_the_secret_only_the_digest_is_kept() -> None:
    key, text = made()
    secret = split(text)[1]
    assert secret not in key.model_dump_json()
    assert key.digest not in repr(key)


def test_a_key_is_what_it_was_when_it_is_read_back() -> None:
    key, _ = made(timedelta(days=1))
    assert Key.model_validate(key.model_dump(mode="json")) == key


def test_only_its_own_secret_matches_a_key() -> None:
    key, text = made()
    _, other = made()
    assert matches(key, split(text)[1])
    assert not matches(key, split(other)[1])
    assert not matches(key, "")
    assert not matches(None, split(text)[1])


@pytest.mark.parametrize(
    "sent", ["", "tl", "tl_", "tl__", "tl_abc", "no_abc_def", "TL_abc_def", "_", "abc", "\ud800", "tl_\ud800_x"]
)
def test_what_is_no_key_matches_none(sent: str) -> None:
    key, _ = made()
    key_id, secret = split(sent)
    assert key_id != key.id
    assert not matches(key, secret)


def test_a_key_is_active_until_it_expires_or_is_revoked() -> None:
    key, _ = made(timedelta(hours=1))
    assert key.state(NOW) == "active"
    assert key.state(NOW + timedelta(minutes=59)) == "active"
    assert key.state(NOW + timedelta(hours=1)) == "expired"
    revoked = key.model_copy(update={"revoked_at": NOW})
    assert revoked.state(NOW) == "revoked"
    assert revoked.state(NOW + timedelta(hours=1)) == "revoked"


@pytest.mark.parametrize("need", KeyScope)
@pytest.mark.parametrize("given", KeyScope)
def test_a_scope_allows_itself_and_admin_allows_all(given: KeyScope, need: KeyScope) -> None:
    assert allows(frozenset({given}), need) == (given in (need, KeyScope.ADMIN))


@pytest.mark.parametrize(
    ("client", "server", "same"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::", True),
        ("192.168.1.4", "192.168.1.4", True),
        ("192.168.1.5", "192.168.1.4", False),
        ("203.0.113.9", "127.0.0.1", False),
        ("::ffff:203.0.113.9", "::1", False),
        ("a-socket", "a-socket", False),
        (None, "127.0.0.1", False),
    ],
)
def test_a_connection_of_this_machine_is_told_from_others(client: str | None, server: str, same: bool) -> None:
    connection = {"client": (client, 5000) if client else None, "server": (server, 8000)}
    assert is_same_machine(connection) is same
