"""What of a request would reach no agency: it is refused, for nothing is taken and dropped. Pure."""

from collections.abc import Iterator, Sequence

from contracts.agency import Agency
from contracts.failures import FieldError
from gateway.domain.body import invalid
from gateway.domain.field_errors import field_error
from gateway.domain.request import RequestBody
from gateway.domain.routing import Part


def check_is_asked(body: RequestBody, parts: Sequence[Part]) -> None:
    """Refuse a request with something that none of the agencies it goes to could be asked; former names reach every one.

    Raises: Rejected 422 invalid_request
    """
    if errors := [*_transactions(body, [part.agency for part in parts]), *_nationalities(body, parts)]:
        raise invalid(errors)


def _transactions(body: RequestBody, agencies: Sequence[Agency]) -> Iterator[FieldError]:
    if body.transactions is not None and agencies and not any(one.can("transactions") for one in agencies):
        yield field_error(("transactions",), "transactions_not_answered", "所查单位均不提供账户交易明细的网络查询，请去掉该项，另行向开户银行调取",
                          "no agency that is asked answers account transactions over the network: leave this out and ask the bank itself",
                          "GET /v1/agencies: capabilities transactions")


def _nationalities(body: RequestBody, parts: Sequence[Part]) -> Iterator[FieldError]:
    asked, told = {part.subject for part in parts}, {part.subject for part in parts if part.agency.takes_nationality}
    for index, subject in enumerate(body.subjects):
        if subject.nationality is not None and index in asked - told:
            yield field_error(("subjects", index, "nationality"), "nationality_not_asked", "所查单位的接口均没有国籍一项，请去掉该项",
                              "no agency that is asked has a place for a nationality: leave this out", "GET /v1/agencies: takes_nationality")
