"""Columns become the fields of events, and what cannot is told before anything is sent."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.cli.connection import CommandFailed
from server.cli.csv_events import CsvEvents
from server.cli.csv_mapping import as_number
from server.cli.csv_options import CsvOptions, read_options

ORDERS = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,01/12/2010 08:26,2.55,17850,United Kingdom
536365,71053,"LANTERN, WHITE",8,01/12/2010 08:26,3.39,17850,United Kingdom
536366,22633,HAND WARMER,6,01/12/2010 08:28,1.85,13047,France
"""
ORDER_OPTIONS = CsvOptions(
    map={
        "userId": "CustomerID",
        "timestamp": "InvoiceDate",
        "event": "=Order Completed",
        "properties.currency": "=GBP",
    },
    group_by="InvoiceNo",
    item={"name": "Description", "quantity": "Quantity", "price": "UnitPrice", "sku": "StockCode"},
    sum={"properties.revenue": "Quantity*UnitPrice"},
    time_format="%d/%m/%Y %H:%M",
)


def events_of(tmp_path: Path, text: str | bytes, options: CsvOptions | None = None, name: str = "f.csv") -> CsvEvents:
    file = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode()
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return CsvEvents(file, options or CsvOptions())


def items(events: CsvEvents, skip: int = 0) -> list[Any]:
    return [orjson.loads(entry.body) for entry in events.entries(skip)]


def without_ids(found: list[Any]) -> list[Any]:
    return [{key: value for key, value in each.items() if key != "messageId"} for each in found]


def refusal(tmp_path: Path, text: str | bytes, **options: Any) -> str:
    with pytest.raises(CommandFailed) as caught:
        events_of(tmp_path, text, CsvOptions(**options)).count()
    return str(caught.value)


def test_columns_that_are_called_like_fields_need_no_mapping(tmp_path: Path) -> None:
    names = "user_id,event,timestamp,messageId,properties.plan,properties.seats,traits.company.name"
    assert items(events_of(tmp_path, f"{names}\n7,Signed In,2026-01-01,m1,Pro,4,Acme\n")) == [
        {
            "userId": "7", "event": "Signed In", "timestamp": "2026-01-01", "messageId": "m1",
            "properties": {"plan": "Pro", "seats": 4}, "traits": {"company": {"name": "Acme"}},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12", 12), ("-3", -3), ("0", 0), ("2.5", 2.5), ("-0.25", -0.25), ("123456789012345", 123456789012345),
        ("007", "007"), ("1.10", "1.10"), ("1,5", "1,5"), ("+4", "+4"), ("1e5", "1e5"), ("nan", "nan"), ("-0", "-0"),
        ("1_000", "1_000"), ("12345678901234567890", "12345678901234567890"), ("\u0663", "\u0663"), ("-", "-"),
        ("0.1000000000000000055", "0.1000000000000000055"), ("inf", "inf"), ("4 ", "4 "), ("2026-01-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_a_text_is_a_number_where_nothing_is_lost_by_it(text: str, found: Any) -> None:
    assert as_number(text) == found
    assert type(as_number(text)) is type(found)


def test_ids_skus_and_names_stay_texts(tmp_path: Path) -> None:
    text = "userId,event,properties.order_id,properties.sku,properties.n\n17,A,5,6,7\n"
    (found,) = items(events_of(tmp_path, text))
    assert (found["userId"], found["properties"]) == ("17", {"order_id": "5", "sku": "6", "n": 7})


def test_an_empty_cell_is_absent(tmp_path: Path) -> None:
    (found,) = items(events_of(tmp_path, "userId,event,properties.a,properties.b\n1,A, ,0\n"))
    assert found["properties"] == {"b": 0}


def test_a_constant_is_json_or_a_text(tmp_path: Path) -> None:
    options = CsvOptions(map={"userId": "id", "event": '="Order"', "properties.n": "=5", "properties.t": "=five"})
    (found,) = items(events_of(tmp_path, "id\n1\n", options))
    assert (found["event"], found["properties"]) == ("Order", {"n": 5, "t": "five"})


def test_the_rest_of_the_columns_can_become_properties(tmp_path: Path) -> None:
    options = CsvOptions(map={"userId": "id", "event": "=A", "properties.*": "*"})
    events = events_of(tmp_path, "id,Plan,Seats.Used\n1,Pro,3\n", options)
    assert items(events)[0]["properties"] == {"Plan": "Pro", "Seats.Used": 3}
    assert events.notes() == []


def test_columns_that_are_not_loaded_are_named(tmp_path: Path) -> None:
    events = events_of(tmp_path, "userId,event,Colour,Size\n1,A,red,4\n")
    items(events)
    assert events.notes() == ["columns not loaded: Colour, Size"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    text = "userId,event,properties.a\n1,A,x\n2,B,y\n".replace(",", delimiter)
    assert [each["event"] for each in items(events_of(tmp_path, text))] == ["A", "B"]


def test_a_comma_in_texts_does_not_hide_the_delimiter(tmp_path: Path) -> None:
    text = 'userId;event;properties.a\n1;"A, b, c, d";x, y\n2;B;y\n'
    assert [each["event"] for each in items(events_of(tmp_path, text))] == ["A, b, c, d", "B"]


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz"])
def test_a_byte_order_mark_and_compression_do_not_matter(tmp_path: Path, name: str) -> None:
    text = "\ufeffuserId,event\n1,Café\n".encode()
    assert [each["event"] for each in items(events_of(tmp_path, text, name=name))] == ["Café"]


def test_another_encoding_is_read_when_it_is_named(tmp_path: Path) -> None:
    text = "userId,event\n1,Café\n"
    for encoding in ("cp1252", "utf-16"):
        found = items(events_of(tmp_path, text.encode(encoding), CsvOptions(encoding=encoding)))
        assert found[0]["event"] == "Café"
    assert "--encoding" in refusal(tmp_path, text.encode("cp1252"))


def test_a_cell_may_hold_lines_and_quotation_marks(tmp_path: Path) -> None:
    text = 'userId,event,properties.note\n1,A,"two\nlines and ""quotes"""\n2,B,x\n'
    events = events_of(tmp_path, text)
    assert items(events)[0]["properties"]["note"] == 'two\nlines and "quotes"'
    assert [entry.line for entry in events.entries(0)] == [2, 4]


def test_a_quotation_that_never_ends_is_named_by_its_line(tmp_path: Path) -> None:
    assert "the row of line 3 never ends" in refusal(tmp_path, 'userId,event\n1,A\n2,"B\n3,C\n')


def test_rows_of_one_order_are_one_event_with_its_products(tmp_path: Path) -> None:
    events = events_of(tmp_path, ORDERS, ORDER_OPTIONS)
    first, second = without_ids(items(events))
    assert first == {
        "userId": "17850", "timestamp": "2010-12-01T08:26:00", "event": "Order Completed",
        "properties": {
            "currency": "GBP", "revenue": 42.42,
            "products": [
                {"name": "WHITE HANGING HEART", "quantity": 6, "price": 2.55, "sku": "85123A"},
                {"name": "LANTERN, WHITE", "quantity": 8, "price": 3.39, "sku": "71053"},
            ],
        },
    }  # fmt: skip
    assert second["properties"]["revenue"] == 11.1
    assert events.notes() == ["columns not loaded: Country"]
    assert events.count() == 2


def test_rows_of_another_customer_are_another_event(tmp_path: Path) -> None:
    text = ORDERS.replace('"LANTERN, WHITE",8,01/12/2010 08:26,3.39,17850', "LANTERN,8,01/12/2010 08:26,3.39,99")
    assert [each["userId"] for each in items(events_of(tmp_path, text, ORDER_OPTIONS))] == ["17850", "99", "13047"]


def test_rows_of_one_order_in_several_places_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    said = refusal(tmp_path, ORDERS + ORDERS.splitlines()[1] + "\n", **ORDER_OPTIONS.model_dump())
    assert said == "Line 5: rows with InvoiceNo '536365' stand in several places; sort the file by InvoiceNo."


def test_rows_without_a_group_are_events_of_their_own(tmp_path: Path) -> None:
    text = ORDERS.replace("536365,", ",")
    found = items(events_of(tmp_path, text, ORDER_OPTIONS))
    assert [len(each["properties"]["products"]) for each in found] == [1, 1, 1]
    assert len({each["messageId"] for each in found}) == 3


def test_a_field_that_differs_within_a_group_and_a_sum_that_cannot_be_made_are_told(tmp_path: Path) -> None:
    text = ORDERS.replace("8,01/12/2010 08:26,3.39", "8,01/12/2010 08:27,free")
    events = events_of(tmp_path, text, ORDER_OPTIONS)
    first, second = items(events)
    assert "revenue" not in first["properties"]
    assert second["properties"]["revenue"] == 11.1
    assert events.notes()[1:] == [
        "timestamp differs within 1 groups: the first row's was taken",
        "properties.revenue of 1 events could not be summed: not a number",
    ]


def test_a_row_without_an_id_gets_one_from_what_it_says(tmp_path: Path) -> None:
    text = "userId,event\n1,A\n2,A\n1,A\n"
    first, second, third = [each["messageId"] for each in items(events_of(tmp_path, text))]
    assert len({first, second, third}) == 3
    turned = "event,userId\nA,1\nA,1\nA,2\n"
    assert {each["messageId"] for each in items(events_of(tmp_path, turned))} == {first, second, third}


def test_entries_are_the_same_in_every_reading_also_behind_those_that_are_skipped(tmp_path: Path) -> None:
    for text, options in (("userId,event\n1,A\n1,A\n1,A\n1,B\n", None), (ORDERS, ORDER_OPTIONS)):
        events = events_of(tmp_path, text, options)
        whole = items(events)
        assert events.count() == len(whole)
        assert items(events, 1) == whole[1:]


def test_a_row_that_does_not_fit_the_header_is_sent_as_text(tmp_path: Path) -> None:
    events = events_of(tmp_path, 'userId,event\n1,A\n2\n3,B,,\n4,"x;y",z\n')
    entries = list(events.entries(0))
    assert [entry.trouble for entry in entries] == [
        None,
        "1 cells, the header has 2",
        None,
        "3 cells, the header has 2",
    ]
    assert [orjson.loads(entries[at].body) for at in (1, 3)] == ["2", "4,x;y,z"]
    assert [entry.line for entry in entries] == [2, 3, 4, 5]


def test_a_time_of_another_format_is_left_for_the_server_to_judge(tmp_path: Path) -> None:
    text = ORDERS.replace("01/12/2010 08:28", "soon")
    assert items(events_of(tmp_path, text, ORDER_OPTIONS))[1]["timestamp"] == "soon"


MAP = {"userId": "id", "event": "what"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "No column says whose the events are: the file has the columns id, what, twice, twice"),
        ({"map": {"userId": "id"}}, "Nothing says what happened: the file has the columns id"),
        ({"map": {"userId": "ID", "event": "what"}}, "The column 'ID' is not there; the file has the columns id"),
        ({"map": {**MAP, "properties.x": "twice"}}, "The column 'twice' is there more than once"),
        ({"map": {**MAP, "user": "id"}}, "--map user: no field of an event is called so; a field is type, event"),
        ({"map": {**MAP, "properties": "id"}}, "--map properties: no field"),
        ({"map": {**MAP, "userId.x": "id"}}, "--map userId.x: no field"),
        ({"map": {**MAP, "properties.*": "id"}}, "are given as *, all that are left"),
        ({"map": {**MAP, "properties.a": "id", "properties.a.b": "id"}}, "properties.a.b is given twice"),
        ({"map": MAP, "group_by": "nr"}, "The column 'nr' is not there"),
        ({"map": MAP, "group_by": "id"}, "--group-by needs --item or --sum"),
        ({"map": MAP, "sum": {"properties.n": "id"}}, "--sum needs --group-by"),
        ({"map": MAP, "encoding": "klingon"}, "'klingon' is no encoding"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_is_told(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    assert said in refusal(tmp_path, "id,what,twice,twice\n1,A,x,y\n", **options)


def test_an_empty_file_has_no_header(tmp_path: Path) -> None:
    assert "its first row has to name the columns" in refusal(tmp_path, "\n\n")


def test_the_command_line_goes_before_the_mapping_file(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"map": {"userId": "a", "event": "=X"}, "time_format": "%Y"}')
    options = read_options(
        file, {"map": ["userId=b"], "item": [], "sum": []}, {"time_format": None, "encoding": "cp1252"}
    )
    assert options == CsvOptions(map={"userId": "b", "event": "=X"}, time_format="%Y", encoding="cp1252")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"), ('{"maps": {}}', "maps: Extra inputs"), ('{"map": {"userId": 5}}', "map.userId: "),
        ("[]", "valid dictionary"), (None, "There is no file"),
    ],
)  # fmt: skip
def test_a_mapping_file_that_cannot_be_used_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "m.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandFailed, match=said):
        read_options(file, {}, {})


@pytest.mark.parametrize("text", ["userId", "=Column", "userId="])
def test_a_pair_without_both_sides_is_told(text: str) -> None:
    with pytest.raises(CommandFailed, match="is not of the form FIELD=COLUMN"):
        read_options(None, {"map": [text]}, {})


def test_a_cell_of_many_characters_is_read(tmp_path: Path) -> None:
    events = events_of(tmp_path, f"userId,event,properties.note\n1,A,{'x' * 200_000}\n")
    (found,) = events.entries(0)
    assert len(found.body) > 200_000


@pytest.mark.parametrize("header", ["userId,user_id,event", "userId,event,event"])
def test_two_columns_for_one_field_are_refused(tmp_path: Path, header: str) -> None:
    assert "are both" in refusal(tmp_path, f"{header}\n1,2,3\n")


def test_a_file_of_another_encoding_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes(b"userId,event\n" + b"1,A\n" * 5000 + "1,caf\u00e9\n".encode("cp1252"))
    with pytest.raises(CommandFailed, match="line 5002: not utf-8"):
        CsvEvents(file, CsvOptions()).count()
