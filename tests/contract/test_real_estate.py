from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.assets.real_estate import ASSET_TYPE
from contracts.control import ControlAnswer, Transferee
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.outcome import REASONS
from contracts.subject import IdType
from services.real_estate import agency_api, demo, envelope, mock_registry, presale, presale_api, registry
from services.real_estate.adapter import ADAPTER
from services.real_estate.examples import EXAMPLES
from services.real_estate.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    Accepted,
    AgencyResponse,
    Asked,
    Controlled,
    Found,
    Outgoing,
    OutsideProtocol,
    Refused,
    Unsupported,
)
from tests.contract.exchange import NOW, Exchange, agency_row, asked_of, other_court

ROW = agency_row("real_estate", agency="yunfu-real-estate", name={"zh": "云浮市不动产登记中心", "en": "Registry"},
                 capabilities=("query", "seal", "renew", "release", "transfer", "status"))
BUREAU = agency_row("real_estate", agency="yunfu-housing-bureau", name={"zh": "云浮市住房和城乡建设局", "en": "Bureau"},
                    capabilities=("query", "seal", "status"), dialect="presale")
NUMBER = "20261122445302000123"
BOTH = pytest.mark.parametrize("row", [ROW, BUREAU], ids=lambda row: row.dialect)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def bureau() -> Exchange:
    return Exchange(ADAPTER, MOCK, BUREAU)


@pytest.fixture
def chen(exchange):
    return exchange.simulation.register.subject(demo.DEMO_PERSON)


def row_of(example):
    return ROW if example.dialect == "standard" else BUREAU


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


# ---- golden pairs


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_commands_are_written_as_the_example_says(example):
    assert ADAPTER.to_call(row_of(example), example.outgoing) == example.call


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_answer_means_what_the_example_says(example):
    asked = [asked_of(one.command) for one in example.outgoing]
    assert ADAPTER.to_answers(row_of(example), asked, example.response) == example.answers


@pytest.mark.parametrize("title", ["查到三处不动产", "查封已生效", "在先查封", "住建部门", "预查封已生效"])
def test_the_mock_answers_the_demo_questions_as_the_example_says(title):
    example = next(one for one in EXAMPLES if one.title.startswith(title))
    there = Exchange(ADAPTER, MOCK, row_of(example))
    if title == "在先查封":  # the registry numbers its seals, and this is the second
        first = next(one for one in EXAMPLES if one.title.startswith("查封已生效"))
        MOCK.answer(there.desk, MockRequest("POST", first.call.path, {}, {}, first.call.content))
    answered = MOCK.answer(there.desk, MockRequest(example.call.method, example.call.path, {}, {}, example.call.content))
    assert (answered.content_type, answered.body.decode()) == (example.response.content_type, example.response.body.decode())


def test_an_attribute_is_base64_of_gbk():
    assert envelope.encoded("陈伟") == "s8LOsA==" == b64encode("陈伟".encode("gbk")).decode()
    assert envelope.decoded(envelope.encoded("𠮷田·﨟")) == "𠮷田·﨟"


# ---- the truth, both ways


@BOTH
def test_what_many_subjects_hold_arrives_as_the_register_has_it(row):
    there = Exchange(ADAPTER, MOCK, row)
    subjects = list(there.simulation.register.subjects())[::9]
    commands = [there.command("query", subject) for subject in subjects]
    answers = there.ask(*commands)
    holders = 0
    for command, subject in zip(commands, subjects, strict=True):
        answer = answers[command.request_no]
        truth = sorted(there.desk.holdings(subject), key=lambda held: held.key)
        assets = sorted(answer.assets, key=lambda asset: asset.record["unit_code"])
        holders += bool(truth)
        assert [ASSET_TYPE.record.model_validate(asset.record) for asset in assets] == [held.record for held in truth]
        assert [asset.priority_rights for asset in assets] == [held.priority_rights for held in truth]
        assert [list(asset.prior_measures) for asset in assets] == [
            list(there.desk.measures(held.key, subject.id_no)) for held in truth]
        assert answer.as_of == there.clock.now()
    assert holders > (200 if row is ROW else 20)


def test_a_third_of_the_people_of_the_region_hold_a_home(exchange):
    people = [one for one in exchange.simulation.register.subjects() if one.kind == "person" and ROW.covers(one.region_code)]
    share = sum(bool(exchange.desk.holdings(one)) for one in people) / len(people)
    assert 0.33 < share < 0.45


def test_holdings_are_lawful_and_repeatable(exchange):
    for subject in list(exchange.simulation.register.subjects())[::7]:
        for held in exchange.desk.holdings(subject):
            assert held.key == held.record.unit_code
            assert ROW.covers(held.record.region_code)
            assert bool(held.record.co_owners) == (held.record.co_ownership != "sole")
            assert [one.rank for one in held.prior_measures] == list(range(1, len(held.prior_measures) + 1))
            assert all(one.until_on.year in (2026, 2027) for one in held.prior_measures[:1])
    assert Exchange(ADAPTER, MOCK, ROW).desk.holdings(subject) == exchange.desk.holdings(subject)


def test_registry_and_housing_bureau_record_the_same_homes_on_sale(exchange, bureau):
    subjects = list(exchange.simulation.register.subjects())[::5]
    on_sale = {held.key for one in subjects for held in exchange.desk.holdings(one) if held.record.right_type == "advance_notice"}
    assert on_sale == {held.key for one in subjects for held in bureau.desk.holdings(one)} != set()


def test_an_old_id_number_finds_the_same_person(exchange):
    old = next(one for one in exchange.simulation.register.subjects() if len(one.id_no) == 15)
    assert isinstance(exchange.ask_one(exchange.command("query", old)), Found)


def test_the_tables_cover_both_agencies_lists():
    assert set(registry._REASONS) | {registry._UNSUPPORTED} == set(agency_api.Refusal.__args__)
    assert set(registry._RIGHTS) == set(agency_api.RightKind.__args__)
    assert set(registry._STATES) == set(agency_api.SealState.__args__)
    assert set(registry._SEALS) == set(agency_api.SealKind.__args__)
    assert set(registry._MEASURES.values()) == set(agency_api.Measure.__args__)
    assert set(registry._ID_KINDS.values()) == set(agency_api.IdKind.__args__)
    assert {name for _, name in registry._RIGHTS.values()} == set(registry._LISTS)
    assert set(presale._REASONS) | {presale._UNSUPPORTED} == set(presale_api.Reason.__args__)
    assert set(presale._STATES) == set(presale_api.HoldState.__args__)
    assert set(presale._CARD_KINDS.values()) == set(presale_api.CardKind.__args__)
    assert set(registry._ID_KINDS) == set(presale._CARD_KINDS) == set(IdType.__args__)
    assert {*registry._REASONS.values(), *presale._REASONS.values()} <= set(REASONS)
    assert set(mock_registry._TEXTS) == set(agency_api.Refusal.__args__)


# ---- controls


def seal(exchange, debtor, held, /, **changes):
    return exchange.order("seal", debtor, held, **{"term_months": 36, **changes})


def test_a_first_seal_is_in_force_for_three_years(exchange):
    subject, held = exchange.holder()
    control = controlled(exchange.ask_one(seal(exchange, subject, held)))
    assert (control.state, control.rank, control.until_on.isoformat()) == ("in_force", 1, "2029-11-21")
    assert control.served_at == control.effective_at == NOW
    assert control.agency_control_no


def test_a_second_court_waits_with_rank_two(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    control = controlled(exchange.ask_one(seal(exchange, subject, held, **other_court())))
    assert (control.state, control.rank, control.until_on) == ("waiting", 2, None)
    assert [(one.authority, one.rank, one.request_no) for one in control.prior_measures] == [("云浮市云城区人民法院", 1, first.request_no)]


def test_the_seals_that_stand_are_told_to_whoever_asks(exchange, chen):
    exchange.ask_one(seal(exchange, chen, demo.DEMO_HOLDINGS["standard", chen.id_no][1]))
    shop = exchange.ask_one(exchange.command("query", chen)).assets[1]
    assert [(one.kind, one.rank) for one in shop.prior_measures] == [("seal", 1), ("seal", 2)]


def test_a_home_on_sale_is_pre_sealed(exchange, chen):
    on_sale = demo.DEMO_HOLDINGS["standard", chen.id_no][2]
    assert controlled(exchange.ask_one(seal(exchange, chen, on_sale))).state == "in_force"
    assert exchange.ask_one(exchange.command("query", chen)).assets[2].prior_measures[0].kind == "pre_seal"


def test_a_released_seal_lets_the_next_move_up(exchange):
    subject, held = exchange.holder()
    first, second = seal(exchange, subject, held), seal(exchange, subject, held, **other_court())
    exchange.ask_one(first)
    exchange.ask_one(second)
    released = exchange.ask_one(exchange.order("release", subject, held, original_request_no=first.request_no))
    assert controlled(released).state == "released"
    assert controlled(exchange.ask_one(exchange.status_of(second))).rank == 1


def test_a_renewal_names_the_new_end(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held, term_months=12)
    exchange.ask_one(first)
    renewed = exchange.ask_one(exchange.order("renew", subject, held, term_months=36, original_request_no=first.request_no))
    assert controlled(renewed).until_on.isoformat() == "2030-11-21"


def test_a_transfer_takes_the_home_off_the_debtor(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    to = Transferee(name="黄志强", id_type="resident_id", id_no="44530219880606003X")
    moved = exchange.ask_one(exchange.order("transfer", subject, held, original_request_no=first.request_no, transferee=to))
    assert controlled(moved).state == "transferred"
    assert held not in exchange.desk.holdings(subject)


def test_the_same_order_twice_acts_once(exchange):
    subject, held = exchange.holder()
    order = seal(exchange, subject, held)
    assert exchange.ask_one(order) == exchange.ask_one(order)
    assert len(exchange.desk.measures(held.key, subject.id_no)) == 1


def test_an_order_that_may_not_be_done_is_refused_in_our_words(exchange):
    subject, held = exchange.holder()
    elsewhere = {**held.record.model_dump(mode="json"), "unit_code": "445302001001GB99999F99999999"}
    namesake = {"kind": "person", "name": "他人", "id_type": subject.id_type, "id_no": subject.id_no}
    ruling_only = [document for document in seal(exchange, subject, held).documents if document.kind == "ruling"]
    cases = {
        "document_missing": seal(exchange, subject, held, documents=ruling_only),
        "identity_mismatch": seal(exchange, subject, held, subject=namesake),
        "asset_not_found": seal(exchange, subject, held, asset=elsewhere),
        "term_over_cap": seal(exchange, subject, held, term_months=37),
        "no_original_measure": exchange.order("release", subject, held, original_request_no="none"),
        "identity_incomplete": exchange.order("transfer", subject, held, original_request_no="none", transferee=None),
    }
    assert {code: exchange.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}
    assert exchange.ask_one(exchange.command("query", subject, subject=namesake)).code == "identity_mismatch"
    assert exchange.ask_one(exchange.command("query", subject, documents=[])).code == "document_missing"


def test_a_document_that_was_changed_on_the_way_is_refused(exchange):
    subject, held = exchange.holder()
    order = seal(exchange, subject, held)
    call = ADAPTER.to_call(ROW, [Outgoing(order, contents={order.documents[0].document_id: b"%PDF-1.7"})])
    spoilt = call.content.replace(b64encode(b"%PDF-1.7"), b64encode(b"%PDF-1.8"))
    for content, kind in ((call.content, Controlled), (spoilt, Refused)):
        there = Exchange(ADAPTER, MOCK, ROW)
        response = MOCK.answer(there.desk, MockRequest("POST", call.path, {}, {}, content))
        assert isinstance(there.read([order], response)[order.request_no], kind)


@pytest.mark.parametrize(("start", "kind"), [(b"%PDF-1.7", "pdf"), (b"\xff\xd8\xff\xe0", "jpg"), (b"\x89PNG\r\n", "png"),
                                             (b"PK\x03\x04", "ofd"), (b"?", "bin")])
def test_a_documents_kind_is_seen_from_its_content(exchange, chen, start, kind):
    command = exchange.command("query", chen)
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: start})])
    document = envelope.words(envelope.read(call.content).items[0])["WS"][0]
    assert (document["WJLX"], document["WSNR"]) == (kind, b64encode(start).decode())


@pytest.mark.parametrize("action", ["seal", "renew", "release", "transfer", "freeze"])
def test_the_bureau_pre_seals_and_does_no_more(bureau, chen, action):
    sold = demo.DEMO_HOLDINGS["presale", chen.id_no][0]
    with pytest.raises(AgencyUnsupported):
        bureau.call(bureau.order(action, chen, sold))
    first = bureau.order("pre_seal", chen, sold, term_months=36)
    assert controlled(bureau.ask_one(first)).state == "in_force"
    waiting = controlled(bureau.ask_one(bureau.order("pre_seal", chen, sold, term_months=36, **other_court())))
    assert (waiting.state, waiting.rank, waiting.prior_measures[0].request_no) == ("waiting", 2, first.request_no)


def test_the_bureau_refuses_in_its_own_words(bureau, chen):
    sold = demo.DEMO_HOLDINGS["presale", chen.id_no][0]
    namesake = {"kind": "person", "name": "他人", "id_type": chen.id_type, "id_no": chen.id_no}
    assert bureau.ask_one(bureau.order("pre_seal", chen, sold, term_months=37)).code == "term_over_cap"
    assert bureau.ask_one(bureau.order("pre_seal", chen, sold, documents=[])).code == "document_missing"
    assert bureau.ask_one(bureau.command("query", chen, subject=namesake)).code == "identity_mismatch"


def test_an_action_the_agency_does_not_offer_is_unsupported(exchange, chen):
    held = demo.DEMO_HOLDINGS["standard", chen.id_no][0]
    for row in (agency_row("real_estate", capabilities=("query",)), agency_row("real_estate", dialect="unheard_of")):
        with pytest.raises(AgencyUnsupported):
            ADAPTER.to_call(row, [Outgoing(exchange.order("seal", chen, held))])
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.order("deduct", chen, held))
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.command("seal", chen))


# ---- answers that come later


@pytest.mark.parametrize("row", [
    ROW.model_copy(update={"answers_by": "status"}), BUREAU.model_copy(update={"answers_by": "status", "mode": "manual"})],
    ids=lambda row: row.dialect)
def test_an_agency_that_answers_when_asked_again_first_takes_it_in(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    commands = [there.command("query", chen) for _ in range(3)]
    taken = there.ask(*commands)
    assert all(isinstance(one, Accepted) and one.agency_ref for one in taken.values())
    assert isinstance(there.ask_one(there.status_of(commands[0])), Accepted)
    there.clock.advance(3 * 86_400)
    assert len(there.ask_one(there.status_of(commands[0])).assets) == (3 if row.dialect == "standard" else 1)


def test_a_seal_that_is_confirmed_later_is_told_as_it_stands_then(chen):
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "status"}))
    home = demo.DEMO_HOLDINGS["standard", chen.id_no][0]
    order = seal(there, chen, home, term_months=1)
    assert isinstance(there.ask_one(order), Accepted)
    there.clock.advance(60)
    assert controlled(there.ask_one(there.status_of(order))).state == "in_force"
    there.clock.advance(40 * 86_400)
    assert controlled(there.ask_one(there.status_of(order))).state == "expired"


@BOTH
def test_an_agency_that_calls_back_gets_the_address_and_posts_the_normal_answer(row, chen):
    there = Exchange(ADAPTER, MOCK, row.model_copy(update={"answers_by": "callback"}))
    command = there.command("query", chen)
    assert isinstance(there.ask_one(command), Accepted)
    there.clock.advance(3 * 86_400)
    assert isinstance(there.called_back(command), Found)


@BOTH
def test_a_request_the_agency_never_had_is_no_earlier_request(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    held = demo.DEMO_HOLDINGS[row.dialect, chen.id_no][0]
    asked = there.status_of(there.order("pre_seal", chen, held))
    assert there.ask_one(asked).code == "no_original_measure"


# ---- faults in the agency's own words


@BOTH
def test_scripted_faults_read_as_what_they_are(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    commands = [there.command("query", chen), there.command("query", chen)]
    assert {one.code for one in there.fail("refused", *commands).values()} == {"rejected_by_agency"}
    for kind in ("unknown_field", "unknown_code"):
        assert {type(one) for one in there.fail(kind, *commands).values()} == {OutsideProtocol}
    with pytest.raises(AgencyProtocolError):
        there.fail("malformed", *commands)
    with pytest.raises(AgencyUnavailable) as closed:
        there.fail("office_closed", *commands)
    assert closed.value.why == "office_closed"
    held = demo.DEMO_HOLDINGS[row.dialect, chen.id_no][0]
    order = there.order("pre_seal", chen, held)
    assert there.fail("refused", order)[order.request_no].code == "rejected_by_agency"
    assert isinstance(there.fail("unknown_code", order)[order.request_no], OutsideProtocol)
    assert there.fail("refused", there.status_of(order))[order.request_no].code == "rejected_by_agency"


# ---- the registry's answers outside its document


def soap(*items, operation="cxBdcQLResponse", code="0000", head=None):
    marked = {"CREATETIME": "20261122170000", "RESPONSECODE": code, "RESPONSEINFO": "说明"} if head is None else head
    return envelope.write(operation, items, marked)


def read(body, *, asks="query", numbers=(NUMBER,), status=200, content_type=envelope.CONTENT_TYPE, row=ROW):
    asked = [Asked("task", "request", number, asks) for number in numbers]
    return ADAPTER.to_answers(row, asked, AgencyResponse(status, content_type, body))


RIGHT = {"BDCDYH": demo.HOME.unit_code, "QLLX": "4", "QSZT": "1", "ZL": "坐落", "QLR": "陈伟", "GYFS": "0", "DJJG": "登记机构",
         "QXDM": "445302", "PGJ": "76.432500", "JZMJ": "118.50", "JGSJ": "20170618"}
MORTGAGE = {"BDCDYH": demo.HOME.unit_code, "DYQR": "银行", "DYFS": "1"}
SEAL = {"BDCDYH": demo.HOME.unit_code, "CFLX": "1", "CFJG": "法院"}


def rights(**changes):
    words = {"RESULT": "0000", "BDHM": NUMBER, "FKSJ": "20261122170000", "JGS": "1", "FDCQ": [RIGHT], "DYAQ": [MORTGAGE], "CFDJ": [SEAL]}
    return "CXFK", {**words, **changes}


def one_of(item, **how):
    return read(soap(item, **how), **({"asks": how["asks"]} if "asks" in how else {}))[NUMBER]


def test_the_plain_answer_is_read():
    assert isinstance(read(soap(rights()))[NUMBER], Found)


@pytest.mark.parametrize("changes", [
    {"QLLX": "77"}, {"QSZT": "9"}, {"GYFS": "4"}, {"BDCDYH": "445302"}, {"QLLX": "3"}, {"PGJ": "1.1234567"}, {"PGJ": "-1"},
    {"PGJ": "1e3"}, {"PGJ": "1_0"}, {"PGJ": "十"}, {"JZMJ": "1.234"}, {"JZMJ": "nan"}, {"JZMJ": "-1"}, {"JGSJ": "20170631"},
    {"JGSJ": "2017-06-18"}, {"ZCS": "0"}, {"ZCS": "+1"}, {"QLBL": "3/2"}, {"QLBL": "0"}, {"QXDM": "4453"}, {"QLR": ""}, {"NEW": "x"},
    {"ZCS": "１８"}, {"GYR": [{"XM": "甲", "NEW": "x"}]}, {"GYR": [{"XM": "甲", "ZJZL": "0"}]},
])
def test_a_right_outside_the_document_concludes_nothing(changes):
    assert isinstance(read(soap(rights(FDCQ=[{**RIGHT, **changes}])))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize("changes", [
    {"JGS": "2"}, {"JGS": "0"}, {"FDCQ": [RIGHT, RIGHT]}, {"FDCQ": []}, {"DYAQ": [{**MORTGAGE, "DYFS": "3"}]},
    {"DYAQ": [{**MORTGAGE, "BDCDYH": demo.SHOP.unit_code}]}, {"CFDJ": [{**SEAL, "BDCDYH": demo.SHOP.unit_code}]},
    {"CFDJ": [{**SEAL, "CFLX": "6"}]}, {"CFDJ": [{**SEAL, "CFQSSJ": "2024"}]}, {"RESULT": "0002"}, {"FKSJ": "20261122"},
    {"FKSJ": "20261122250000"}, {"XGDJ": [{}]}, {"MESSAGE": "x"},
])
def test_rows_that_do_not_fit_together_conclude_nothing(changes):
    assert isinstance(read(soap(rights(**changes)))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize("words", [
    {"RESULT": "2040", "CWDM": "07", "MESSAGE": "x"}, {"RESULT": "2040", "MESSAGE": "x"}, {"RESULT": "2040", "CWDM": "01", "MESSAGE": ""},
    {"RESULT": "0001"}, {"RESULT": "0001", "SLBH": "1", "YJSC": "soon"}, {},
])
def test_a_refusal_or_receipt_outside_the_document_concludes_nothing(words):
    item = "CXFK", {"BDHM": NUMBER, "FKSJ": "20261122170000", **words}
    assert isinstance(read(soap(item))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize("changes", [{"CFZT": "8"}, {"KZZT": "3"}, {"CFSX": "一"}, {"CSJSRQ": "20291131"}, {"NEW": "x"}, {"KZZT": "2"}])
def test_a_control_result_outside_the_document_concludes_nothing(changes):
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": "1"}
    answer = read(soap(("KZFK", done), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert answer.control.state == "in_force"
    answer = read(soap(("KZFK", {**done, **changes}), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert isinstance(answer, OutsideProtocol)


@pytest.mark.parametrize("code", sorted(registry._REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    words = {"RESULT": "2040", "BDHM": NUMBER, "FKSJ": "20261122170000", "CWDM": code, "MESSAGE": "不予协助"}
    not_done = {"RESULT": "0000", "KZZT": "2", "BDHM": NUMBER, "FKSJ": "20261122170000", "CWDM": code, "WNKZYY": "不予协助"}
    refused = Refused(registry._REASONS[code], "不予协助")
    assert read(soap(("CXFK", words)))[NUMBER] == refused
    for item in (words, not_done):
        assert read(soap(("KZFK", item), operation="kzBdcQLResponse"), asks="seal")[NUMBER] == refused
        unsupported = read(soap(("KZFK", {**item, "CWDM": "11"}), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
        assert unsupported == Unsupported("不予协助")


@pytest.mark.parametrize("state", sorted(registry._STATES))
def test_a_documented_state_becomes_ours(state):
    done = {"RESULT": "0000", "KZZT": "1", "BDHM": NUMBER, "FKSJ": "20261122170000", "BDCDYH": demo.HOME.unit_code, "CFZT": state}
    answer = read(soap(("KZFK", done), operation="kzBdcQLResponse"), asks="seal")[NUMBER]
    assert answer.control.state == registry._STATES[state]


def test_one_wrong_item_of_a_batch_takes_no_other_along():
    numbers = ("A1", "A2", "A3", "A4")
    items = [rights(BDHM="A1"), rights(BDHM="A2", JGS="7"), rights(BDHM="A4"), rights(BDHM="A4")]
    answers = read(soap(*items), numbers=numbers)
    assert [type(answers[number]) for number in numbers] == [Found, OutsideProtocol, OutsideProtocol, OutsideProtocol]


def test_an_attribute_that_is_not_base64_of_gbk_harms_its_item_only():
    body = soap(rights(), rights(BDHM="B"))
    for spoilt in (b"MQ", b"!!!!", b"gYGB/w=="):
        answers = read(body.replace(b'JGS="MQ=="', b'JGS="' + spoilt + b'"', 1), numbers=(NUMBER, "B"))
        assert [type(answers[number]) for number in (NUMBER, "B")] == [OutsideProtocol, Found]


PLAIN = soap(rights())


@pytest.mark.parametrize("body", [
    b"", b"not xml", PLAIN[:-40], PLAIN + b"x", soap(rights(), rights(BDHM="stranger")), soap(("CXXX", rights()[1])),
    soap(rights(), operation="kzBdcQLResponse"), soap(rights(), code="1234"), soap(rights(), code="9001"), soap(rights(), head={}),
    soap(rights(), head={"CREATETIME": "x", "RESPONSECODE": "0000", "RESPONSEINFO": ""}), envelope.write("cxBdcQLResponse", [rights()]),
    PLAIN.replace(b"<soap:Body>", b"<soap:Body>text"), PLAIN.replace(b"<HEAD", b"<HEADER"), PLAIN.replace(b"soap:Envelope", b"soap:Letter"),
    PLAIN.replace(b"<CXFK", b"<CXFK/><CXFK"), PLAIN.replace(b"encoding='UTF-8'", b"encoding='x-unknown'"),
    PLAIN.replace(b"encoding='UTF-8'", b"encoding='GBK'"), PLAIN.replace(b"?>", b"?><!DOCTYPE a>", 1),
    PLAIN.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x "y">]>', 1), PLAIN.replace(b"</soap:Body>", b"</soap:Body><soap:Body/>"),
    PLAIN.replace(b"<bdc:cxBdcQLResponse>", b"<bdc:cxBdcQLResponse a='1'>"), b"<a>" * 2000 + b"</a>" * 2000,
])
def test_an_envelope_outside_the_document_is_a_protocol_error(body):
    with pytest.raises(AgencyProtocolError):
        read(body)


def test_stray_text_and_deep_nesting_inside_an_item_conclude_nothing():
    deep = b"<GYR>" * 9 + b"</GYR>" * 9
    for inside in (b"text", deep, b"<RESULT/>"):
        assert isinstance(read(PLAIN.replace(b"<FDCQ", inside + b"<FDCQ"))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (404, envelope.CONTENT_TYPE), (204, ""), (200, "application/json")])
@BOTH
def test_another_status_or_content_type_is_a_protocol_error(row, status, content_type):
    if (status, content_type) == (200, "application/json") and row is BUREAU:
        return
    body = PLAIN if row is ROW else b'{"status":"ok","at":"2026-11-22 17:00","replies":[]}'
    with pytest.raises(AgencyProtocolError):
        read(body, status=status, content_type=content_type, row=row)


def test_a_registry_that_is_closed_or_busy_is_asked_again_and_one_that_bars_us_refuses():
    for code, why in (("9002", "busy"), ("9003", "office_closed")):
        with pytest.raises(AgencyUnavailable) as unavailable:
            read(soap(code=code))
        assert unavailable.value.why == why
    assert read(soap(code="9004"))[NUMBER] == Refused("not_authorised", "说明")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_no_broken_envelope_is_more_than_a_protocol_error(at, piece):
    at %= len(PLAIN)
    spoilt = PLAIN[:at] + piece + PLAIN[at + len(piece):]
    try:
        answer = read(spoilt)[NUMBER]
    except AgencyProtocolError:
        return
    assert isinstance(answer, Found | OutsideProtocol)


def test_the_mock_says_that_it_cannot_read_what_is_no_request(exchange):
    item = ("CXQQ", {"BDHM": "1"})
    for body in (b"?", soap(item, operation="cxBdcQL"), soap(operation="cxBdcQL"), soap(item, operation="other"), soap(("X", {}), operation="cxZt")):
        response = MOCK.answer(exchange.desk, MockRequest("POST", "/services/bdcck", {}, {}, body))
        assert envelope.read(response.body).head["RESPONSECODE"] == "9001"


# ---- the bureau's answers outside its document


def replies(*items, status="ok"):
    return presale_api.Replies.model_construct(status=status, at=NOW, replies=items).model_dump_json().encode()


def filed(**changes):
    contract = {"filing_no": "备1", "house_code": demo.SOLD.unit_code, "address": "某处", "district": "445303", "state": "filed",
                "buyer": "陈伟", "holding": "alone", "area": 89.06, "filed_with": "住建局", **changes}
    return {"result": "contracts", "ticket": NUMBER, "contracts": [contract]}


def read_reply(*items, asks="query"):
    return read(replies(*items), asks=asks, row=BUREAU, content_type="application/json")[NUMBER]


@pytest.mark.parametrize("changes", [
    {"state": "sold"}, {"holding": "x"}, {"house_code": "1"}, {"area": "89.06"}, {"area": -1}, {"floors": 0}, {"floors": True}, {"new": 1},
    {"share": "2"}, {"district": "44"}, {"buyer": ""}, {"holds": [{"kind": "lien", "by": "法院"}]},
    {"holds": [{"kind": "seal", "by": "法院", "until": "2026-02-30"}]}, {"holds": [{"kind": "seal", "by": "法院", "until": 1}]},
    {"loans": [{"bank": "银行", "kind": "mortgage", "amount": "1.5"}]}, {"loans": [{"bank": "银行", "kind": "mortgage", "amount": 1.5}]},
])
def test_a_contract_outside_the_document_concludes_nothing(changes):
    assert isinstance(read_reply(filed()), Found)
    assert isinstance(read_reply(filed(**changes)), OutsideProtocol)


@pytest.mark.parametrize("reply", [
    {"result": "contracts", "ticket": NUMBER, "contracts": []}, {"result": "maybe", "ticket": NUMBER}, {"ticket": NUMBER},
    {"result": "declined", "ticket": NUMBER, "reason": "mood", "note": "x"}, {"result": "nothing", "ticket": NUMBER, "new": 1},
    {"result": "held", "ticket": NUMBER, "house_code": demo.SOLD.unit_code, "state": "holding"},
])
def test_a_reply_outside_the_document_concludes_nothing(reply):
    assert isinstance(read_reply(reply), OutsideProtocol)


@pytest.mark.parametrize("reason", sorted(presale._REASONS))
def test_a_documented_reason_of_the_bureau_becomes_ours(reason):
    declined = {"result": "declined", "ticket": NUMBER, "reason": reason, "note": "不予办理"}
    assert read_reply(declined) == read_reply(declined, asks="pre_seal") == Refused(presale._REASONS[reason], "不予办理")
    assert read_reply({**declined, "reason": "not_done_here"}) == Unsupported("不予办理")


def test_replies_left_out_given_twice_or_to_a_stranger():
    assert read_reply({"result": "nothing", "ticket": NUMBER}) == Found(NOW, [])
    assert isinstance(read_reply(), OutsideProtocol)
    assert isinstance(read_reply(filed(), filed()), OutsideProtocol)
    for body in (b"", b"[]", b"{", b'{"status":"ok"}', b'{"status":"trouble","at":"2026-11-22 17:00","trouble":"unreadable","note":"x"}',
                 b'{"status":"trouble","at":"2026-11-22 17:00","trouble":"fire","note":"x"}', replies({"ticket": "other"}), b"[" * 100_000,
                 replies() + b"}"):
        with pytest.raises(AgencyProtocolError):
            read(body, row=BUREAU, content_type="application/json")


def test_a_bureau_that_is_busy_is_asked_again_and_one_that_bars_us_refuses(bureau):
    body = b'{"status":"trouble","at":"2026-11-22 17:00","trouble":"busy","note":"x"}'
    with pytest.raises(AgencyUnavailable):
        read(body, row=BUREAU, content_type="application/json")
    barred = read(body.replace(b"busy", b"no_access"), row=BUREAU, content_type="application/json")
    assert barred[NUMBER] == Refused("not_authorised", "x")
    response = MOCK.answer(bureau.desk, MockRequest("POST", presale_api.QUERY_PATH, {}, {}, b"{}"))
    assert b"unreadable" in response.body
    assert MOCK.answer(bureau.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
