"""The signature of a webhook, against values that other implementations of the specification compute."""

from __future__ import annotations

import base64

from server.webhooks.signing import new_secret, signature, signed_headers
from tests.builders import at

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, SENT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_a_signature_is_the_one_that_the_specifications_own_libraries_compute() -> None:
    assert signature(SECRET, MESSAGE, SENT, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_another_id_time_or_body_has_another_signature() -> None:
    others = [(SECRET, "msg_2", SENT, BODY), (SECRET, MESSAGE, SENT + 1, BODY), (SECRET, MESSAGE, SENT, BODY + b" ")]
    signed = {signature(*each) for each in [(SECRET, MESSAGE, SENT, BODY), *others]}
    assert len(signed) == 4


def test_the_headers_tell_the_id_and_the_seconds_that_are_signed() -> None:
    headers = signed_headers(SECRET, MESSAGE, at("2026-01-05T10:00"), BODY)
    assert headers["webhook-id"] == MESSAGE
    assert headers["webhook-timestamp"] == str(int(at("2026-01-05T10:00").timestamp()))
    assert headers["webhook-signature"] == signature(SECRET, MESSAGE, int(headers["webhook-timestamp"]), BODY)


def test_a_secret_has_as_many_bytes_as_the_specification_asks_for_and_is_never_the_same() -> None:
    made = {new_secret() for _ in range(20)}
    assert len(made) == 20
    assert {len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) for each in made} == {32}
