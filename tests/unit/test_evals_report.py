"""The report in its forms: what it says, and that nothing in a report can break or steer what shows it."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from evals.report import charts, console, html, markdown, readme, wording
from evals.report.schema import (
    ComparedFigure,
    Comparison,
    FigureReport,
    Interval,
    Miss,
    Report,
    RunInfo,
    Speed,
    SuiteReport,
    Verdict,
)
from evals.suite import Plot

NAN = float("nan")
HOSTILE = '</script></title></svg><script>alert(1)</script><img src=x onerror="x">{{7*7}}\'`|\x1b[31m\u202e\x00]]>-->'


class _Tags(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def _miss(text: str = "it says 11, not 12") -> Miss:
    return Miss(id="a1", category="count", question="How many orders?", why={"value": text}, expected=12, got=text)


def _report(text: str = "passed", misses: int = 1) -> Report:
    figure = FigureReport(
        name="passed",
        title=text,
        value=0.75,
        low=0.7,
        high=0.8,
        n=4,
        clusters=3,
        gated=True,
        by_category={text: Interval(value=0.5, low=NAN, high=1.0, n=2), "sum": Interval(value=NAN, n=0, chance=0.1)},
    )
    leak = FigureReport(name="leak", title="no leak", value=1.0, low=0.5, high=1.0, n=4, zero_tolerance=True)
    row = ComparedFigure(
        suite="answers", figure=text, new=0.75, old=0.8, difference=-0.05, low=-0.09, high=-0.01, n=4, verdict="worse"
    )
    suite = SuiteReport(
        name="answers", title=text, samples=4, records=4, figures=[figure, leak], misses=[_miss(text)] * misses
    )
    return Report(
        run=RunInfo(id="r1", title=text, date="2026-03-31T10:00:00Z", commit="abc123", versions={"python": text}),
        suites=[suite, SuiteReport(name="empty", title="Nothing in it", samples=0, records=0)],
        verdict=Verdict(status="regression", reasons=[text]),
        comparison=Comparison(baseline_id=text, rows=[row]),
        speed=[Speed(suite=text, n=4, p50_ms=NAN)],
    )


def _changed(report: Report, **changes: object) -> Report:
    return Report.model_validate({**report.model_dump(), **changes})


def _printed(report: Report) -> str:
    out = Console(file=io.StringIO(), width=100)
    console.show(report, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def _svg(kind: str, **data: object) -> ET.Element:
    return ET.fromstring(charts.draw(Plot(kind=kind, title="A <title> & more", data=data)))  # noqa: S314 - our own


def _words(picture: ET.Element) -> list[str]:
    return [element.text or "" for element in picture.iter() if element.tag.endswith("}text")]


def _marks(picture: ET.Element) -> list[ET.Element]:
    return [element for element in picture.iter() if "mark" in element.get("class", "").split()]


def test_a_report_read_from_its_json_is_the_same_report() -> None:
    report = _report()
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_a_number_that_is_not_defined_is_null_in_json() -> None:
    assert json.loads(Interval(value=NAN, low=float("inf"), n=0).model_dump_json())["value"] is None


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.905, "share", "90.5%"),
        (1.0, "share", "100%"),
        (0.9999, "share", "99.9%"),
        (0.0001, "share", "0.1%"),
        (None, "share", "not defined"),
        (0.17234, "", "0.172"),
        (12, "ms", "12 ms"),
        (1234.5, "ms", "1,234 ms"),
        (-5.0, "points", "-5.0 points"),
    ],
)
def test_a_number_is_said_with_its_unit_and_never_rounded_to_all_or_nothing(
    value: float | None, unit: str, said: str
) -> None:
    assert wording.number(value, unit) == said


def test_a_difference_of_shares_is_said_in_points_with_its_interval() -> None:
    comparison = _report().comparison
    assert comparison
    assert wording.change(comparison.rows[0]) == "-5.0 points (-9.0 to -1.0)"


def test_the_summary_counts_the_broken_checks() -> None:
    suite = _report().suites[0].model_dump()
    suite["figures"][1]["value"] = 0.75
    assert "Of 1 check that may never fail 1 is broken." in wording.summary(_changed(_report(), suites=[suite]))


def test_the_summary_claims_no_check_where_none_was_made() -> None:
    said = wording.summary(_changed(_report(), suites=[], verdict={"status": "pass"}, comparison=None))
    assert "never fail" not in said
    assert said.endswith("0 samples in 0 suites: 0 misses.")


def test_a_check_without_cases_is_not_said_to_have_held() -> None:
    assert wording.held(Interval(value=1.0, n=0)) == "not measured"


def test_nothing_hostile_becomes_a_tag_of_the_page() -> None:
    page = _Tags(html.page(_report(HOSTILE)))
    assert (page.count("script"), page.count("img"), page.count("html")) == (1, 0, 1)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_hostile_text_is_shown_as_it_was_written_and_is_no_template() -> None:
    text = _Tags(html.page(_report(HOSTILE))).text
    assert '<img src=x onerror="x">{{7*7}}' in text


@pytest.mark.parametrize("form", [html.page, markdown.document, readme.results, _printed])
def test_no_form_lets_control_characters_through(form: object) -> None:
    assert callable(form)
    assert not re.search("[\x00\x1b\u202e]", form(_report(HOSTILE)))


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = html.page(_report())
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!#)|@import|url\(", page)


def test_the_page_is_the_same_for_the_same_report() -> None:
    assert html.page(_report()) == html.page(_report())


def test_a_miss_stands_in_the_page_with_its_question_why_expected_and_got() -> None:
    text = " ".join(_Tags(html.page(_report("it says 11"))).text.split())
    assert "QuestionHow many orders? Whyvalue: it says 11 Expected12 Gotit says 11" in text


def test_a_miss_can_be_chosen_by_suite_category_and_score() -> None:
    tags = _Tags(html.page(_report())).tags
    data = next(attributes for _, attributes in tags if attributes.get("class") == "miss")
    found = {name: json.loads(data[f"data-{name}"] or "") for name in ("suite", "category", "score")}
    assert found == {"suite": ["answers"], "category": ["count"], "score": ["value"]}


def test_five_hundred_misses_are_all_in_the_page() -> None:
    tags = _Tags(html.page(_report(misses=500))).tags
    assert sum(attributes.get("class") == "miss" for _, attributes in tags) == 500


def test_an_empty_report_has_a_page() -> None:
    empty = Report(run=RunInfo(id="r", title="t", date="2026-03-31"), verdict=Verdict(status="pass"))
    assert "0 samples in 0 suites" in _Tags(html.page(empty)).text


def test_the_command_that_repeats_a_run_is_safe_to_paste() -> None:
    run = RunInfo(id="r", title="t", date="2026-03-31", seed=7, epochs=3, model="m; rm -r x")
    said = html.command(run, ["answers"])
    assert said == "throughline eval run answers --seed 7 --epochs 3 --model 'm; rm -r x'"


def test_the_command_repeats_what_was_chosen_and_where_it_was_asked() -> None:
    only = {"categories": ["a b", "c"], "ids": ["x"], "limit": 2, "workspace": "w", "file": "my.jsonl"}
    run = RunInfo(id="r", title="t", date="2026-03-31", url="http://h", judge="j", only=only)
    assert html.command(run, ["own"]) == (
        "throughline eval run my.jsonl --category 'a b' --category c --id x --limit 2 --workspace w --judge j --url http://h"
    )


def test_every_ink_can_be_read_on_every_ground() -> None:
    style = (Path(html.__file__).parent / "style.css").read_text()
    for palette in re.findall(r":root \{(.*?)\}", style, re.S):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", palette))
        pairs = [(ink, ground) for ink in ("text", "quiet", "good", "bad", "link") for ground in ("page", "card")]
        pairs += [("good", "good-back"), ("bad", "bad-back"), ("quiet", "none-back"), ("text", "none-back")]
        pairs += [(f"s{series}", "card") for series in range(5)]
        assert not [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < 4.5]


def _contrast(ink: str, ground: str) -> float:
    """The ratio of WCAG 2.1, 1.4.3."""
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_an_interval_spans_from_its_low_to_its_high_around_its_value() -> None:
    picture = _svg("intervals", rows=[{"label": "count", "value": 0.5, "low": 0.25, "high": 0.75, "n": 8}])
    whisker = next(element for element in picture.iter() if element.get("class") == "whisker")
    low, value, high = (
        float(whisker.get("x1", "")),
        float(_marks(picture)[0].get("cx", "")),
        float(whisker.get("x2", "")),
    )
    assert value - low == pytest.approx(high - value, abs=0.2)
    assert high - low == pytest.approx((348 - 8) / 2, abs=0.2)


def test_a_row_without_a_value_has_words_and_no_mark() -> None:
    picture = _svg("intervals", rows=[{"label": "lead time", "value": NAN, "n": 0}])
    assert "not defined · n 0" in _words(picture)
    assert not _marks(picture)


def test_a_picture_says_in_words_what_it_shows() -> None:
    picture = _svg("intervals", rows=[{"label": "sum", "value": 0.5, "low": 0.25, "high": 0.75, "n": 8, "chance": 0.1}])
    assert picture.get("aria-label") == "A <title> & more"
    described = picture.find("{http://www.w3.org/2000/svg}desc")
    assert described is not None
    assert described.text == "sum: 50.0%, 25.0% to 75.0%, by chance 10.0%, n 8"


def test_a_bar_below_zero_ends_where_one_above_begins() -> None:
    picture = _svg("bars", unit="GBP", rows=[{"label": "a", "value": -5}, {"label": "b", "value": 5}])
    below, above = (element for element in picture.iter() if element.get("class") == "bar")
    assert float(below.get("x", "")) + float(below.get("width", "")) == pytest.approx(
        float(above.get("x", "")), abs=0.2
    )


def test_a_line_is_broken_where_it_is_not_defined() -> None:
    picture = _svg("lines", series=[{"label": "a", "points": [[0, 1], [1, NAN], [2, 5], [3, 4]]}])
    pieces = [element.get("points", "") for element in picture.iter() if "line s0" in element.get("class", "")]
    assert [len(piece.split()) for piece in pieces] == [1, 2, 2]  # the last is the legend's


def test_series_differ_in_form_and_dashes_as_well_as_in_colour() -> None:
    picture = _svg("lines", series=[{"label": str(i), "points": [[0, i], [1, i]]} for i in range(4)])
    lines = [element for element in picture.iter() if element.get("class", "").startswith("line")]
    assert len({line.get("stroke-dasharray") for line in lines}) == 4


def test_larger_marks_of_a_reliability_chart_hold_more_cases() -> None:
    points = [{"predicted": 0.1, "observed": 0.2, "n": 1}, {"predicted": 0.5, "observed": 0.5, "n": 100}]
    few, many, _ = _marks(_svg("reliability", series=[{"label": "a", "points": points}]))
    assert float(few.get("r", "")) < float(many.get("r", ""))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("intervals", {"rows": []}),
        ("intervals", {"unit": "GBP", "rows": [{"label": "a", "value": -1e300}, {"label": "b", "value": 1e300}]}),
        ("bars", {"rows": [{"label": HOSTILE, "value": None}]}),
        ("reliability", {"series": []}),
        ("reliability", {"series": [{"label": "a", "points": [{"predicted": NAN, "observed": 0.5, "n": 0}]}]}),
        ("lines", {"series": [{"label": "a", "points": []}]}),
        ("lines", {"series": [{"label": "a" * 500, "points": [[1, 1]]}]}),
    ],
)
def test_odd_data_still_give_a_whole_picture(kind: str, data: dict[str, object]) -> None:
    assert "nan" not in " ".join(value for element in _svg(kind, **data).iter() for value in element.attrib.values())


def test_words_too_long_for_a_picture_are_cut_and_whole_in_its_title() -> None:
    label = "very " * 40 + "long"
    element = next(e for e in _svg("bars", rows=[{"label": label, "value": 1}]).iter() if e.get("class") == "label")
    assert (element.text or "").endswith("…")
    assert element[0].text == label


@pytest.mark.parametrize("plot", [Plot(kind="pie", title="t", data={}), Plot(kind="bars", title="t", data={"rows": 3})])
def test_a_plot_that_cannot_be_drawn_is_refused_by_name(plot: Plot) -> None:
    with pytest.raises(charts.UnknownPlot, match=plot.kind):
        charts.draw(plot)


def test_a_cell_of_markdown_cannot_end_its_cell_or_become_markup() -> None:
    assert markdown.escaped("a|b\n*c* <b> [d](e)") == r"a\|b \*c\* &lt;b&gt; \[d\](e)"


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert markdown.fenced("a\n````\nb")[0] == "`````text"


def test_the_markdown_states_each_figure_with_n_and_interval() -> None:
    assert "| passed | 75.0% (70.0 to 80.0) | 4 |  | compared with the baseline |" in markdown.document(_report())


def test_the_markdown_says_how_many_misses_it_leaves_out() -> None:
    assert "… and 20 more, in the page and the JSON." in markdown.document(_report(misses=120))


def test_the_console_lists_the_first_misses_and_counts_the_rest() -> None:
    printed = _printed(_report(misses=23))
    assert printed.count("✗ answers/a1") == 3
    assert "… and 20 more misses of answers" in printed


def test_the_console_leaves_out_what_decides_nothing() -> None:
    aside = FigureReport(name="aside", title="a figure aside", value=0.5, n=4)
    suite = _report().suites[0]
    suite = suite.model_copy(update={"figures": [*suite.figures, aside]})
    printed = _printed(_changed(_report(), suites=[suite]))
    assert "75.0%" in printed
    assert "a figure aside" not in printed


def test_checks_that_held_take_one_line_and_a_broken_one_its_own() -> None:
    held = _report().suites[0].figures[1]
    broken = held.model_copy(update={"title": "no lie", "value": 0.75})
    suite = _report().suites[0].model_copy(update={"figures": [held, broken]})
    printed = _printed(_changed(_report(), suites=[suite]))
    assert "1 check that may never fail: held" in printed
    assert "no leak" not in printed
    assert "broken: 75.0% held" in printed


def test_a_run_without_a_baseline_does_not_claim_that_nothing_got_worse() -> None:
    alone = _changed(_report(), comparison=None, verdict=Verdict(status="pass"))
    assert wording.title(alone) == "Passed, with no baseline"
    row = ComparedFigure(suite="answers", figure="f", new=None, old=None, difference=None, n=0, verdict="not compared")
    apart = _changed(alone, comparison=Comparison(baseline_id="b", rows=[row]))
    assert "Nothing could be compared with the baseline b." in wording.summary(apart)


@pytest.mark.parametrize("form", [_printed, html.page, markdown.document])
def test_a_sample_that_missed_is_not_tagged_as_passed(form: Callable[[Report], str]) -> None:
    suite = _report().suites[0]
    miss = suite.misses[0].model_copy(update={"why": {"passed": "not among the first 10"}})
    said = form(_changed(_report(), suites=[suite.model_copy(update={"misses": [miss]})]))
    assert "missed" in said
    assert not re.search(r"✗ passed|passed\W*: not among|<strong>passed", said)


def test_figures_that_decide_nothing_are_folded_away_in_the_page() -> None:
    aside = FigureReport(name="aside", title="a figure aside", value=0.5, n=4)
    suite = _report().suites[0]
    suite = suite.model_copy(update={"figures": [*suite.figures, aside]})
    page = html.page(_changed(_report(), suites=[suite]))
    folded = page[page.index("1 more figure, which") :]
    assert "a figure aside" in folded[: folded.index("</details>")]
    assert page.count("a figure aside") == 1


def test_the_console_reads_no_markup_in_what_it_prints() -> None:
    assert "[bold]it[/bold]" in _printed(_report("[bold]it[/bold]"))


def test_the_console_ends_with_the_verdict_and_its_reasons() -> None:
    assert _printed(_report("too low")).rstrip().endswith("- too low")


def test_the_table_replaces_what_stands_between_the_markers_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_bytes(f"before\r\n{readme.BEGIN}\nold\n{readme.END}\nafter".encode())
    readme.write_table(file, _report())
    written = file.read_bytes().decode()
    assert written.startswith(f"before\r\n{readme.BEGIN}\n| figure |")
    assert written.endswith(f"{readme.END}\nafter")
    assert "old" not in written


def test_the_table_written_twice_is_the_table_written_once(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"{readme.BEGIN}{readme.END}")
    readme.write_table(file, _report())
    once = file.read_bytes()
    readme.write_table(file, _report())
    assert file.read_bytes() == once


def test_the_table_says_when_on_which_commit_and_how_many_missed() -> None:
    assert "Measured on 2026-03-31 at commit `abc123`, without a language model; 1 miss." in readme.results(_report())


@pytest.mark.parametrize("text", ["nothing", f"{readme.BEGIN} only", f"{readme.END} then {readme.BEGIN}"])
def test_a_readme_without_its_markers_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "README.md"
    file.write_text(text)
    with pytest.raises(readme.NoMarkers, match=r"README\.md has no place"):
        readme.write_table(file, _report())
    assert file.read_text() == text


def test_text_of_a_report_cannot_close_the_markers(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"{readme.BEGIN}{readme.END}")
    readme.write_table(file, _report(readme.END))
    assert file.read_text().count(readme.END) == 1
