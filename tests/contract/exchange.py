"""An adapter and its mock agency, connected without a network: commands go in, answers come out. For contract tests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.case import CaseReference, Officer
from contracts.control import ControlOrder
from contracts.documents import CommandDocument
from contracts.messages import Command
from contracts.registry import asset_type
from contracts.subject import Identity
from services.runtime.mock.port import Holding, MockAgency, MockRequest, MockResponse, RegisteredSubject
from services.runtime.mock.settings import MockSettings
from services.runtime.mock.simulation import Simulation
from services.runtime.port import Accepted, Adapter, AgencyCall, AgencyResponse, Answer, Asked, Outgoing

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CAPABILITIES = ("query", "freeze", "seal", "renew", "release", "deduct", "transfer", "status")


class Clock:
    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def reset(self) -> None:
        self.at = NOW


def agency_row(asset_type_code: str, **changes: object) -> Agency:
    fields: dict[str, object] = {
        "agency": "the-agency", "name": {"zh": "协助单位", "en": "The agency"}, "asset_type": asset_type_code,
        "region_code": "445300", "channel": "p2p_local", "capabilities": CAPABILITIES, "batch_size": 50}
    return Agency.model_validate(fields | changes)


class Exchange:
    """One agency of one asset type: its adapter, its mock, the register, the ledger and a clock."""

    def __init__(self, adapter: Adapter, mock: MockAgency, agency: Agency, *, seed: int = 7, odd_share: float = 0) -> None:
        self.adapter, self.mock, self.agency, self.clock = adapter, mock, agency, Clock()
        self.asset_type: AssetType = asset_type(agency.asset_type)
        self.simulation = Simulation(MockSettings(seed=seed, odd_share=odd_share), [agency], {agency.asset_type: mock}, self.clock)
        self.desk = self.simulation.desks[agency.agency]
        self._numbers = 0
        #: which holdings `held` gives
        self.only: Callable[[Holding], bool] = lambda _holding: True
        #: looks at every right call and its answer, as the agency's document has it
        self.watch: Callable[[AgencyCall, MockResponse], None] = lambda _call, _answered: None

    def number(self) -> str:
        self._numbers += 1
        return f"20261122445302{self._numbers:06d}"

    def command(self, action: str, subject: RegisteredSubject, /, **changes: object) -> Command:
        number = self.number()
        documents = tuple(
            CommandDocument(kind=requirement[0], document_no=f"（2026）粤5302执1234号之{index}", document_id=f"sha256:{index:064x}")
            for index, requirement in enumerate(self.asset_type.documents.get(action, ()), start=1))
        fields: dict[str, object] = {
            "task_id": f"task-{number}", "request_id": "request-1", "request_no": number, "agency": self.agency.agency,
            "asset_type": self.agency.asset_type, "action": action, "documents": documents,
            "case": CaseReference(case_no="（2026）粤5302执1234号", court_code="粤5302", court_name="云浮市云城区人民法院"),
            "officer": Officer(name="李法官", work_card_no="粤5302-0031", duty_card_no="ZX-0031", phone="0766-8100000"),
            "subject": Identity(kind=subject.kind, name=subject.name, id_type=subject.id_type, id_no=subject.id_no),
            "answer_due_at": NOW + timedelta(days=3)}
        return Command.model_validate(fields | changes)

    def order(self, action: str, subject: RegisteredSubject, holding: Holding, /, **changes: object) -> Command:
        """A control command on one asset, of a measure that secures a little of it unless told otherwise."""
        control: dict[str, object] = {
            "control_id": "control-1", "measure": action, "asset": holding.record.model_dump(mode="json"),
            "term_months": 12 if action not in ("release", "deduct", "transfer") else None}
        if action == "transfer":
            control["transferee"] = {"name": "黄志强", "id_type": "resident_id", "id_no": "44530219880606003X"}
        if action in ("deduct", "freeze_and_deduct", "withdraw_income"):
            control["withdrawal_condition"] = "retirement" if self.agency.asset_type == "provident_fund" else None
            control["case_funds_account"] = {"bank": "中国农业银行云浮城区支行", "account_no": "44680001040009999", "name": "云浮市云城区人民法院"}
        command = {name: changes.pop(name) for name in ("case", "documents", "officer", "subject") if name in changes}
        return self.command(action, subject, control=ControlOrder.model_validate(control | changes), **command)

    def status_of(self, command: Command) -> Command:
        return command.model_copy(update={"action": "status", "of_action": command.action, "agency_ref": "ref"})

    def call(self, *commands: Command) -> AgencyCall:
        by_callback = self.agency.answers_by == "callback"
        return self.adapter.to_call(self.agency, [
            Outgoing(command, callback_url=f"http://127.0.0.1/{command.request_no}" if by_callback else None)
            for command in commands])

    def ask(self, *commands: Command) -> Mapping[str, Answer]:
        """Let the mock answer one call for these commands and read what it says."""
        call = self.call(*commands)
        answered = self.simulation.answer(self.desk, as_received(call))
        self.watch(call, answered)
        return self.read(commands, answered)

    def ask_one(self, command: Command) -> Answer:
        return self.ask(command)[command.request_no]

    def settle(self, command: Command) -> Answer:
        """Ask, and where the agency answers later, let time pass until it has answered."""
        answer = self.ask_one(command)
        if not isinstance(answer, Accepted):
            return answer
        self.clock.advance(3 * 86_400 if self.agency.mode == "manual" else 60)
        return self.called_back(command) if self.agency.answers_by == "callback" else self.ask_one(self.status_of(command))

    def fail(self, kind: str, *commands: Command) -> Mapping[str, Answer]:
        """Let the mock answer one call with a scripted fault."""
        return self.read(commands, self.simulation.error(self.desk, as_received(self.call(*commands)), kind))

    def read(self, commands: Sequence[Command], response: MockResponse) -> Mapping[str, Answer]:
        return self.adapter.to_answers(self.agency, [asked_of(command) for command in commands], to_response(response))

    def called_back(self, command: Command) -> Answer:
        """Read what the mock has posted by now to the address of one command."""
        posted = {kept.url: kept.response for kept in self.simulation.answers.due(self.clock.now())}
        return self.read([command], posted[f"http://127.0.0.1/{command.request_no}"])[command.request_no]

    def held(self) -> Iterator[tuple[RegisteredSubject, Holding]]:
        """What subjects of the register hold that nobody has a right in or a measure on."""
        for subject in self.simulation.register.subjects():
            for holding in filter(self.only, self.desk.holdings(subject)):
                if not self.desk.measures(holding.key, subject.id_no) and not holding.priority_rights:
                    yield subject, holding

    def holder(self) -> tuple[RegisteredSubject, Holding]:
        """Some subject of the register and something it holds that is free."""
        return next(self.held())


def asked_of(command: Command) -> Asked:
    return Asked(command.task_id, command.request_id, command.request_no, command.asks)


def as_received(call: AgencyCall) -> MockRequest:
    return MockRequest(call.method, call.path, {}, {"content-type": call.content_type, **call.headers}, call.content)


def to_response(response: MockResponse) -> AgencyResponse:
    return AgencyResponse(response.status, response.content_type, response.body)


def other_court() -> dict[str, object]:
    return {"case": CaseReference(case_no="（2026）粤5303执77号", court_code="粤5303", court_name="云浮市云安区人民法院")}
