import zipfile
from dataclasses import replace
from io import BytesIO

import pytest

from contracts.assets.securities import ASSET_TYPE
from contracts.control import ControlAnswer
from contracts.documents import DocumentKind
from contracts.failures import AgencyUnsupported, ContractError
from contracts.outcome import REASONS
from contracts.subject import IdType
from services.runtime.mock.happenings import PledgeReleased
from services.runtime.port import (
    Controlled,
    Outgoing,
)
from services.securities import codes
from services.securities.adapter import ADAPTER
from services.securities.examples import DEMO_HOLDINGS, DEMO_PERSON, EXAMPLES
from services.securities.file import batch_no, institution, unpack
from services.securities.mock_agency import MOCK, Depository
from tests.contract.depository_document import codes_of, taken_apart
from tests.contract.exchange import Exchange, agency_row, as_received, other_court

ROW = agency_row("securities", agency="csdc", region_code="000000", channel="c2c_national")
NUMBER = "20261122445302000123"


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def demo(exchange: Exchange):
    return exchange.simulation.register.subject(DEMO_PERSON)


def test_the_mock_says_of_the_demo_person_what_the_example_says(exchange, demo):
    command = exchange.command("query", demo, request_no=NUMBER)
    response = exchange.simulation.answer(exchange.desk, as_received(exchange.call(command)))
    assert ["|".join(fields) for fields in taken_apart(response.body)["lines"]] == list(EXAMPLES[0].lines)


def test_what_many_subjects_hold_arrives_as_the_register_has_it(exchange):
    subjects = list(exchange.simulation.register.subjects())[::9]
    commands = [exchange.command("query", subject) for subject in subjects]
    answers = exchange.ask(*commands)
    holders = 0
    for command, subject in zip(commands, subjects, strict=True):
        truth = exchange.desk.holdings(subject)
        found = answers[command.request_no].assets
        holders += bool(truth)
        assert [ASSET_TYPE.record.model_validate(asset.record) for asset in found] == [held.record for held in truth]
        assert [asset.priority_rights for asset in found] == [held.priority_rights for held in truth]
        assert [asset.prior_measures for asset in found] == [held.prior_measures for held in truth]
    assert 0.14 < holders / len(subjects) < 0.26


def test_holdings_are_lawful_and_repeatable(exchange):
    for subject in list(exchange.simulation.register.subjects())[::7]:
        for held in exchange.desk.holdings(subject):
            record = held.record
            pledged = sum(pledge.quantity for pledge in record.pledges)
            assert record.quantity == record.available_quantity + record.frozen_quantity + pledged
            assert held.key == ASSET_TYPE.key_text(record.model_dump())
            assert len(held.priority_rights) == len(record.pledges)
            assert sum(one.quantity for one in held.prior_measures) == record.frozen_quantity
    assert Exchange(ADAPTER, MOCK, ROW).desk.holdings(subject) == exchange.desk.holdings(subject)


def test_the_same_commands_make_the_same_file(exchange, demo):
    command = exchange.command("query", demo)
    assert exchange.call(command) == exchange.call(command)
    call = exchange.call(command)
    assert call.path == f"/files/CXQQ{institution(ROW)}{batch_no(command.request_no)}.zip"
    assert (len(institution(ROW)), len(batch_no(command.request_no))) == (17, 30)
    assert zipfile.ZipFile(BytesIO(call.content)).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_separators_inside_a_field_arrive_as_they_were(exchange, demo):
    odd = {"name": "陈|伟%0A\n甲", "work_card_no": "1", "duty_card_no": "2"}
    content = exchange.call(exchange.command("query", demo, officer=odd)).content
    assert unpack(content).lines[0].fields[5] == taken_apart(content)["lines"][0][5] == "陈|伟%0A\n甲"


def test_rare_characters_of_names_fit_the_encoding(exchange, demo):
    subject = exchange.command("query", demo).subject.model_copy(update={"name": "𠮷田·﨟"})
    content = exchange.call(exchange.command("query", demo, subject=subject)).content
    assert unpack(content).lines[0].fields[9] == taken_apart(content)["lines"][0][9] == "𠮷田·﨟"


def test_document_content_travels_beside_the_request(exchange, demo):
    command = exchange.command("query", demo)
    document_id = command.documents[0].document_id
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={document_id: b"%PDF-1.7"})])
    file = unpack(call.content)
    member = file.lines[1].fields[5]
    assert file.attachments == {member}
    assert zipfile.ZipFile(BytesIO(call.content)).read(member) == b"%PDF-1.7"


def test_the_tables_are_those_of_the_depositorys_document():
    assert {*codes.REASONS, codes.OK, codes.NOTHING, codes.UNSUPPORTED} == codes_of("ResultCode")
    assert set(codes.REASONS.values()) <= set(REASONS)
    assert set(codes.STATES) == codes_of("30", 5) - {""}
    assert set(codes.STANDING) == codes_of("23", 2)
    assert set(codes.MARKETS) == codes_of("20", 5)
    assert set(codes.NATURES) == codes_of("20", 7)
    assert set(codes.ID_TYPES.values()) == codes_of("IdType")
    assert set(codes.ID_TYPES) == set(IdType.__args__)
    assert set(codes.DOCUMENTS.values()) == codes_of("DocumentKind")
    assert set(codes.DOCUMENTS) == set(DocumentKind.__args__)
    assert {*codes.MEASURES.values(), codes.RELEASE_WAITING} == codes_of("03", 2)


# ---- controls


def freeze(exchange, subject, holding, **changes):
    return exchange.order("freeze", subject, holding, **changes)


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def test_a_freeze_holds_the_quantity_asked(exchange):
    subject, held = exchange.holder()
    control = controlled(exchange.ask_one(freeze(exchange, subject, held, quantity=100, term_months=36)))
    assert (control.state, control.actual_quantity, control.rank) == ("in_force", 100, 1)
    assert control.until_on.isoformat() == "2029-11-21"
    assert control.served_at == control.effective_at == exchange.clock.now()
    assert control.agency_control_no
    assert control.waiting_serial is None


def test_a_second_court_waits_with_rank_two_and_a_waiting_serial(exchange):
    subject, held = exchange.holder()
    exchange.ask_one(freeze(exchange, subject, held, quantity=held.record.quantity))
    control = controlled(exchange.ask_one(freeze(exchange, subject, held, quantity=100, **other_court())))
    assert (control.state, control.rank, control.until_on) == ("waiting", 2, None)
    assert control.waiting_serial
    assert [(one.authority, one.rank, one.quantity) for one in control.prior_measures] == [
        ("云浮市云城区人民法院", 1, held.record.quantity)]


def test_a_court_gets_the_rest_and_waits_for_what_is_missing(exchange):
    subject, held = exchange.holder()
    exchange.ask_one(freeze(exchange, subject, held, quantity=held.record.quantity - 100))
    control = controlled(exchange.ask_one(freeze(exchange, subject, held, quantity=500, **other_court())))
    assert (control.state, control.actual_quantity, control.marked_quantity, control.waiting_quantity) == ("partly_in_force", 100, 0, 400)
    assert control.waiting_serial


def test_pledged_shares_are_marked(exchange, demo):
    holding = marked_half()
    exchange = with_holding(holding)
    first = freeze(exchange, demo, holding, quantity=8_000)
    control = controlled(exchange.ask_one(first))
    assert (control.state, control.rank) == ("partly_in_force", 1)
    assert split(control) == (4_000, 3_000, 1_000)
    assert control.priority_rights == holding.priority_rights
    later = controlled(exchange.ask_one(freeze(exchange, demo, holding, quantity=500, **other_court())))
    assert (later.state, later.rank, split(later)) == ("waiting", 2, (0, 0, 500))
    (asset,) = exchange.ask_one(exchange.command("query", demo)).assets
    assert [mark["quantity"] for mark in asset.record["marks"]] == [3_000, 3_000]
    exchange.simulation.happen(exchange.agency, PledgeReleased(kind="pledge_released", key=holding.key))
    control = controlled(exchange.ask_one(exchange.status_of(first)))
    assert (control.state, split(control), control.priority_rights) == ("partly_in_force", (7_000, 0, 1_000), ())


def split(control):
    return control.actual_quantity, control.marked_quantity, control.waiting_quantity


def marked_half():
    """The demo person's pledged shares, half of whose pledged units another court marked."""
    holding = DEMO_HOLDINGS[DEMO_PERSON][1]
    mark = holding.record.marks[0].model_copy(update={"quantity": 3_000})
    return replace(holding, record=holding.record.model_copy(update={"marks": (mark,)}))


def with_holding(holding):
    class One(Depository):
        def holdings(self, agency, subject, rng, shared):
            return (holding,) if subject.id_no == DEMO_PERSON else ()

    return Exchange(ADAPTER, One(), agency_row("securities"))


def test_a_released_freeze_lets_the_next_move_up(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=held.record.quantity)
    exchange.ask_one(first)
    second = freeze(exchange, subject, held, quantity=200, **other_court())
    waiting = controlled(exchange.ask_one(second))
    released = controlled(exchange.ask_one(exchange.order("release", subject, held, original_request_no=first.request_no)))
    assert released.state == "released"
    assert controlled(exchange.ask_one(exchange.status_of(second))).state == "in_force"
    assert waiting.state == "waiting"


def test_a_waiting_freeze_is_released_by_its_serial(exchange):
    subject, held = exchange.holder()
    exchange.ask_one(freeze(exchange, subject, held, quantity=held.record.quantity))
    second = freeze(exchange, subject, held, quantity=200, **other_court())
    serial = controlled(exchange.ask_one(second)).waiting_serial
    release = exchange.order("release", subject, held, original_request_no=second.request_no, waiting_serial=serial)
    assert taken_apart(exchange.call(release).content)["lines"][-1][2] == "05"
    assert controlled(exchange.ask_one(release)).state == "released"


def test_a_renewal_moves_the_end(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=100, term_months=12)
    exchange.ask_one(first)
    renewed = exchange.order("renew", subject, held, original_request_no=first.request_no, term_months=12)
    assert controlled(exchange.ask_one(renewed)).until_on.isoformat() == "2028-11-21"


def test_proceeds_are_paid_out_of_a_freeze(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=held.record.quantity)
    exchange.ask_one(first)
    amount_fen = 100 * held.record.close_price_fen
    deducted = exchange.order("deduct", subject, held, original_request_no=first.request_no, amount_fen=amount_fen)
    assert controlled(exchange.ask_one(deducted)).deducted_fen == amount_fen
    assert exchange.desk.holding(held.key, subject.id_no).record.quantity == held.record.quantity - 100


def test_a_transfer_ends_the_holding(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=held.record.quantity)
    exchange.ask_one(first)
    transferred = exchange.order("transfer", subject, held, original_request_no=first.request_no)
    assert controlled(exchange.ask_one(transferred)).state == "transferred"


def test_a_freeze_by_our_own_court_is_listed_with_its_request_number(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=100)
    exchange.ask_one(first)
    found = exchange.ask_one(exchange.command("query", subject)).assets
    mine = [one for asset in found for one in asset.prior_measures if one.request_no]
    assert [(one.request_no, one.quantity, one.rank) for one in mine] == [(first.request_no, 100, 1)]


def test_the_depository_declines_for_its_documented_reasons(exchange):
    subject, held = exchange.holder()
    query = exchange.command("query", subject)
    nobody = query.officer.model_copy(update={"duty_card_no": ""})
    namesake = query.subject.model_copy(update={"name": "张三"})
    elsewhere = held.record.model_dump(mode="json") | {"security_code": "999999"}
    cases = {
        "document_missing": exchange.command("query", subject, documents=()),
        "credential_missing": exchange.command("query", subject, officer=nobody),
        "identity_mismatch": exchange.command("query", subject, subject=namesake),
        "asset_not_found": freeze(exchange, subject, held, asset=elsewhere),
        "term_over_cap": freeze(exchange, subject, held, quantity=100, term_months=37),
        "no_original_measure": exchange.order("release", subject, held, original_request_no="none"),
        "identity_incomplete": exchange.order("transfer", subject, held, original_request_no="none", transferee=None),
        "funds_account_missing": exchange.order("deduct", subject, held, original_request_no="none", case_funds_account=None),
    }
    assert {code: exchange.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}


def test_an_action_the_agency_does_not_offer_is_unsupported(exchange, demo):
    held = DEMO_HOLDINGS[DEMO_PERSON][0]
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.order("seal", demo, held))
    query_only = Exchange(ADAPTER, MOCK, agency_row("securities", capabilities=("query",)))
    with pytest.raises(AgencyUnsupported):
        query_only.call(query_only.order("freeze", demo, held, quantity=100))


def test_a_command_that_has_no_words_of_theirs_is_our_fault(exchange):
    subject, held = exchange.holder()
    query = exchange.command("query", subject)
    poem = query.documents[0].model_copy(update={"kind": "poem"})
    nameless = exchange.order("freeze", subject, held, asset={})
    for command in (query.model_copy(update={"documents": (poem,)}), nameless, nameless.model_copy(update={"control": None})):
        with pytest.raises(ContractError):
            exchange.call(command)
