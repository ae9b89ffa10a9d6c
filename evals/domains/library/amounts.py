"""How many, how much and how much on average."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.figures import count, mean, number, total
from evals.domains.library.asked import (
    ATTENDED,
    BORROWED,
    FINED,
    HELD,
    JULY,
    LAST_WEEK,
    LATE,
    PAID,
    Q1_2026,
    Q2_2026,
    Q4_2025,
    RENEWED,
    RETURNED,
    STREAMED,
    TYPE,
    Y2025,
    Y2026,
    has,
)
from evals.sample import Sample

_LATE = f"{number(LATE)} > 0"


def counts(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("loans of DVDs in 2025, tally please", "count", count(
        tables, replace(BORROWED, but=has(TYPE, "DVD")).within(*Y2025)))  # fmt: skip
    yield ask.ask("How many items were borrowed last week?", "count", count(tables, BORROWED.within(*LAST_WEEK)))
    yield ask.ask("how many items came back late in Q2 2026?", "count", count(
        tables, replace(RETURNED, but=_LATE).within(*Q2_2026)))  # fmt: skip
    who = ask.pick(HELD, 2)
    yield ask.ask("How many holds has {0} placed?", "count", count(tables, HELD.by(who)), who)
    yield ask.ask("In how many cases was a lost item the reason of a fine?", "count", count(
        tables, FINED.where(why="lost item")))  # fmt: skip
    yield ask.ask("How often was The Salt Cartographer borrowed?", "count", count(
        tables, replace(BORROWED, but=has("title", "The Salt Cartographer"))))  # fmt: skip
    who = ask.pick(RENEWED, 2)
    yield ask.ask("number of renewals by {0}, all time", "count", count(tables, RENEWED.by(who)), who)
    yield ask.ask("How many loans went through self-checkout in July 2026?", "count", count(
        tables, replace(BORROWED, but=has("self-checkout", "true")).within(*JULY)))  # fmt: skip


def sums(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("How much did we collect in fines paid in Q4 2025?", "number", total(
        tables, PAID.within(*Q4_2025), "amount"))  # fmt: skip
    who = ask.pick(FINED, 2)
    yield ask.ask("total of the fines charged to {0}", "number", total(tables, FINED.by(who), "amount"), who)
    who = ask.pick(STREAMED, 2)
    yield ask.ask("How many minutes has {0} streamed altogether?", "number", total(
        tables, STREAMED.by(who), "minutes"), who)  # fmt: skip
    yield ask.ask("Fines charged for overdue items this year, in total?", "number", total(
        tables, FINED.where(why="overdue").within(*Y2026), "amount"))  # fmt: skip
    yield ask.ask("sum of guests brought along to Code Club", "number", total(
        tables, ATTENDED.where(programme="Code Club"), "guests"))  # fmt: skip


def averages(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("Mean amount of a fine charged in 2026?", "number", mean(tables, FINED.within(*Y2026), "amount"))
    yield ask.ask("how is Seed Swap rated on average?", "number", mean(
        tables, ATTENDED.where(programme="Seed Swap"), "rating"))  # fmt: skip
    who = ask.pick(STREAMED, 3)
    yield ask.ask("average streaming minutes per session for {0}", "number", mean(
        tables, STREAMED.by(who), "minutes"), who)  # fmt: skip
    yield ask.ask("Average queue position of holds placed in Q1 2026?", "number", mean(
        tables, HELD.within(*Q1_2026), "queue-position"))  # fmt: skip
    yield ask.ask("On average, how many minutes was an audiobook streamed for at a time?", "number", mean(
        tables, STREAMED.where(format="audiobook"), "minutes"))  # fmt: skip
