from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.assets.vehicles import ASSET_TYPE, VehicleStatus
from contracts.control import ControlAnswer
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.outcome import REASONS
from contracts.subject import IdType
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
from services.vehicles import adapter, agency_api, demo, mock_agency
from services.vehicles.adapter import ADAPTER
from services.vehicles.examples import EXAMPLES
from services.vehicles.mock_agency import MOCK
from tests.contract.exchange import NOW, Exchange, agency_row, asked_of, other_court

ROW = agency_row("vehicles", agency="yunfu-vehicle-office", name={"zh": demo.OFFICE, "en": "Vehicle office"},
                 capabilities=("query", "seal", "renew", "release", "transfer", "status"))
NUMBER = "20261122445302000123"


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def chen(exchange):
    return exchange.simulation.register.subject(demo.DEMO_PERSON)


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


# ---- golden pairs


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_commands_are_written_as_the_example_says(example):
    assert ADAPTER.to_call(ROW, example.outgoing) == example.call


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_answer_means_what_the_example_says(example):
    asked = [asked_of(one.command) for one in example.outgoing]
    assert ADAPTER.to_answers(ROW, asked, example.response) == example.answers


@pytest.mark.parametrize("title", ["查到三辆车", "查封已生效", "在先查封", "过户"])
def test_the_mock_answers_the_demo_questions_as_the_example_says(exchange, title):
    example = next(one for one in EXAMPLES if one.title.startswith(title))
    answered = MOCK.answer(exchange.desk, MockRequest(example.call.method, example.call.path, {}, {}, example.call.content))
    assert (answered.content_type, answered.body.decode()) == (example.response.content_type, example.response.body.decode())


# ---- the truth, both ways


def test_what_many_subjects_own_arrives_as_the_register_has_it(exchange):
    subjects = list(exchange.simulation.register.subjects())[::9]
    commands = [exchange.command("query", subject) for subject in subjects]
    answers = exchange.ask(*commands)
    for command, subject in zip(commands, subjects, strict=True):
        truth, found = exchange.desk.holdings(subject), answers[command.request_no].assets
        assert [ASSET_TYPE.record.model_validate(asset.record) for asset in found] == [held.record for held in truth]
        assert [asset.priority_rights for asset in found] == [held.priority_rights for held in truth]
        assert [list(asset.prior_measures) for asset in found] == [
            list(exchange.desk.measures(held.key, subject.id_no)) for held in truth]


def test_nearly_half_of_the_people_of_the_region_own_a_vehicle(exchange):
    people = [one for one in exchange.simulation.register.subjects() if one.kind == "person" and ROW.covers(one.region_code)]
    share = sum(bool(exchange.desk.holdings(one)) for one in people) / len(people)
    assert 0.42 < share < 0.48


@pytest.mark.parametrize(("region", "prefix"), [("445300", "粤W"), ("441200", "粤H"), ("510600", "川A")])
def test_holdings_are_lawful_and_repeatable(region, prefix):
    there, again = (Exchange(ADAPTER, MOCK, agency_row("vehicles", region_code=region)) for _ in range(2))
    plates = []
    for subject in there.simulation.register.subjects():
        for held in there.desk.holdings(subject):
            plates.append(held.key)
            assert held.key == held.record.plate_no
            assert held.key.startswith(prefix)
            assert (len(held.key) == 8) == held.record.plate_type.endswith("new_energy")
            assert ("sealed" in held.record.status_codes) == bool(held.prior_measures)
            assert held.record.mortgage_flag == bool(held.priority_rights)
        assert again.desk.holdings(subject) == there.desk.holdings(subject)
    assert len(set(plates)) > len(plates) - 3


def test_the_tables_cover_the_agencys_lists():
    assert set(adapter._REASONS) | {adapter._UNSUPPORTED} == set(agency_api.Refusal.__args__) == set(mock_agency._TEXTS)
    assert set(adapter._STATES) == set(agency_api.SealState.__args__)
    assert set(adapter._SEALS) == set(agency_api.SealKind.__args__)
    assert set(adapter._MEASURES.values()) == set(agency_api.Measure.__args__)
    assert set(adapter._PLATE_KINDS) == set(agency_api.PlateKind.__args__)
    assert set(adapter._VEHICLE_KINDS) == set(agency_api.VehicleKind.__args__)
    assert set(adapter._COLOURS) == set(agency_api.Colour.__args__)
    assert set(adapter._USES) == set(agency_api.Use.__args__)
    assert set(adapter._STATUSES.values()) == set(VehicleStatus.__args__)
    assert set(adapter._ID_KINDS.values()) == set(agency_api.IdKind.__args__)
    assert set(adapter._ID_KINDS) == set(IdType.__args__)
    assert set(adapter._REASONS.values()) <= set(REASONS)


# ---- controls


def seal(exchange, debtor, held, /, action="seal", **changes):
    return exchange.order(action, debtor, held, **{"term_months": 24, **changes})


def test_a_sealed_vehicle_reads_so_and_no_longer_once_released(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    assert controlled(exchange.ask_one(first)).until_on.isoformat() == "2028-11-21"
    owned = exchange.ask_one(exchange.command("query", subject)).assets[0]
    assert owned.record["status_codes"][-1] == "sealed"
    assert [(one.kind, one.rank, one.request_no) for one in owned.prior_measures] == [("seal", 1, first.request_no)]
    release = exchange.order("release", subject, held, original_request_no=first.request_no)
    assert controlled(exchange.ask_one(release)).state == "released"
    assert "sealed" not in exchange.ask_one(exchange.command("query", subject)).assets[0].record["status_codes"]


def test_a_second_court_waits_with_rank_two_and_moves_up(exchange):
    subject, held = exchange.holder()
    first, second = seal(exchange, subject, held), seal(exchange, subject, held, **other_court())
    exchange.ask_one(first)
    waiting = controlled(exchange.ask_one(second))
    assert (waiting.state, waiting.rank, waiting.until_on) == ("waiting", 2, None)
    exchange.ask_one(exchange.order("release", subject, held, original_request_no=first.request_no))
    assert controlled(exchange.ask_one(exchange.status_of(second))).state == "in_force"


def test_a_seized_vehicle_is_detained_and_a_second_seizure_waits(exchange):
    subject, held = exchange.holder()
    assert controlled(exchange.ask_one(seal(exchange, subject, held, "seize"))).state == "in_force"
    waiting = controlled(exchange.ask_one(seal(exchange, subject, held, "seize", **other_court())))
    assert (waiting.rank, waiting.prior_measures[0].kind) == (2, "seize")
    owned = exchange.ask_one(exchange.command("query", subject)).assets[0]
    assert owned.record["status_codes"][-1] == "detained"
    assert [(one.kind, one.rank) for one in owned.prior_measures] == [("seize", 1), ("seize", 2)]


def test_a_watch_list_entry_has_no_rank_and_holds_nothing(exchange):
    subject, held = exchange.holder()
    watched = controlled(exchange.ask_one(seal(exchange, subject, held, "watchlist")))
    assert (watched.state, watched.rank) == ("in_force", None)
    sealed = controlled(exchange.ask_one(seal(exchange, subject, held, **other_court())))
    assert (sealed.state, sealed.rank) == ("in_force", 1)
    assert {one.kind for one in exchange.ask_one(exchange.command("query", subject)).assets[0].prior_measures} == {"seal", "watchlist"}


def test_a_transfer_takes_the_vehicle_off_the_debtor(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    moved = exchange.ask_one(exchange.order("transfer", subject, held, original_request_no=first.request_no))
    assert controlled(moved).state == "transferred"
    assert held.key not in {one.key for one in exchange.desk.holdings(subject)}


def test_a_renewal_names_the_new_end(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    renewed = exchange.ask_one(exchange.order("renew", subject, held, term_months=24, original_request_no=first.request_no))
    assert controlled(renewed).until_on.isoformat() == "2030-11-21"


def test_an_order_that_may_not_be_done_is_refused_in_our_words(exchange):
    subject, held = exchange.holder()
    elsewhere = {**held.record.model_dump(mode="json"), "plate_no": "粤W00000"}
    namesake = {"kind": "person", "name": "他人", "id_type": subject.id_type, "id_no": subject.id_no}
    ruling_only = [document for document in seal(exchange, subject, held).documents if document.kind == "ruling"]
    cases = {
        "document_missing": seal(exchange, subject, held, documents=ruling_only),
        "identity_mismatch": seal(exchange, subject, held, subject=namesake),
        "asset_not_found": seal(exchange, subject, held, asset=elsewhere),
        "term_over_cap": seal(exchange, subject, held, term_months=25),
        "no_original_measure": exchange.order("release", subject, held, original_request_no="none"),
        "identity_incomplete": exchange.order("transfer", subject, held, original_request_no="none", transferee=None),
    }
    assert {code: exchange.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}
    assert exchange.ask_one(exchange.command("query", subject, subject=namesake)).code == "identity_mismatch"
    assert exchange.ask_one(exchange.command("query", subject, documents=[])).code == "document_missing"


@pytest.mark.parametrize(("sent", "kind"), [(b"%PDF-1.7", Controlled), (b"%PDF-1.8", Refused)])
def test_a_document_that_was_changed_on_the_way_is_refused(exchange, chen, sent, kind):
    order = seal(exchange, chen, demo.DEMO_HOLDINGS[chen.id_no][0])
    call = ADAPTER.to_call(ROW, [Outgoing(order, contents={order.documents[0].document_id: b"%PDF-1.7"})])
    content = call.content.replace(b64encode(b"%PDF-1.7"), b64encode(sent))
    response = MOCK.answer(exchange.desk, MockRequest("POST", call.path, {}, {}, content))
    assert isinstance(exchange.read([order], response)[order.request_no], kind)


def test_an_action_the_agency_does_not_offer_is_unsupported(exchange, chen):
    held = demo.DEMO_HOLDINGS[chen.id_no][0]
    query_only = Exchange(ADAPTER, MOCK, agency_row("vehicles", capabilities=("query",)))
    for action in ("seal", "seize", "watchlist", "renew", "release", "transfer", "status"):
        with pytest.raises(AgencyUnsupported):
            query_only.call(query_only.order(action, chen, held))
    for action in ("freeze", "deduct", "pre_seal"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order(action, chen, held))
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.command("seal", chen))


# ---- answers that come later


@pytest.mark.parametrize("mode", ["automatic", "manual"])
def test_an_office_that_answers_when_asked_again_first_takes_it_in(chen, mode):
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "status", "mode": mode}))
    command, order = there.command("query", chen), seal(there, chen, demo.DEMO_HOLDINGS[chen.id_no][0])
    for one in (command, order):
        accepted = there.ask_one(one)
        assert accepted.agency_ref
        assert (accepted.ask_after_s is None) == (mode == "manual")
        assert isinstance(there.ask_one(there.status_of(one)), Accepted)
    there.clock.advance(3 * 86_400)
    assert len(there.ask_one(there.status_of(command)).assets) == 3
    assert controlled(there.ask_one(there.status_of(order))).state == "in_force"
    there.clock.advance(800 * 86_400)
    assert controlled(there.ask_one(there.status_of(order))).state == "expired"


def test_an_office_that_calls_back_gets_the_address_and_posts_the_normal_answer(chen):
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "callback"}))
    command = there.command("query", chen)
    assert isinstance(there.ask_one(command), Accepted)
    there.clock.advance(60)
    assert isinstance(there.called_back(command), Found)


def test_a_request_the_office_never_had_is_no_earlier_request(exchange, chen):
    for command in (exchange.command("query", chen), seal(exchange, chen, demo.DEMO_HOLDINGS[chen.id_no][0])):
        assert exchange.ask_one(exchange.status_of(command)).code == "no_original_measure"


# ---- faults in the agency's own words


def test_scripted_faults_read_as_what_they_are(exchange, chen):
    commands = [exchange.command("query", chen), exchange.command("query", chen)]
    assert {one.code for one in exchange.fail("refused", *commands).values()} == {"rejected_by_agency"}
    for kind in ("unknown_field", "unknown_code"):
        assert {type(one) for one in exchange.fail(kind, *commands).values()} == {OutsideProtocol}
    with pytest.raises(AgencyProtocolError):
        exchange.fail("malformed", *commands)
    with pytest.raises(AgencyUnavailable) as closed:
        exchange.fail("office_closed", *commands)
    assert closed.value.why == "office_closed"
    order = seal(exchange, chen, demo.DEMO_HOLDINGS[chen.id_no][0])
    assert exchange.fail("refused", order)[order.request_no].code == "rejected_by_agency"
    assert exchange.fail("refused", exchange.status_of(order))[order.request_no].code == "rejected_by_agency"
    assert isinstance(exchange.fail("unknown_field", order)[order.request_no], OutsideProtocol)


# ---- answers outside the document


def answers(*rows, **changes):
    return agency_api.Answers.model_construct(sj=NOW, jg=rows, **changes).model_dump_json().encode()


def read(body, *, asks="query", numbers=(NUMBER,), status=200, content_type="application/json"):
    return ADAPTER.to_answers(ROW, [Asked("task", "request", number, asks) for number in numbers], AgencyResponse(status, content_type, body))


def read_one(row, asks="query"):
    return read(answers(row), asks=asks)[NUMBER]


CAR = {"hphm": "粤WA8K21", "hpzl": "02", "clsbdh": demo.FREE.vin, "cllx": "K33", "clpp": "大众牌", "syr": "陈伟", "zt": "A", "dybj": "1",
       "csys": "A", "syxz": "A", "ccdjrq": "2019-03-05 00:00:00", "cf": [{"cflx": "1", "cfjg": "法院"}], "dy": [{"dyqr": "银行", "je": "98600.00"}]}
DONE = {"code": "0000", "qqdh": NUMBER, "hphm": "粤WA8K21", "cfzt": "1"}


def owned(**changes):
    return {"code": "0000", "qqdh": NUMBER, "sl": 1, "cl": [{**CAR, **changes}]}


def test_a_day_may_have_a_time():
    assert read_one(owned()).assets[0].record["first_registered_on"] == "2019-03-05"
    assert read_one({**DONE, "sxsj": "2026-11-22"}, asks="seal").control.effective_at.isoformat() == "2026-11-21T16:00:00+00:00"


@pytest.mark.parametrize(("letter", "word"), sorted(adapter._STATUSES.items()))
def test_every_letter_of_the_status_has_its_own_meaning(letter, word):
    assert read_one(owned(zt=f"G{letter}")).assets[0].record["status_codes"] == ["violation_unsettled", word]


@pytest.mark.parametrize("changes", [
    {"hpzl": "99"}, {"hpzl": "2"}, {"zt": ""}, {"zt": "F"}, {"zt": "KX"}, {"zt": "k"}, {"zt": "A,K"}, {"cllx": "K99"}, {"csys": "X"},
    {"syxz": "M"}, {"clsbdh": "LFV2A21J4K3000001"}, {"hphm": "WA8K21"}, {"syr": ""}, {"dybj": 1}, {"dybj": "0"}, {"xzzd": "x"},
    {"ccdjrq": "2019-02-30"}, {"ccdjrq": "20190305"}, {"ccdjrq": "2019-03-05T00:00:00"}, {"ccdjrq": 20190305}, {"ccdjrq": "2019-03-05 25:00:00"},
    {"cf": [{"cflx": "6", "cfjg": "法院"}]}, {"cf": [{"cflx": "1", "cfjg": "法院", "cfsx": "1"}]}, {"cf": [{"cflx": "1", "cfjg": "法院", "x": 1}]},
    {"dy": [{"dyqr": "银行", "je": "98600"}]}, {"dy": [{"dyqr": "银行", "je": 98600.0}]}, {"dy": [{"dyqr": "银行", "je": "-1.00"}]}, {"cf": None},
])
def test_a_vehicle_outside_the_document_concludes_nothing(changes):
    assert isinstance(read_one(owned()), Found)
    assert isinstance(read_one(owned(**changes)), OutsideProtocol)


@pytest.mark.parametrize("row", [
    {**owned(), "sl": 2}, {**owned(), "sl": "1"}, {**owned(), "sl": True}, {**owned(), "cl": []}, {**owned(), "msg": "x"}, {**owned(), "code": "1000"},
    {"code": "0000", "qqdh": NUMBER}, {"qqdh": NUMBER}, {"code": "1001", "qqdh": NUMBER}, {"code": "1001", "qqdh": NUMBER, "msg": ""},
    {"code": "0001", "qqdh": NUMBER}, {"code": "0001", "qqdh": NUMBER, "sldh": "1", "yjms": "soon"}, {"code": 0, "qqdh": NUMBER}, DONE,
])
def test_a_row_outside_the_document_concludes_nothing(row):
    assert isinstance(read_one(row), OutsideProtocol)


@pytest.mark.parametrize("changes", [{"cfzt": "0"}, {"cfsx": 1.5}, {"jsrq": "2028-11-31"}, {"xzzd": "x"}, {"hphm": "?"}, {"sl": 0}])
def test_a_control_result_outside_the_document_concludes_nothing(changes):
    assert isinstance(read_one(DONE, asks="seal"), Controlled)
    assert isinstance(read_one({**DONE, **changes}, asks="seal"), OutsideProtocol)


@pytest.mark.parametrize("state", sorted(adapter._STATES))
def test_a_documented_state_becomes_ours(state):
    assert read_one({**DONE, "cfzt": state}, asks="seal").control.state == adapter._STATES[state]


@pytest.mark.parametrize("code", sorted(adapter._REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    declined = {"code": code, "qqdh": NUMBER, "msg": "不予协助"}
    assert read_one(declined) == read_one(declined, asks="seal") == Refused(adapter._REASONS[code], "不予协助")
    assert read_one({**declined, "code": "2001"}, asks="watchlist") == Unsupported("不予协助")


def test_one_wrong_row_of_a_batch_takes_no_other_along():
    numbers = ("A1", "A2", "A3", "A4")
    rows = [{**owned(), "qqdh": "A1"}, {**owned(), "qqdh": "A2", "sl": 9}, {**owned(), "qqdh": "A4"}, {**owned(), "qqdh": "A4"}]
    found = read(answers(*rows), numbers=numbers)
    assert [type(found[number]) for number in numbers] == [Found, OutsideProtocol, OutsideProtocol, OutsideProtocol]


def trouble(code, status=200):
    return read(agency_api.Trouble.model_construct(code=code, msg="说明", sj=NOW).model_dump_json().encode(), status=status)


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b"{", b'{"code":"0000"}', b"[" * 100_000, answers(owned()) + b"}", answers(owned(), {"qqdh": "stranger"}),
    answers(owned(), {}), answers(owned(), code="0009"), answers(owned()).replace(b'"sj"', b'"sj2"'), answers(owned()).replace(b"2026-", b"26-"),
    answers(owned()).replace("粤".encode(), b"\xff"),
])
def test_a_body_outside_the_document_is_a_protocol_error(body):
    with pytest.raises(AgencyProtocolError):
        read(body)


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (400, "application/json"), (404, "application/json"), (204, "")])
def test_another_status_or_content_type_is_a_protocol_error(status, content_type):
    with pytest.raises(AgencyProtocolError):
        read(answers(owned()), status=status, content_type=content_type)


def test_an_office_that_is_closed_or_busy_is_asked_again_and_one_that_bars_us_refuses():
    for code, why in (("9002", "busy"), ("9003", "office_closed")):
        with pytest.raises(AgencyUnavailable) as unavailable:
            trouble(code)
        assert unavailable.value.why == why
    assert trouble("9004", 403)[NUMBER] == Refused("not_authorised", "说明")
    for code, status in (("9001", 400), ("9004", 200), ("9005", 200), ("9002", 400)):
        with pytest.raises(AgencyProtocolError):
            trouble(code, status)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_no_broken_body_is_more_than_a_protocol_error(at, piece):
    plain = answers(owned())
    at %= len(plain)
    try:
        answer = read(plain[:at] + piece + plain[at + len(piece):])[NUMBER]
    except AgencyProtocolError:
        return
    assert isinstance(answer, Found | OutsideProtocol | Refused | Unsupported)


def test_the_mock_says_that_it_cannot_read_what_is_no_request(exchange):
    for path, body in ((agency_api.QUERY_PATH, b"{}"), (agency_api.CONTROL_PATH, b"?"), (agency_api.QUERY_PATH, b'{"qq":[]}')):
        assert MOCK.answer(exchange.desk, MockRequest("POST", path, {}, {}, body)).status == 400
    assert MOCK.answer(exchange.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
