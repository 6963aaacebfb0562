from base64 import b64encode

import pytest

from contracts.assets.vehicles import ASSET_TYPE, PlateType, VehicleStatus
from contracts.control import ControlAnswer
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.outcome import REASONS
from contracts.subject import IdType
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    Accepted,
    Controlled,
    Found,
    Outgoing,
    OutsideProtocol,
    Refused,
)
from services.vehicles import adapter, agency_api, codes, demo, mock_agency
from services.vehicles.adapter import ADAPTER
from services.vehicles.examples import EXAMPLES
from services.vehicles.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row, asked_of, other_court

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
    people = [one for one in exchange.simulation.register.subjects() if one.kind == "person" and ROW.registers(one.region_code)]
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
    assert set(codes.REASONS) | {codes.UNSUPPORTED} == set(agency_api.Refusal.__args__) == set(mock_agency._TEXTS)
    assert set(codes.STATES) == set(agency_api.SealState.__args__)
    assert set(codes.SEALS) == set(agency_api.SealKind.__args__)
    assert set(adapter._MEASURES.values()) == set(agency_api.Measure.__args__)
    assert set(codes.PLATE_KINDS.values()) == set(PlateType.__args__)
    assert set(codes.STATUSES.values()) == set(VehicleStatus.__args__)
    assert set(adapter._ID_KINDS.values()) == set(agency_api.IdKind.__args__)
    assert set(adapter._ID_KINDS) == set(IdType.__args__)
    assert set(codes.REASONS.values()) <= set(REASONS)


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


def test_nothing_is_done_without_the_officers_cards(exchange, chen):
    order = seal(exchange, chen, demo.DEMO_HOLDINGS[chen.id_no][0])
    call = exchange.call(order)
    without = call.content.replace(b',"gwzbh":"ZX-0031"', b"")
    response = MOCK.answer(exchange.desk, MockRequest("POST", call.path, {}, {}, without))
    assert exchange.read([order], response)[order.request_no].code == "credential_missing"


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
    assert {type(one) for one in exchange.fail("unknown_code", *commands).values()} == {OutsideProtocol}
    assert all(isinstance(one, Found) and one.assets and one.unread for one in exchange.fail("unknown_field", *commands).values())
    with pytest.raises(AgencyProtocolError):
        exchange.fail("malformed", *commands)
    with pytest.raises(AgencyUnavailable) as closed:
        exchange.fail("office_closed", *commands)
    assert closed.value.why == "office_closed"
    order = seal(exchange, chen, demo.DEMO_HOLDINGS[chen.id_no][0])
    assert exchange.fail("refused", order)[order.request_no].code == "rejected_by_agency"
    assert exchange.fail("refused", exchange.status_of(order))[order.request_no].code == "rejected_by_agency"
    assert isinstance(exchange.fail("unknown_field", order)[order.request_no], OutsideProtocol)
