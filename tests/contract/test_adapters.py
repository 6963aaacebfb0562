"""What every adapter and its mock agency must do when asked, whatever the asset type: nothing here names one."""

from dataclasses import replace
from inspect import signature
from pathlib import Path
from random import Random

import pytest

import services
from contracts.agency import Agency
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.outcome import REASONS
from contracts.registry import asset_types
from services.runtime.mock.port import MockAgency, MockRequest
from services.runtime.port import Adapter, AgencyResponse, Found, OutsideProtocol, Refused
from services.runtime.registry import adapters, mock_agencies
from tests.contract.documents import with_everything
from tests.contract.exchange import CAPABILITIES, Exchange, as_received, asked_of, to_response
from tests.contract.suite import (
    AGENCIES,
    ASSET_TYPES,
    DEMO,
    DIRECTORY,
    assert_is_the_truth,
    exchange_of,
    name_of,
    subject_with,
)

FIVE_FILES = {"__init__.py", "adapter.py", "agency_api.py", "mock_agency.py", "examples.py"}
WRONG_BODIES = (
    b"", b"\xff\xfe\x00", b"<html><body>502 Bad Gateway</body></html>", b"{}", b"[]", b"null", b'"ok"', b"[" * 100_000,
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', b"PK\x03\x04" + b"\0" * 100,
)


@pytest.fixture(params=AGENCIES, ids=name_of)
def agency(request: pytest.FixtureRequest) -> Agency:
    return request.param


@pytest.fixture
def exchange(agency: Agency) -> Exchange:
    return exchange_of(agency, answers_by="response", mode="automatic")


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


def test_whatever_is_known_of_a_subject_an_agency_answers_as_without(exchange):
    subject = subject_with(exchange, bool)
    answer = exchange.ask_one(with_everything(exchange.command("query", subject)))
    assert_is_the_truth(exchange, subject, answer)


# ---- faults


@pytest.mark.parametrize("kind", ["unknown_code", "malformed"])
def test_an_answer_outside_the_document_concludes_nothing(exchange, kind):
    for has in (bool, lambda count: count == 0):
        command = exchange.command("query", subject_with(exchange, has))
        try:
            answer = exchange.fail(kind, command)[command.request_no]
        except AgencyProtocolError:
            continue
        assert isinstance(answer, OutsideProtocol) or answer.unreadable


def test_a_field_outside_the_document_is_marked_and_hides_nothing(exchange):
    for has in (bool, lambda count: count == 0):
        subject = subject_with(exchange, has)
        answer = (exchange.fail("unknown_field", command := exchange.command("query", subject)))[command.request_no]
        assert isinstance(answer, Found)
        assert not answer.unreadable
        assert len(answer.assets) == len(exchange.desk.holdings(subject))
        marks = [*answer.unread, *(mark for asset in answer.assets for mark in asset.unread)]
        assert "unknown_field" in {one.code for one in marks}


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


def test_the_rows_of_the_directory_name_what_the_adapters_know():
    for row in DIRECTORY.agencies:
        assert set(row.capabilities) <= set(CAPABILITIES)
        exchange = exchange_of(row)
        assert isinstance(exchange.settle(exchange.command("query", subject_with(exchange, bool))), Found)
