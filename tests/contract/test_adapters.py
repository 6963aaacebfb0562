"""What every adapter and its mock agency must do, whatever the asset type: nothing here names one."""

from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from pathlib import Path
from random import Random

import orjson
import pytest
import yaml

import services
from contracts.agency import Agency
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import Command
from contracts.outcome import REASONS
from contracts.registry import asset_types
from gateway.domain.directory import parse_directory
from services.runtime.mock.port import Holding, MockAgency, MockRequest, RegisteredSubject
from services.runtime.port import (
    Accepted,
    Adapter,
    AgencyResponse,
    Answer,
    Controlled,
    Found,
    OutsideProtocol,
    Refused,
    Unsupported,
)
from services.runtime.registry import adapters, mock_agencies
from tests.contract.exchange import CAPABILITIES, Exchange, as_received, asked_of, other_court, to_response

ASSET_TYPES = sorted(adapters())
DIRECTORY = parse_directory(yaml.safe_load(Path("deploy/agencies.yaml").read_text(encoding="utf-8")))
#: One agency for each way of speaking that the directory knows.
AGENCIES = list({(row.asset_type, row.dialect): row for row in reversed(DIRECTORY.agencies)}.values())
DEMO = ("445302199001010013", "91445300MA4UN0001B")
FIVE_FILES = {"__init__.py", "adapter.py", "agency_api.py", "mock_agency.py", "examples.py"}
WRONG_BODIES = (
    b"", b"\xff\xfe\x00", b"<html><body>502 Bad Gateway</body></html>", b"{}", b"[]", b"null", b'"ok"', b"[" * 100_000,
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', b"PK\x03\x04" + b"\0" * 100,
)


def exchange_of(agency: Agency, **changes: object) -> Exchange:
    row = Agency.model_validate(agency.model_dump() | {"idempotent": True} | changes)
    return Exchange(adapters()[row.asset_type], mock_agencies()[row.asset_type], row)


@pytest.fixture(params=AGENCIES, ids=lambda row: f"{row.asset_type}-{row.dialect}")
def agency(request: pytest.FixtureRequest) -> Agency:
    return request.param


@pytest.fixture
def exchange(agency: Agency) -> Exchange:
    return exchange_of(agency, answers_by="response", mode="automatic")


def subject_with(exchange: Exchange, has: Callable[[int], bool]) -> RegisteredSubject:
    subjects = exchange.simulation.register.subjects()
    return next(one for one in subjects if one.kind in exchange.agency.subject_kinds and has(len(exchange.desk.holdings(one))))


def assert_is_the_truth(exchange: Exchange, subject: RegisteredSubject, answer: Answer) -> None:
    assert isinstance(answer, Found), answer
    truth = {holding.key: holding for holding in exchange.desk.holdings(subject)}
    found = {exchange.asset_type.key_text(asset.record): asset for asset in answer.assets}
    assert len(answer.assets) == len(found)
    assert found.keys() == truth.keys()
    for key, asset in found.items():
        orjson.dumps(asset.record)
        assert exchange.asset_type.record.model_validate(asset.record) == truth[key].record
        assert asset.priority_rights == truth[key].priority_rights
        assert list(asset.prior_measures) == list(exchange.desk.measures(key, subject.id_no))


# ---- what a folder is


def test_every_folder_has_a_contract_and_every_contract_a_folder():
    assert set(ASSET_TYPES) == set(asset_types()) == {row.asset_type for row in DIRECTORY.agencies}


@pytest.mark.parametrize("asset_type", ASSET_TYPES)
def test_a_folder_has_its_five_files(asset_type):
    folder = Path(services.__path__[0], asset_type)
    assert {file.name for file in folder.glob("*.py")} >= FIVE_FILES


@pytest.mark.parametrize("asset_type", ASSET_TYPES)
def test_adapter_and_mock_agency_fit_their_ports(asset_type):
    for port, own in ((Adapter, adapters()[asset_type]), (MockAgency, mock_agencies()[asset_type])):
        assert own.asset_type == asset_type
        for name in (name for name in vars(port) if not name.startswith("_")):
            assert list(signature(getattr(port, name)).parameters)[1:] == list(signature(getattr(own, name)).parameters)


# ---- queries


def test_what_the_demo_subjects_hold_arrives_as_the_register_has_it(exchange):
    for id_no in DEMO:
        subject = exchange.simulation.register.subject(id_no)
        if subject.kind in exchange.agency.subject_kinds:
            assert_is_the_truth(exchange, subject, exchange.ask_one(exchange.command("query", subject)))


@pytest.mark.parametrize("asset_type", ASSET_TYPES)
def test_a_demo_subject_holds_something_of_every_kind(asset_type):
    exchanges = [exchange_of(row) for row in AGENCIES if row.asset_type == asset_type]
    assert any(one.desk.holdings(one.simulation.register.subject(id_no)) for one in exchanges for id_no in DEMO)


def test_a_full_batch_arrives_as_the_register_has_it(exchange):
    everyone = list(exchange.simulation.register.subjects())[::83]
    subjects = [one for one in everyone if one.kind in exchange.agency.subject_kinds][:exchange.agency.batch_size]
    commands = [exchange.command("query", subject) for subject in subjects]
    answers = exchange.ask(*commands)
    for command, subject in zip(commands, subjects, strict=True):
        assert_is_the_truth(exchange, subject, answers[command.request_no])


def test_the_register_is_the_same_for_the_same_seed_and_key_names_the_record(exchange):
    mock, register = exchange.mock, exchange.simulation.register
    holders = 0
    for subject in list(register.subjects())[::41]:
        once, again = (mock.holdings(exchange.agency, subject, Random("a"), Random("b")) for _ in range(2))
        assert list(once) == list(again)
        holders += bool(once)
        for holding in once:
            assert holding.key == exchange.asset_type.key_text(holding.record.model_dump(mode="json"))
    assert holders


def test_who_holds_nothing_is_found_to_have_nothing(exchange):
    nobody = subject_with(exchange, lambda count: count == 0)
    answer = exchange.ask_one(exchange.command("query", nobody))
    assert isinstance(answer, Found)
    assert list(answer.assets) == []


def test_whom_the_register_does_not_know_has_nothing(exchange):
    stranger = replace(subject_with(exchange, lambda count: count == 0), name="欧阳无名", id_no="110101199003070011", kind="person",
                       id_type="resident_id")
    if "person" in exchange.agency.subject_kinds:
        answer = exchange.ask_one(exchange.command("query", stranger))
        assert isinstance(answer, Found)
        assert list(answer.assets) == []


def test_the_same_commands_make_the_same_call(exchange):
    command = exchange.command("query", subject_with(exchange, bool))
    assert exchange.call(command) == exchange.call(command)
    assert exchange.call(command).path.startswith("/")


def test_a_request_the_answer_leaves_out_is_outside_the_protocol(exchange):
    subject = subject_with(exchange, bool)
    answered, left_out = exchange.command("query", subject), exchange.command("query", subject)
    response = exchange.simulation.answer(exchange.desk, as_received(exchange.call(answered)))
    answers = exchange.adapter.to_answers(
        exchange.agency, [asked_of(answered), asked_of(left_out)], to_response(response))
    assert isinstance(answers[left_out.request_no], OutsideProtocol)
    assert isinstance(answers[answered.request_no], Found)


# ---- faults


@pytest.mark.parametrize("kind", ["unknown_field", "unknown_code", "malformed"])
def test_an_answer_outside_the_document_concludes_nothing(exchange, kind):
    for has in (bool, lambda count: count == 0):
        command = exchange.command("query", subject_with(exchange, has))
        try:
            answer = exchange.fail(kind, command)[command.request_no]
        except AgencyProtocolError:
            continue
        assert isinstance(answer, OutsideProtocol)


@pytest.mark.parametrize("kind", ["unknown_field", "unknown_code", "malformed"])
def test_a_control_answer_outside_the_document_concludes_nothing(exchange, kind):
    command, _ = hold(exchange)
    try:
        answer = exchange.fail(kind, command)[command.request_no]
    except AgencyProtocolError:
        return
    assert isinstance(answer, OutsideProtocol)


def test_a_refusal_has_one_of_our_reasons(exchange):
    command = exchange.command("query", subject_with(exchange, bool))
    refused = exchange.fail("refused", command)[command.request_no]
    assert isinstance(refused, Refused)
    assert refused.code in REASONS


def test_a_closed_office_is_asked_again(exchange):
    command = exchange.command("query", subject_with(exchange, bool))
    with pytest.raises(AgencyUnavailable) as unavailable:
        exchange.fail("office_closed", command)
    assert unavailable.value.why == "office_closed"


@pytest.mark.parametrize("body", WRONG_BODIES, ids=range(len(WRONG_BODIES)))
@pytest.mark.parametrize("content_type", ["", "text/html", "right"])
def test_a_wrong_body_concludes_nothing(exchange, body, content_type):
    command = exchange.command("query", subject_with(exchange, bool))
    right = exchange.simulation.answer(exchange.desk, as_received(exchange.call(command))).content_type
    response = AgencyResponse(200, right if content_type == "right" else content_type, body)
    try:
        answers = exchange.adapter.to_answers(exchange.agency, [asked_of(command)], response)
    except AgencyProtocolError:
        return
    assert isinstance(answers[command.request_no], OutsideProtocol)


def test_an_answer_cut_anywhere_concludes_nothing(exchange):
    command = exchange.command("query", subject_with(exchange, bool))
    right = exchange.simulation.answer(exchange.desk, as_received(exchange.call(command)))
    for length in range(0, len(right.body) - 2, max(1, len(right.body) // 60)):
        try:
            answers = exchange.read([command], replace(right, body=right.body[:length]))
        except AgencyProtocolError:
            continue
        assert isinstance(answers[command.request_no], OutsideProtocol)


def test_a_status_the_document_does_not_have_is_a_protocol_error(exchange):
    command = exchange.command("query", subject_with(exchange, bool))
    with pytest.raises(AgencyProtocolError):
        exchange.adapter.to_answers(exchange.agency, [asked_of(command)], AgencyResponse(418, "text/plain", b"short and stout"))


def test_nothing_is_concluded_from_what_another_address_says(exchange):
    response = exchange.mock.answer(exchange.desk, MockRequest("GET", "/nowhere", {}, {}, b""))
    command = exchange.command("query", subject_with(exchange, bool))
    try:
        answer = exchange.read([command], response)[command.request_no]
    except AgencyProtocolError:
        return
    assert isinstance(answer, OutsideProtocol)


# ---- controls


def whole(exchange: Exchange, holding: Holding) -> dict[str, object]:
    """How much of an asset to ask for, so that nothing is left for a second court."""
    record = holding.record
    return {
        "amount_fen": {"amount_fen": record.available_fen()}, "quantity": {"quantity": getattr(record, "quantity", None)},
    }.get(exchange.asset_type.counted_in or "", {})


def hold(exchange: Exchange) -> tuple[Command, tuple[RegisteredSubject, Holding]]:
    """A command that puts a first measure on something free, and what that is."""
    for subject, holding in exchange.held():
        if 0 in whole(exchange, holding).values():
            continue
        for measure in exchange.asset_type.measures:
            command = exchange.order(measure, subject, holding, **whole(exchange, holding))
            if holds(Exchange(exchange.adapter, exchange.mock, exchange.agency), command):
                return command, (subject, holding)
    raise AssertionError(f"nothing can be held at {exchange.agency.agency}")


def holds(trial: Exchange, command: Command) -> bool:
    """Tell whether a command puts a lasting measure on its asset, in a register of its own."""
    try:
        answer = trial.settle(command)
    except AgencyUnsupported:
        return False
    if isinstance(answer, Controlled):
        return answer.control.state == "in_force"
    assert isinstance(answer, Unsupported) or (isinstance(answer, Refused) and answer.code in ("asset_exempt", "measure_unsupported")), answer
    return False


def second(exchange: Exchange, first: Command, held: tuple[RegisteredSubject, Holding]) -> Command:
    return exchange.order(first.action, *held, **whole(exchange, held[1]), **other_court())


def controlled(answer: Answer):
    assert isinstance(answer, Controlled), answer
    return answer.control


def test_the_first_court_has_the_asset_and_the_second_waits(exchange):
    command, held = hold(exchange)
    first = controlled(exchange.ask_one(command))
    waiting = controlled(exchange.ask_one(second(exchange, command, held)))
    assert (first.state, first.rank) == ("in_force", 1)
    assert (waiting.state, waiting.rank, waiting.until_on) == ("waiting", 2, None)
    assert first.until_on is not None
    assert first.agency_control_no
    assert [one.rank for one in waiting.prior_measures] == [1]


def test_what_the_agency_confirms_is_what_its_ledger_has(exchange):
    command, _ = hold(exchange)
    control = controlled(exchange.ask_one(command))
    effect = exchange.desk.effect(command.request_no)
    assert (control.state, control.rank, control.until_on, control.agency_control_no) == (
        effect.state, effect.rank, effect.until_on, effect.agency_control_no)
    assert (control.actual_fen, control.unfunded_fen or 0, control.actual_quantity) == (
        effect.actual_fen, effect.unfunded_fen or 0, effect.quantity)


def test_asked_twice_by_one_request_number_it_acts_once(exchange):
    command, (subject, holding) = hold(exchange)
    once, again = exchange.ask_one(command), exchange.ask_one(command)
    assert controlled(once) == controlled(again)
    assert [one.request_no for one in exchange.desk.measures(holding.key, subject.id_no)] == [command.request_no]
    (effect,) = exchange.simulation.effects(exchange.agency, command.request_no, None)
    assert effect["times_received"] == 2


def test_a_measure_of_ours_is_reported_on_the_asset(exchange):
    command, (subject, _) = hold(exchange)
    exchange.ask_one(command)
    assert_is_the_truth(exchange, subject, exchange.ask_one(exchange.command("query", subject)))


def follow_up(exchange: Exchange, action: str, original: Command, held: tuple[RegisteredSubject, Holding], **changes: object) -> Command:
    control_no = exchange.desk.effect(original.request_no).agency_control_no
    return exchange.order(action, *held, measure=original.action, original_request_no=original.request_no,
                          original_case_no=original.case.case_no, agency_control_no=control_no, **changes)


def test_a_release_lets_the_next_move_up(exchange):
    command, held = hold(exchange)
    if not exchange.agency.can("release"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order("release", *held))
        return
    waits = second(exchange, command, held)
    exchange.ask_one(command)
    exchange.ask_one(waits)
    assert controlled(exchange.ask_one(follow_up(exchange, "release", command, held))).state == "released"
    moved_up = controlled(exchange.ask_one(exchange.status_of(waits)))
    assert (moved_up.state, moved_up.rank) == ("in_force", 1)
    assert moved_up.until_on is not None


def test_a_renewal_moves_the_end(exchange):
    command, held = hold(exchange)
    if not exchange.agency.can("renew"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order("renew", *held))
        return
    before = controlled(exchange.ask_one(command))
    after = controlled(exchange.ask_one(follow_up(exchange, "renew", command, held, term_months=12)))
    assert (after.state, after.until_on) == ("in_force", before.until_on.replace(year=before.until_on.year + 1))


@pytest.mark.parametrize(("action", "state"), [("deduct", "deducted"), ("transfer", "transferred")])
def test_what_leaves_the_debtor_is_no_longer_reported(exchange, action, state):
    command, held = hold(exchange)
    if not exchange.agency.can(action) or action not in exchange.asset_type.documents:
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order(action, *held))
        return
    exchange.ask_one(command)
    amounts = whole(exchange, held[1]) if action == "deduct" else {}
    assert controlled(exchange.ask_one(follow_up(exchange, action, command, held, **amounts))).state == state
    assert_is_the_truth(exchange, held[0], exchange.ask_one(exchange.command("query", held[0])))


def test_a_release_of_what_was_never_held_is_refused(exchange):
    _, held = hold(exchange)
    if exchange.agency.can("release"):
        refused = exchange.ask_one(exchange.order("release", *held, original_request_no="20200101000000000000"))
        assert isinstance(refused, Refused)
        assert refused.code == "no_original_measure"


def test_a_number_the_agency_never_received_has_no_measure(exchange):
    command, _ = hold(exchange)
    assert exchange.ask_one(exchange.status_of(command)) == Refused("no_original_measure", exchange.ask_one(
        exchange.status_of(command)).detail)
    exchange.ask_one(command)
    assert controlled(exchange.ask_one(exchange.status_of(command))).state == "in_force"


def test_nothing_is_done_without_its_documents(exchange):
    command, (subject, holding) = hold(exchange)
    refused = exchange.ask_one(command.model_copy(update={"documents": ()}))
    assert isinstance(refused, Refused)
    assert refused.code == "document_missing"
    assert not exchange.desk.measures(holding.key, subject.id_no)


def test_a_term_over_the_cap_is_refused(exchange):
    command, held = hold(exchange)
    refused = exchange.ask_one(exchange.order(command.action, *held, **whole(exchange, held[1]), term_months=61))
    assert isinstance(refused, Refused)
    assert refused.code == "term_over_cap"


def test_an_agency_that_cannot_does_not_get_the_call(agency):
    exchange = exchange_of(agency, capabilities=("query",))
    subject = subject_with(exchange, bool)
    holding = exchange.desk.holdings(subject)[0]
    for action in (*exchange.asset_type.measures, "renew", "release", "deduct", "transfer", "status"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order(action, subject, holding))


# ---- agencies that answer later


@pytest.fixture(params=["status", "callback"])
def slow(agency: Agency, request: pytest.FixtureRequest) -> Exchange:
    return exchange_of(agency, answers_by=request.param, mode="automatic", batch_size=1)


def test_an_agency_that_answers_later_first_says_that_it_has_the_request(slow):
    command = slow.command("query", subject_with(slow, bool))
    accepted = slow.ask_one(command)
    assert isinstance(accepted, Accepted)
    assert accepted.agency_ref
    assert accepted.ask_after_s is None or accepted.ask_after_s >= 0
    assert isinstance(slow.ask_one(slow.status_of(command)), Accepted)


def test_a_late_answer_to_a_query_is_the_truth(slow):
    for subject in (subject_with(slow, bool), subject_with(slow, lambda count: count == 0)):
        assert_is_the_truth(slow, subject, slow.settle(slow.command("query", subject)))


def test_a_late_answer_to_a_control_is_what_the_ledger_has(slow):
    command, held = hold(slow)
    first, waiting = slow.settle(command), slow.settle(second(slow, command, held))
    assert (controlled(first).state, controlled(first).rank) == ("in_force", 1)
    assert (controlled(waiting).state, controlled(waiting).rank) == ("waiting", 2)


def test_a_late_refusal_is_a_refusal(slow):
    command = slow.command("query", subject_with(slow, bool), documents=())
    assert slow.settle(command).code == "document_missing"


def test_a_slow_agency_that_is_broken_concludes_nothing(slow):
    for kind in ("unknown_field", "unknown_code", "malformed"):
        command = slow.command("query", subject_with(slow, bool))
        try:
            answer = slow.fail(kind, command)[command.request_no]
        except AgencyProtocolError:
            continue
        assert isinstance(answer, OutsideProtocol)


def test_a_batch_of_a_slow_agency_is_taken_in_one_by_one(agency):
    slow = exchange_of(agency, answers_by="status", mode="automatic")
    subjects = [subject_with(slow, bool), subject_with(slow, lambda count: count == 0)][:slow.agency.batch_size]
    commands = [slow.command("query", subject) for subject in subjects]
    assert {type(answer) for answer in slow.ask(*commands).values()} == {Accepted}
    slow.clock.advance(60)
    for command, subject in zip(commands, subjects, strict=True):
        assert_is_the_truth(slow, subject, slow.ask_one(slow.status_of(command)))


def test_the_rows_of_the_directory_name_what_the_adapters_know():
    for row in DIRECTORY.agencies:
        assert set(row.capabilities) <= set(CAPABILITIES)
        exchange = exchange_of(row)
        assert isinstance(exchange.settle(exchange.command("query", subject_with(exchange, bool))), Found)
