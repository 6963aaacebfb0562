import ast
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest

from contracts.messages import Unread
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import MockRequest
from services.runtime.port import Found, Outgoing
from services.securities.adapter import ADAPTER
from services.securities.examples import STAMP
from services.securities.mock_agency import MOCK
from services.securities.mock_file import BELOW, FIELDS, line
from services.securities.mock_lines import ODDITIES
from tests.contract.depository_answers import (
    EXAMPLE,
    GOLDEN,
    HEAD,
    NUMBER,
    PLACES,
    RIGHT,
    ROW,
    body_of,
    items_of_example,
    lines_with,
    read,
    read_with,
)
from tests.contract.depository_document import judge, layout
from tests.contract.documents import everything_asked
from tests.contract.exchange import Exchange, as_received
from tests.contract.oddities import became, check_others_stand

# ---- the document judges both sides


@pytest.mark.parametrize("answers_by", ["response", "status"])
def test_adapter_and_mock_keep_to_the_depositorys_document(answers_by):
    assert everything_asked(Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": answers_by, "batch_size": 10})), judge) >= 20


def test_what_a_depository_calls_back_with_keeps_to_it_too():
    exchange = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "callback"}))
    call = exchange.call(*(exchange.command("query", one) for one, _ in zip((one for one, _ in exchange.held()), range(20), strict=False)))
    judge(call, exchange.simulation.answer(exchange.desk, as_received(call)))
    exchange.clock.advance(60)
    posted = [kept.response for kept in exchange.simulation.answers.due(exchange.clock.now())]
    for one in posted:
        judge(call, one)
    assert len(posted) == 20


def test_documents_and_words_that_need_escapes_keep_to_it_too():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    subject, _ = exchange.holder()
    command = exchange.command("query", subject, officer={"name": "李|法官%\n", "work_card_no": "1", "duty_card_no": "2"})
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: b"%PDF-1.7"})])
    judge(call, exchange.simulation.answer(exchange.desk, as_received(call)))


def test_the_document_of_the_depository_refuses_what_is_outside_it():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    command = exchange.command("query", exchange.holder()[0])
    call = exchange.call(command)
    for kind in ("unknown_field", "unknown_code"):
        spoilt = exchange.simulation.error(exchange.desk, MockRequest("POST", call.path, {}, {}, call.content), kind)
        with pytest.raises(Exception, match="is not valid under any of the given schemas"):
            judge(call, spoilt)


# ---- one odd field hides nothing


def test_the_example_is_read_as_the_example_says():
    assert EXAMPLE.answer == RIGHT


@pytest.mark.parametrize("position", [0, 1, 2])
def test_whatever_is_written_in_one_field_the_other_securities_stand(position):
    counts = check_others_stand(GOLDEN, position)
    assert counts["unreadable"] > 100
    assert counts["marked"] > 20


@pytest.mark.parametrize(("wire", "written", "field", "meant"), [
    ("ZQZH", "a445302001", "securities_account", "A445302001"), ("ZQZH", "Ａ４４５３０２００１", "securities_account", "A445302001"),
    ("ZQDM", " 600901 ", "security_code", "600901"), ("CYSL", "1,200", "quantity", 1200), ("CYSL", "２００００", "quantity", 20_000),
    ("CYSL", "20000股", "quantity", 20_000), ("CYSL", "20000.00", "quantity", 20_000), ("QSPJ", "12.34", "close_price_fen", 1234),
    ("QSPJ", "12.3400", "close_price_fen", 1234), ("QSPJ", "12.34元", "close_price_fen", 1234), ("SC", " 1", "market", "shanghai"),
])
def test_what_means_one_thing_is_read(wire, written, field, meant):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    doubts = {one.code for one in answer.assets[0].unread}
    assert (answer.assets[0].record[field], doubts - {"implausible"}, answer.unreadable) == (meant, set(), ())


@pytest.mark.parametrize(("wire", "written", "mark"), [
    ("ZQMC", "", Unread(field="security_name", wire="ZQMC", code="missing")),
    ("ZQMC", b"\xd4\xc6\xca\xaf\x80", Unread(field="security_name", wire="ZQMC", code="bad_form", raw="云石\\x80")),
    ("ZQMC", b"%ZZ", Unread(field="security_name", wire="ZQMC", code="bad_form", raw="%ZZ")),
    ("TGDY", b"39%0", Unread(field="custody_unit", wire="TGDY", code="bad_form", raw="39%0")),
    ("QSPJ", "12.3450", Unread(field="close_price_fen", wire="QSPJ", code="bad_form", raw="12.3450")),
    ("QSPJ", "12", Unread(field="close_price_fen", wire="QSPJ", code="bad_form", raw="12")),
    ("QSPJ", "-1.000", Unread(field="close_price_fen", wire="QSPJ", code="bad_form", raw="-1.000")),
    ("BZ", "新增栏目", Unread(field="#12", wire="#12", code="unknown_field", raw="新增栏目")),
    ("25", "新增行", Unread(field="25", wire="25", code="unknown_field", raw=f"25|{NUMBER}|新增行")),
])
def test_a_telling_field_that_cannot_be_read_is_kept_and_marked(wire, written, mark):
    answer = read_with(**{wire: written})
    assert len(answer.assets) == 3
    assert answer.assets[0].unread == (mark,)
    assert mark.field not in answer.assets[0].record


@pytest.mark.parametrize("written", ["", " ", "-"])
def test_a_price_that_is_not_told_is_no_price_and_no_mark(written):
    asset = read_with(QSPJ=written).assets[0]
    assert ("close_price_fen" in asset.record, asset.unread) == (False, ())


@pytest.mark.parametrize(("position", "below", "wire", "written", "code"), [
    (0, "", "ZQZH", "账户不详", "bad_form"), (0, "", "ZQDM", "977", "bad_form"), (0, "", "SC", "7", "unknown_code"), (0, "", "CYR", "", "missing"),
    (0, "", "GFXZ", "05", "unknown_code"), (0, "", "CYSL", "", "missing"), (0, "", "CYSL", "1e3", "bad_form"), (0, "", "CYSL", "99999999999999", "bad_form"),
    (0, "", "KYSL", "若干", "bad_form"), (0, "", "DJSL", "-1", "bad_form"), (0, "", "CYSL", b"2%0", "bad_form"), (0, "", "CYSL", b"20\xff", "bad_form"),
    (1, "ZY", "ZYSL", "", "missing"), (1, "ZY", "ZQR", "", "missing"), (1, "ZY", "DBJE", "80000", "bad_form"), (1, "ZY", "ZYSL", "全部", "bad_form"),
    (1, "SFBJ", "BJJG", "", "missing"), (1, "SFBJ", "BJSL", "x", "bad_form"), (2, "DJ", "DJLX", "77", "unknown_code"),
    (2, "DJ", "DJJG", b"\xff", "bad_form"), (2, "DJ", "DJSL", "全部", "bad_form"), (2, "DJ", "DJJE", "100", "bad_form"),
])
def test_a_deciding_field_that_cannot_be_read_makes_its_security_unreadable_and_no_other(position, below, wire, written, code):
    answer = read_with(position, below, **{wire: written})
    assert answer.assets == [one for index, one in enumerate(RIGHT.assets) if index != position]
    (item,) = answer.unreadable
    assert item.position == position
    mark = next(one for one in item.unread if one.wire.rpartition(".")[2] == wire)
    assert (mark.code, mark.wire) == (code, f"{below}.0.{wire}" if below else wire)


@pytest.mark.parametrize(("position", "below", "wire", "written", "code"), [
    (1, "ZY", "DJRQ", "00010101", "implausible"), (1, "ZY", "DJRQ", "20250230", "bad_form"), (1, "SFBJ", "JSRQ", "99991231", "implausible"),
    (2, "DJ", "JSRQ", "99991231", "implausible"), (2, "DJ", "LHSX", "首冻", "bad_form"), (2, "DJ", "BZ", "新增栏目", "unknown_field"),
    (1, "ZY", "BZ", "新增栏目", "unknown_field"),
])
def test_what_only_tells_of_a_pledge_a_mark_or_a_freeze_is_marked_and_it_stands(position, below, wire, written, code):
    answer = read_with(position, below, **{wire: written})
    assert (len(answer.assets), answer.unreadable) == (3, ())
    assert [one.code for one in answer.assets[position].unread] == [code]
    assert answer.assets[position].priority_rights == RIGHT.assets[position].priority_rights
    assert len(answer.assets[position].prior_measures) == len(RIGHT.assets[position].prior_measures)


@pytest.mark.parametrize(("below", "wire"), [("ZY", "DJRQ"), ("ZY", "ZYBH"), ("SFBJ", "KSRQ"), ("DJ", "DJWH"), ("DJ", "JSRQ"), ("DJ", "LHSX")])
def test_what_a_row_need_not_tell_may_be_empty(below, wire):
    answer = read_with(PLACES[below], below, **{wire: ""})
    assert len(answer.assets) == 3
    assert all(not one.unread for one in answer.assets)


def test_a_day_is_read_in_every_form_that_means_one():
    for written in ("20250618", "2025-06-18", "2025/6/18", "2025年6月18日", "20250618000000"):
        assert read_with(1, "ZY", DJRQ=written).assets[1].record["pledges"][0]["registered_on"] == "2025-06-18"


@pytest.mark.parametrize(("wire", "written"), [("KYSL", "20001"), ("DJSL", "20001")])
def test_more_available_or_frozen_than_is_held_is_a_mark_and_never_a_loss(wire, written):
    asset = read_with(**{wire: written}).assets[0]
    assert [(one.wire, one.code, one.raw) for one in asset.unread] == [(wire, "implausible", written)]


# ---- lines with more fields than they have, with fewer, and of other kinds


@pytest.mark.parametrize(("position", "below"), [(0, ""), (1, "ZY"), (1, "SFBJ"), (2, "DJ")])
def test_of_a_line_with_fewer_fields_its_item_alone_is_unreadable_and_the_line_kept(position, below):
    items = items_of_example()
    row = items[position][below][0] if below else items[position]
    del row[next(reversed([name for name, value in row.items() if isinstance(value, str)]))]
    answer = GOLDEN.read(items)
    assert answer.assets == [one for index, one in enumerate(RIGHT.assets) if index != position]
    tag = next((tag for tag, name in BELOW.items() if name == below), "20")
    assert answer.unreadable[0].position == position
    assert answer.unreadable[0].unread[0].raw.startswith(f"{tag}|{NUMBER}|")


def test_a_line_of_an_unknown_kind_takes_nothing_along():
    lines = lines_with(items_of_example(), stated=9)
    lines[4:4] = [["25", NUMBER, "新"]]
    lines[2:2] = [["25", NUMBER, "新"]]
    lines[1:1] = [["26", NUMBER, "前"]]
    answer = read(body_of(lines))
    assert [one.model_copy(update={"unread": ()}) for one in answer.assets] == list(RIGHT.assets)
    assert [[mark.wire for mark in one.unread] for one in answer.assets] == [["25"], ["25"], []]
    assert [(one.wire, one.code, one.raw) for one in answer.unread] == [("26", "unknown_field", f"26|{NUMBER}|前")]


def test_a_line_that_may_have_been_a_holding_is_unreadable_and_gives_its_pledge_to_no_other():
    lines = lines_with(items_of_example())
    lines[2][0] = "2O"
    answer = read(body_of(lines))
    assert answer.assets == [RIGHT.assets[0], RIGHT.assets[2]]
    assert (answer.unreadable[0].position, answer.unreadable[0].unread[0].raw.count("\n")) == (1, 2)


def test_a_tag_in_full_width_is_the_same_tag():
    lines = lines_with(items_of_example())
    lines[2][0] = "２０"
    assert read(body_of(lines)) == RIGHT


def test_a_pledge_below_no_holding_tells_of_something_that_is_not_listed():
    lines = lines_with(items_of_example(), stated=7)
    lines[1:1] = [line("21", {"QQDH": NUMBER, "ZQR": "银行", "ZYSL": "5"})]
    answer = read(body_of(lines))
    assert answer.assets == list(RIGHT.assets)
    assert [(one.position, one.unread[0].raw) for one in answer.unreadable] == [(0, f"21|{NUMBER}|银行|5|||")]


def test_lines_of_a_stranger_take_no_other_along():
    lines = lines_with(items_of_example())
    stranger = [["10", "stranger", "0000", "成功", "1"], [lines[1][0], "stranger", *lines[1][2:]]]
    for body in (body_of([*lines, *stranger]), body_of([*stranger, *lines])):
        answer = read(body)
        assert (answer.assets, answer.unreadable) == (RIGHT.assets, ())
        assert [(one.field, one.code, one.raw) for one in answer.unread] == [("request_no", "implausible", None)]


def test_a_holding_whose_request_number_is_gone_is_missed_and_gives_its_pledge_to_no_other():
    lines = lines_with(items_of_example())
    lines[2][1] = "20261122445302?"
    answer = read(body_of(lines))
    assert answer.assets == [RIGHT.assets[0], RIGHT.assets[2]]
    assert [(one.position, one.unread[0].wire) for one in answer.unreadable] == [(1, "20"), (None, "HS")]


def test_fields_of_nothing_at_the_end_of_a_line_are_no_fields():
    lines = lines_with(items_of_example())
    assert read(body_of([[*fields, "", " "] for fields in lines])) == RIGHT


def test_line_ends_of_another_system_are_line_ends():
    lines = lines_with(items_of_example())
    assert read(body_of([[*fields[:-1], fields[-1].encode() + b"\r"] for fields in lines])) == RIGHT


# ---- counts, duplicates, around


@pytest.mark.parametrize("stated", [5, 7, 0])
def test_a_count_that_disagrees_with_its_lines_is_an_item_that_is_not_seen(stated):
    answer = read(body_of(lines_with(items_of_example(), stated=stated)))
    assert answer.assets == RIGHT.assets
    assert [(one.position, one.unread) for one in answer.unreadable] == [
        (None, (Unread(field="count", wire="HS", code="implausible", raw=str(stated)),))]


def test_a_count_that_cannot_be_read_is_marked():
    answer = read(body_of(lines_with(items_of_example(), stated="六")))
    assert (answer.assets, answer.unreadable) == (RIGHT.assets, ())
    assert answer.unread == (Unread(field="count", wire="HS", code="bad_form", raw="六"),)


@pytest.mark.parametrize("code", ["0000", "0001"])
def test_nothing_listed_and_something_counted_is_not_nothing(code):
    answer = read(body_of([["10", NUMBER, code, "?", "2"]]))
    assert (answer.assets, len(answer.unreadable)) == ([], 1)


def test_holdings_below_a_result_that_says_there_are_none_stand_and_it_is_marked():
    lines = lines_with(items_of_example())
    lines[0][2] = "0001"
    answer = read(body_of(lines))
    assert answer.assets == RIGHT.assets
    assert answer.unread == (Unread(field="outcome", wire="JGDM", code="implausible", raw="0001"),)


@pytest.mark.parametrize(("result", "wire"), [(None, "10"), (["10", NUMBER, "0000", "6"], "10"), (["10", NUMBER, "", "成功", "6"], "JGDM"),
                                              (["10", NUMBER, b"00%0", "成功", "6"], "JGDM")])
def test_holdings_below_a_result_that_cannot_be_read_stand_and_it_is_marked(result, wire):
    lines = lines_with(items_of_example())[1:]
    answer = read(body_of(lines if result is None else [result, *lines]))
    assert (answer.assets, answer.unreadable) == (RIGHT.assets, ())
    assert [one.wire for one in answer.unread] == [wire]


def test_a_security_told_twice_in_the_same_words_counts_once_and_is_marked():
    answer = GOLDEN.read([*items_of_example(), items_of_example()[1]])
    assert [one.record for one in answer.assets] == [one.record for one in RIGHT.assets]
    assert answer.assets[1].unread == (Unread(field="securities_account", wire="ZQZH", code="implausible", raw="0445302001/000977"),)
    assert answer.unreadable == ()


def test_what_stands_around_the_lines_may_be_odd_too():
    lines = lines_with(items_of_example())
    answer = read(body_of([[*lines[0], "新"], *lines[1:]], FKSJ="昨天", JGDM="1000", JGSM="说明", BZ="新增"))
    assert (answer.assets, answer.as_of) == (RIGHT.assets, None)
    assert {(one.wire, one.code) for one in answer.unread} == {
        ("FKSJ", "bad_form"), ("JGDM", "unknown_code"), ("JGSM", "unknown_field"), ("#8", "unknown_field"), ("#4", "unknown_field")}


def test_a_first_line_that_ends_early_and_further_members_are_no_loss():
    name, text = f"{HEAD['QZ']}{HEAD['JGBM']}{HEAD['PCH']}.txt", b""
    with ZipFile(BytesIO(body_of(lines_with(items_of_example())))) as archive:
        text = archive.read(name)
    body = text[:text.rindex(b"99|")].replace(STAMP.encode() + b"||\n", STAMP.encode() + b"\n", 1)
    answer = read(zipped({name: body + f"99|7|{sha256(body).hexdigest().upper()}\n".encode(), "receipt.pdf": b"%PDF"}))
    assert answer.assets == RIGHT.assets
    assert answer.unread == (Unread(field="receipt.pdf", wire="receipt.pdf", code="unknown_field"),)


def test_a_file_that_is_whole_and_counts_its_lines_wrongly_is_read_and_marked():
    with ZipFile(BytesIO(body_of(lines_with(items_of_example())))) as archive:
        (name,), text = archive.namelist(), archive.read(archive.namelist()[0])
    answer = read(zipped({name: text.replace(b"\n99|7|", b"\n99|9|")}))
    assert (answer.assets, answer.unreadable) == (RIGHT.assets, ())
    assert answer.unread == (Unread(field="count", wire="99", code="implausible", raw="9"),)


def zipped(members):
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# ---- the mock writes oddly


def test_every_oddity_of_the_mock_is_read_as_one_item_and_harms_no_other():
    for oddity in ODDITIES:
        position = PLACES.get(oddity.at.partition(".")[0], 0)
        items = items_of_example()
        assert write_oddly([items[position]], [oddity], Random(1))
        others = [asset for index, asset in enumerate(RIGHT.assets) if index != position]
        was = became(GOLDEN.read(items), others, RIGHT.assets[position], f"{oddity.at}: {oddity.written}")
        assert was != "unreadable" or not oddity.telling


def test_the_fault_oddity_changes_one_field_of_one_holding():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    subject, _ = exchange.holder()
    command = exchange.command("query", subject)
    call = exchange.call(command)
    request = MockRequest(call.method, call.path, {}, {}, call.content)
    right = exchange.simulation.answer(exchange.desk, request)
    for seed in range(40):
        odd = exchange.simulation.answer(exchange.desk, request, odd=Random(seed))
        assert right.body != odd.body
        was, now = (exchange.read([command], one)[command.request_no] for one in (right, odd))
        assert isinstance(now, Found)
        assert len(now.assets) + len(now.unreadable) == len(was.assets)


def test_an_answer_that_lists_nothing_has_no_oddity():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    subject, holding = exchange.holder()
    control = exchange.call(exchange.order("freeze", subject, holding, quantity=100))
    nobody = next(one for one in exchange.simulation.register.subjects() if not exchange.desk.holdings(one))
    for call in (control, exchange.call(exchange.command("query", nobody))):
        right = MOCK.answer(exchange.desk, MockRequest(call.method, call.path, {}, {}, call.content))
        assert MOCK.odd(right, Random(1)) == right


def test_a_few_subjects_are_in_the_books_with_one_odd_telling_field():
    exchange = Exchange(ADAPTER, MOCK, ROW, odd_share=1.0)
    subjects = [subject for subject, _ in zip((one for one, _ in exchange.held()), range(60), strict=False)]
    answers = exchange.ask(*(exchange.command("query", one) for one in subjects[:50])).values()
    assert all(isinstance(one, Found) and one.assets and not one.unreadable for one in answers)
    assert sum(any(asset.unread for asset in one.assets) for one in answers) > 15


def test_the_mock_shares_nothing_with_the_adapter():
    own = {"examples", "mock_file", "mock_lines", "portfolio"}
    for path in Path("services/securities").glob("mock_*.py"):
        imported = {node.module for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)}
        assert {name for name in imported if name.startswith(("services.securities", "services.runtime.reading"))} <= {
            f"services.securities.{name}" for name in own}


def test_the_documents_names_are_the_mocks_names():
    lines = layout()["$defs"]
    assert {tag: len(names) + 1 for tag, names in FIELDS.items() if tag != "00"} == {tag: lines[tag]["minItems"] for tag in FIELDS if tag != "00"}


