"""What may happen within a horizon: who is asked about, and whether it came to pass."""

from __future__ import annotations

import numpy as np

from memory.record import Record
from tests.builders import at, in_order, order, record, visits
from tools.prediction.features import Columns, Rows, Spec, columns
from tools.prediction.outcome import Outcome, cancellation, conversion, eligible, happened, repeat_purchase, silence
from tools.prediction.table import make_table, seconds


def _known(*records: Record) -> Columns:
    return columns(make_table({"c1": in_order(records)}), Spec())


def _asked(known: Columns, outcome: Outcome, when: str) -> tuple[bool, bool]:
    """Whether the one customer is asked about, and what came to pass."""
    rows = Rows(np.array([0]), np.array([seconds(at(when))]))
    return bool(eligible(known, outcome, rows)[0]), bool(happened(known, outcome, rows)[0])


def test_the_horizon_begins_at_t_and_ends_before_its_end() -> None:
    known = _known(record("Signed In", "2026-01-01"), record("Signed In", "2026-02-01T00:00:00Z"))
    assert _asked(known, silence(30), "2026-01-02") == (True, True)
    assert _asked(known, silence(30), "2026-01-03") == (True, False)
    assert _asked(known, silence(30), "2026-02-01") == (True, False)


def test_nobody_is_asked_about_before_their_first_activity() -> None:
    known = _known(record("Badge Awarded", "2026-01-01"), record("Signed In", "2026-03-01"))
    assert _asked(known, silence(30), "2026-02-01")[0] is False


def test_what_the_customer_did_not_start_ends_no_silence() -> None:
    known = _known(record("Signed In", "2026-01-01"), record("Badge Awarded", "2026-01-15"))
    assert _asked(known, silence(30), "2026-01-02") == (True, True)


def test_a_cancellation_is_any_event_that_means_it_or_those_named() -> None:
    known = _known(
        *visits("2026-01-01", 1, 5), record("Subscription Cancelled", "2026-01-20"), record("Bye", "2026-03-01")
    )
    assert _asked(known, cancellation(30), "2026-01-10") == (True, True)
    assert _asked(known, cancellation(30), "2026-02-10") == (False, False)
    assert _asked(known, cancellation(30, frozenset({"Bye"})), "2026-02-10") == (True, True)


def test_a_first_purchase_is_asked_of_who_never_bought() -> None:
    known = _known(record("Signed In", "2026-01-01"), order("2026-01-20"))
    assert _asked(known, conversion(30), "2026-01-10") == (True, True)
    assert _asked(known, conversion(30), "2026-02-10")[0] is False


def test_another_purchase_is_asked_of_who_bought() -> None:
    known = _known(order("2026-01-05"), order("2026-01-20"))
    assert _asked(known, repeat_purchase(30), "2026-01-04")[0] is False
    assert _asked(known, repeat_purchase(30), "2026-01-10") == (True, True)
    assert _asked(known, repeat_purchase(30), "2026-01-25") == (True, False)
