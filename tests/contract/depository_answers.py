"""A depository's answer to one query, written line by line, right or not. For contract tests."""

from services.runtime.port import AgencyResponse, Asked, Found
from services.securities.adapter import ADAPTER
from services.securities.examples import EXAMPLES, STAMP
from services.securities.file import batch_no, institution
from services.securities.mock_file import BELOW, item_of, line, lines_of, pack
from tests.contract.exchange import agency_row
from tests.contract.oddities import Golden

ROW = agency_row("securities", agency="csdc", region_code="000000", channel="c2c_national")
EXAMPLE = EXAMPLES[0]
NUMBER = EXAMPLE.request_no
ASKED = Asked("task", "request", NUMBER, "query")
HEAD = {"QZ": "CXFK", "JGBM": institution(ROW), "PCH": batch_no(NUMBER), "FKSJ": STAMP}
#: By the list that a field stands in: which of the example's items has one.
PLACES = {"ZY": 1, "SFBJ": 1, "DJ": 2}


def items_of_example():
    groups = []
    for fields in (text.split("|") for text in EXAMPLE.lines[1:]):
        if fields[0] == "20":
            groups.append([])
        groups[-1].append(fields)
    return [without_number(item_of(group)) for group in groups]


def without_number(item):
    return {name: [without_number(row) for row in value] if isinstance(value, list) else value for name, value in item.items() if name != "QQDH"}


def numbered(row):
    """Write a row's values as the text that a file can hold; what is no row is a line with one field."""
    if not isinstance(row, dict):
        return {"QQDH": NUMBER, "": as_field(row)}
    return {"QQDH": NUMBER, **{name: as_field(value) for name, value in row.items()}}


def as_field(value):
    return value if isinstance(value, str | bytes) else "" if value is None else str(value)


def as_item(item):
    lists = {name: [] if name not in item or item[name] in (None, "") else item[name] if isinstance(item[name], list) else [item[name]]
             for name in BELOW.values()}
    return numbered({name: value for name, value in item.items() if name not in lists}) | {
        name: [numbered(row) for row in rows] for name, rows in lists.items()}


def lines_with(items, *, stated=None):
    lines = [fields for item in items for fields in lines_of(as_item(item))]
    return [line("10", {"QQDH": NUMBER, "JGDM": "0000", "JGSM": "成功", "HS": str(len(lines) if stated is None else stated)}), *lines]


def body_of(lines, **head):
    return pack(HEAD | head, lines)


GOLDEN = Golden("securities", ADAPTER, ROW, ASKED, AgencyResponse(200, "application/zip", body_of(lines_with(items_of_example()))),
                lambda _body: items_of_example(), lambda items: body_of(lines_with(items)), lambda items: items)


def read(body) -> Found:
    answer = ADAPTER.to_answers(ROW, [ASKED], AgencyResponse(200, "application/zip", body))[NUMBER]
    assert isinstance(answer, Found), answer
    return answer


def read_with(position=0, below="", **changes) -> Found:
    items = items_of_example()
    (items[position][below][0] if below else items[position]).update(changes)
    return GOLDEN.read(items)


RIGHT = GOLDEN.read(items_of_example())
