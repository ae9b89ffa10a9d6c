"""A judge beside the scores of code: asked while a suite runs, its opinion kept in the output."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from evals.judge.calibration import Calibration, calibrate, may_gate
from evals.judge.expected import has_words, in_words
from evals.judge.judge import PROMPT_HASH, JudgeModel
from evals.judge.labelled import LABELLED, read_labelled
from evals.model_cache import OPENAI, ModelCache
from evals.sample import Sample
from evals.suite import Metric, scored
from evals.target import Json
from server.settings import load_settings

#: Puts an opinion into the output of a sample.
Judge = Callable[[Sample, Json], Awaitable[None]]

CACHE = Path(".evals") / "cache"
NAME = "judge"


@asynccontextmanager
async def open_judge(model: str, folder: Path = CACHE) -> AsyncIterator[Judge]:
    """The judge of this name at the endpoint of THROUGHLINE_LLM_BASE_URL; it raises JudgeFailed."""
    async with _opened(model, folder) as asked:

        async def judge(sample: Sample, output: Json) -> None:
            if "reply" in output and has_words(sample.gold):
                output[NAME] = await opinion(asked, sample, str(output["reply"]["answer"]))

        yield judge


async def calibrate_judge(
    model: str, labelled: Path = LABELLED, folder: Path = CACHE, advance: Callable[[int], None] = lambda done: None
) -> Calibration:
    """The judge of this name against a labelled file; raises BadLabels and JudgeFailed."""
    lines = read_labelled(labelled)
    async with _opened(model, folder) as asked:
        return await calibrate(lines, asked, advance)


async def opinion(asked: JudgeModel, sample: Sample, answer: str) -> Json:
    """What the judge says of an answer, as the log keeps it: `score` is 1 for "right", as in its calibration."""
    before = "".join(f"{question}\n" for question in sample.before)
    said = await asked.verdict(before + sample.question, in_words(sample.gold), answer)
    return {
        "score": 1.0 if said.verdict == "right" else 0.0,
        "verdict": said.verdict,
        "reason": None if said.verdict == "right" else f"{said.verdict}: {said.reason}",
        "model": asked.model,
        "prompt_hash": asked.prompt_hash,
    }


def pinned(model: str) -> dict[str, str]:
    """What is printed in every report that a judge had a part in, and has to be the same to go on with a run."""
    return {"model": model, "prompt_hash": PROMPT_HASH}


def figure(model: str, calibration: Calibration | None) -> Metric:
    """The figure of a judge's opinions; gated only where its calibration allows it."""
    title = f"Right by the judge {model}, prompt {PROMPT_HASH}"
    return Metric(NAME, title, scored(NAME), gated=may_gate(calibration, model, PROMPT_HASH), by_category=True)


@asynccontextmanager
async def _opened(model: str, folder: Path) -> AsyncIterator[JudgeModel]:
    given = load_settings()
    key = given.llm_api_key.get_secret_value() if given.llm_api_key else None
    with ModelCache(given.llm_base_url or OPENAI, folder) as cache:
        async with JudgeModel.at(cache.base_url, key, model) as asked:
            yield asked
