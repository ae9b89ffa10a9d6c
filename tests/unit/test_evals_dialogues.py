"""Conversations of a file become events and questions."""

from __future__ import annotations

import pytest

from evals.dialogues import evidence, read_dialogue
from evals.rivals import Missing, maker

TALK = {
    "session_1_date_time": "1:56 pm on 8 May, 2023",
    "session_1": [
        {"dia_id": "D1:1", "speaker": "Ada", "text": "ahoy"},
        {"dia_id": "D1:2", "speaker": "Bo", "text": "?"},
    ],
}


@pytest.mark.parametrize(
    ("stated", "ids"),
    [(["D8:6; D9:17"], ["c-D8:6", "c-D9:17"]), (["D:11:26"], ["c-D11:26"]), (["D30:05", "D30:5"], ["c-D30:5"])],
)
def test_evidence_is_read_however_it_is_written(stated: list[str], ids: list[str]) -> None:
    assert evidence("c", stated) == ids


def test_a_question_whose_evidence_does_not_exist_is_left_out() -> None:
    asked = [{"question": "who?", "evidence": ["D1:2"], "category": 4}, {"question": "why?", "evidence": ["D7:1"]}]
    read = read_dialogue({"sample_id": "c", "conversation": TALK, "qa": asked})
    assert [(each.text, each.evidence, each.category) for each in read.questions] == [
        ("who?", ("c-D1:2",), "single-hop")
    ]
    assert [event["messageId"] for event in read.events] == ["c-D1:1", "c-D1:2"]


def test_an_unknown_system_to_compare_with_is_refused_with_those_there_are() -> None:
    with pytest.raises(Missing, match="'other' is none of mem0, mem0-words, langchain-qdrant"):
        maker("other")
