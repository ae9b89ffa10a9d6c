"""Which URLs and addresses a webhook may have."""

from __future__ import annotations

import pytest

from server.webhooks.guard import Guard, TargetRefused, inside, parse_target

INSIDE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1",  # noqa: S104
    "168.63.129.16", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1",
    "2002:a00:1::", "2001::1", "2001:db8::1", "4000::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_inner_address_is_known_for_one(address: str) -> None:
    assert inside(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert inside(address) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.example/", "bad_url"), ("//a.example/", "bad_url"), ("a.example", "bad_url"), ("", "bad_url"),
        ("http://", "bad_url"), ("http:///x", "bad_url"), ("file:///etc/passwd", "bad_url"),
        ("http://a.example:0/", "bad_url"), ("http://a.example:99999/", "bad_url"),
        ("http://a.example/\n", "bad_url"), ("http://\ud800/", "bad_url"),
        (f"http://a.example/{'x' * 2048}", "bad_url"),
        ("https://user:pass@a.example/", "credentials_in_url"), ("https://user@a.example/", "credentials_in_url"),
        ("http://a.example\\@127.0.0.1/", "credentials_in_url"),
    ],
)  # fmt: skip
def test_what_is_no_usable_url_is_refused(url: str, reason: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        parse_target(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "::1", "localhost"])
async def test_a_loopback_address_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(TargetRefused, match="loopback"):
        await Guard().addresses(host, 80)


async def answered(*addresses: str) -> list[str]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return await Guard(resolve=resolve).addresses("a.example", 443)


async def test_a_name_with_public_addresses_alone_is_let_through() -> None:
    assert await answered("8.8.8.8", "8.8.4.4") == ["8.8.8.8", "8.8.4.4"]


async def test_one_inner_address_among_public_ones_is_enough_to_refuse_a_name() -> None:
    with pytest.raises(TargetRefused, match="private"):
        await answered("8.8.8.8", "10.0.0.1")


@pytest.mark.parametrize("allow_private", [True, False])
async def test_a_name_that_nobody_knows_is_refused(allow_private: bool) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(TargetRefused) as refused:
        await Guard(allow_private, resolve).addresses("a.example", 443)
    assert refused.value.reason == "unknown_host"


async def test_where_all_is_allowed_a_name_need_not_be_known_before_something_is_sent() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("nothing is looked up")

    await Guard(allow_private=True, resolve=resolve).check(parse_target("http://later.example/"))
