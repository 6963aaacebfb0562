"""An agency's own document as a judge between adapter and mock: neither is asked what the other meant. For contract tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters

from contracts.control import FOLLOW_UPS
from contracts.failures import AgencyUnsupported
from contracts.messages import Command
from services.runtime.mock.port import MockResponse
from services.runtime.port import AgencyCall
from tests.contract.exchange import Exchange, other_court
from tests.contract.suite import follow_up, whole

#: The server that each document names.
HOST = "http://agency.example"

#: Looks at one call and what was answered; raises what is outside the document.
Check = Callable[[AgencyCall, MockResponse], None]


@dataclass
class _Request:
    """A call as the validator reads it."""

    call: AgencyCall
    parameters: RequestParameters = field(default_factory=RequestParameters)
    full_url_pattern: str = ""

    def __post_init__(self) -> None:
        self.host_url, self.path, self.method = HOST, unquote(self.call.path), self.call.method.lower()
        self.body, self.content_type = self.call.content, self.call.content_type
        self.full_url_pattern = HOST + self.path


@dataclass
class _Response:
    """An answer as the validator reads it."""

    answered: MockResponse

    def __post_init__(self) -> None:
        self.data, self.status_code = self.answered.body, self.answered.status
        self.content_type, self.headers = self.answered.content_type, dict(self.answered.headers)


@cache
def openapi(path: Path) -> OpenAPI:
    """Load a document; one that is no OpenAPI 3.1 is an error by itself."""
    return OpenAPI.from_file_path(str(path))


def by_openapi(path: Path) -> Check:
    """Return the check of a JSON dialect by its OpenAPI document."""
    document = openapi(path)

    def check(call: AgencyCall, answered: MockResponse) -> None:
        request = _Request(call)
        document.validate_request(request)
        document.validate_response(request, _Response(answered))

    return check


def with_everything(command: Command) -> Command:
    """A command that says all it can say of whom it asks about."""
    more = {"nationality": "CHN", "name_as_given": f" {command.subject.name}", "former_names": ("黄大明",)}
    return command.model_copy(update={"subject": command.subject.model_copy(update=more)})


def everything_asked(exchange: Exchange, check: Check) -> int:
    """Ask an agency for all it does, and let its document judge each call and answer; return how many there were.

    What: queries of many subjects in batches and of one, a stranger, each measure with all that may follow, a second court, refusals, a status
    """
    seen = 0

    def watch(call: AgencyCall, answered: MockResponse) -> None:
        nonlocal seen
        check(call, answered)
        seen += 1

    exchange.watch = watch
    subjects = [one for one in exchange.simulation.register.subjects() if one.kind in exchange.agency.subject_kinds][::97]
    batch = exchange.agency.batch_size
    for start in range(0, len(subjects), batch):
        exchange.ask(*(exchange.command("query", one) for one in subjects[start:start + batch]))
    subject, holding = exchange.holder()
    exchange.settle(exchange.command("query", subject))
    exchange.settle(exchange.command("query", subject, documents=()))
    exchange.settle(with_everything(exchange.command("query", subject)))
    for measure in exchange.asset_type.measures:
        try:
            ordered = exchange.order(measure, subject, holding, **whole(exchange, holding))
            exchange.settle(ordered)
            exchange.settle(exchange.order(measure, subject, holding, **whole(exchange, holding), **other_court()))
            exchange.ask_one(exchange.status_of(ordered))
        except AgencyUnsupported:
            continue
        for action in FOLLOW_UPS:
            if exchange.agency.can(action) and action in exchange.asset_type.documents and exchange.desk.effect(ordered.request_no):
                exchange.settle(follow_up(exchange, action, ordered, (subject, holding)))
    return seen
