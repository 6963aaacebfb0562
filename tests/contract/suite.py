"""What the suite over all asset types needs: one agency for each way of speaking, and questions that fit any kind."""

from collections.abc import Callable
from pathlib import Path

import orjson

from contracts.agency import Agency
from contracts.control import ControlAnswer
from contracts.failures import AgencyUnsupported
from contracts.messages import Command
from deploy.mesh import load_directory
from services.runtime.mock.port import Holding, RegisteredSubject
from services.runtime.port import Answer, Controlled, Found, Refused, Unsupported
from services.runtime.registry import adapters, mock_agencies
from tests.contract.exchange import Exchange, other_court

ASSET_TYPES = sorted(adapters())
DIRECTORY = load_directory(Path("deploy/agencies-wealth.yaml"))  # with the shipped rows
#: One agency for each way of speaking that the directory knows.
AGENCIES = list({(row.asset_type, row.dialect): row for row in reversed(DIRECTORY.agencies)}.values())
DEMO = ("445302199001010013", "91445300MA4UN0001B")


def name_of(agency: Agency) -> str:
    return f"{agency.asset_type}-{agency.dialect}"


def exchange_of(agency: Agency, **changes: object) -> Exchange:
    row = Agency.model_validate(agency.model_dump() | {"idempotent": True} | changes)
    return Exchange(adapters()[row.asset_type], mock_agencies()[row.asset_type], row)


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
            trial = Exchange(exchange.adapter, exchange.mock, exchange.agency)
            if holds(trial, command) and leaves_nothing(trial, command, (subject, holding)):
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


def leaves_nothing(trial: Exchange, first: Command, held: tuple[RegisteredSubject, Holding]) -> bool:
    """Tell whether a second court waits: a product may have paid back what its own worth does not tell of."""
    return controlled(trial.settle(second(trial, first, held))).state == "waiting"


def second(exchange: Exchange, first: Command, held: tuple[RegisteredSubject, Holding]) -> Command:
    return exchange.order(first.action, *held, **whole(exchange, held[1]), **other_court())


def controlled(answer: Answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def follow_up(exchange: Exchange, action: str, original: Command, held: tuple[RegisteredSubject, Holding], **changes: object) -> Command:
    control_no = exchange.desk.effect(original.request_no).agency_control_no
    return exchange.order(action, *held, measure=original.action, original_request_no=original.request_no,
                          original_case_no=original.case.case_no, agency_control_no=control_no, **changes)
