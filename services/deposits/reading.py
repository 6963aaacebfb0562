"""What a bank's feedback means, item by item: one that is outside the document takes no other along. Pure.

A code that is not in these tables is never given a meaning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, assert_never

from pydantic import ValidationError

from contracts.assets.deposits import AccountClass, DepositRecord
from contracts.control import ControlAnswer, ControlState, PriorityRight, PriorMeasure
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.messages import FoundAsset
from services.deposits import agency_api as wire
from services.deposits import codes
from services.runtime.port import Accepted, Answer, Asked, Controlled, Found, OutsideProtocol, Refused, Unsupported

AccountStatus = Literal["normal", "frozen", "partly_frozen", "closed", "lost", "dormant", "stop_payment"]
RightKind = Literal["mortgage", "pledge", "lien", "maximum_mortgage", "other"]
ItemT = TypeVar("ItemT", bound=wire.QueryAnswer | wire.ControlAnswer)

CURRENCIES: Mapping[codes.CurrencyCode, str] = {
    "156": "CNY", "344": "HKD", "392": "JPY", "826": "GBP", "840": "USD", "978": "EUR",
}
_CLASSES: Mapping[codes.AccountClassCode, AccountClass] = {
    "01": "personal_settlement", "02": "personal_savings", "03": "time_deposit", "04": "basic", "05": "general",
    "06": "special", "07": "temporary", "08": "acceptance_margin", "09": "letter_of_credit_margin", "10": "migrant_wage",
    "11": "social_insurance", "12": "presale_supervision", "13": "credit_card",
}
_STATUSES: Mapping[codes.AccountStatusCode, AccountStatus] = {
    "0": "normal", "1": "frozen", "2": "closed", "3": "lost", "4": "partly_frozen", "5": "dormant", "6": "stop_payment",
}
_RIGHTS: Mapping[codes.RightCode, RightKind] = {"1": "mortgage", "2": "pledge", "3": "lien", "4": "maximum_mortgage", "9": "other"}
_STANDINGS: Mapping[codes.StandingCode, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "6": "deducted", "7": "reversed",
}
#: None: the bank does not do this measure.
_REASONS: Mapping[codes.ReasonCode, str | None] = {
    "01": "document_missing", "02": "document_mismatch", "03": "credential_missing", "04": "identity_mismatch",
    "05": "identity_mismatch", "06": "identity_incomplete", "07": "not_authorised", "08": None, "09": "asset_not_found",
    "10": "asset_exempt", "11": "asset_exempt", "12": "asset_exempt", "13": "asset_exempt", "14": "asset_exempt",
    "15": "no_original_measure", "16": "term_over_cap", "17": "already_expired", "18": "quota_exceeded",
    "19": "rejected_by_agency", "20": "no_original_measure", "21": "funds_account_missing", "22": "amount_missing",
}
#: The codes of a result that say what was done.
_CODES = ("measure", "scope", "done", "standing")
#: The bank met an error of its own: it says neither what it found nor that it found nothing.
_ABNORMAL = OutsideProtocol("查询异常")
#: From so many on, where a message leaves its document is only counted.
_MOST_ERRORS = 100


def answers(
    words: wire.Words, feedback: type[wire.Feedback[ItemT]], item: type[ItemT], asked: Sequence[Asked], body: bytes,
) -> dict[str, Answer]:
    """Read a feedback.

    Shape:   an entry for each request number asked
    Raises:  AgencyProtocolError, AgencyUnavailable
    """
    read, told = _read(words, feedback, item, body)
    match read.result:
        case "0000" | "0100":
            return _by_number(asked, [*_receipts(read), *told])
        case "9001":
            raise AgencyUnavailable(read.message, retry_after_s=_seconds(read.retry_after_s), code="office_closed")
        case "9002":
            raise AgencyUnavailable(read.message, retry_after_s=_seconds(read.retry_after_s), code="busy")
        case "9003":
            raise AgencyProtocolError(f"the bank cannot read our message: {read.message}")
        case "9004":
            return {one.request_no: Refused("not_authorised", read.message) for one in asked}
        case _:
            assert_never(read.result)


def _read(
    words: wire.Words, feedback: type[wire.Feedback[ItemT]], item: type[ItemT], body: bytes,
) -> tuple[wire.Feedback[Any], Iterable[tuple[str, Answer]]]:
    """Read all at once; where something is outside the document, read the envelope and then each item by itself."""
    try:
        read = feedback.model_validate_json(body)
    except ValidationError:
        envelope = _envelope(words, body)
        return envelope, _one_by_one(item, envelope.items)
    return read, ((one.request_no, _answer(one)) for one in read.items)


def _envelope(words: wire.Words, body: bytes) -> wire.Feedback[Any]:
    try:
        return words.raw_feedback.model_validate_json(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from None  # the cause repeats what the bank said of people


def _one_by_one(item: type[ItemT], raw: Sequence[Any]) -> Iterator[tuple[str, Answer]]:
    name = item.model_fields["request_no"].alias
    for one in raw:
        request_no = one.get(name) if isinstance(one, dict) else None
        if isinstance(request_no, str):
            yield request_no, _alone(item, one)


def _alone(item: type[ItemT], one: object) -> Answer:
    try:
        read = item.model_validate(one)
    except ValidationError as error:
        return OutsideProtocol(why(error))
    return _answer(read)


def why(error: ValidationError | KeyError) -> str:
    """Say where a message leaves the document, without what it says there."""
    if isinstance(error, KeyError):
        return f"no {error}"
    if error.error_count() > _MOST_ERRORS:
        return f"{error.error_count()} times"
    first = error.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in first)[:500]


def _receipts(read: wire.Feedback[Any]) -> Iterator[tuple[str, Answer]]:
    for receipt in read.receipts:
        yield receipt.request_no, Accepted(receipt.serial, _seconds(receipt.ask_after_s))


def _seconds(text: str | None) -> float | None:
    return None if text is None else float(text)


def _by_number(asked: Sequence[Asked], told: Iterable[tuple[str, Answer]]) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for request_no, answer in told:
        found[request_no] = OutsideProtocol("answered twice in one message") if request_no in found else answer
    given = {one.request_no: found.get(one.request_no, OutsideProtocol("left out of the answer")) for one in asked}
    if all(answer is _ABNORMAL for answer in given.values()):
        raise AgencyUnavailable("查询异常")
    return given


def _answer(item: wire.QueryAnswer | wire.ControlAnswer) -> Answer:
    try:
        return _queried(item) if isinstance(item, wire.QueryAnswer) else _controlled(item)
    except ValidationError as error:
        return OutsideProtocol(why(error))


def _queried(item: wire.QueryAnswer) -> Answer:
    first = item.accounts[0]
    if isinstance(first, wire.Notice):
        return _noticed(item, first)
    accounts = [account for account in item.accounts if isinstance(account, wire.Account)]
    return Found(item.answered_at, [_asset(account) for account in accounts])


def _noticed(item: wire.QueryAnswer, notice: wire.Notice) -> Answer:
    match notice.text:
        case "查无开户信息":
            return Found(item.answered_at, [])
        case "查询异常":
            return _ABNORMAL
        case "业务审核未通过":
            assert notice.reason is not None
            return _declined(notice.reason, notice.remark)
        case _:
            assert_never(notice.text)


def _declined(reason: codes.ReasonCode, remark: str | None) -> Answer:
    code = _REASONS[reason]
    detail = f"{reason} {remark}" if remark else reason
    return Unsupported(detail) if code is None else Refused(code, detail)


def _asset(account: wire.Account) -> FoundAsset:
    record = DepositRecord(
        account_no=account.account_no, account_class=_CLASSES[account.account_class], account_tier=account.tier,
        account_status=_STATUSES[account.status], branch_name=account.branch_name, branch_code=account.branch_code,
        opened_on=account.opened_on, closed_on=account.closed_on, currency=CURRENCIES[account.currency],
        balance_fen=account.balance, available_balance_fen=account.available,
        linked_cash_account=account.linked_cash_account, remark=account.remark)
    return FoundAsset(record=record.model_dump(mode="json", exclude_none=True), prior_measures=_measures(account.measures),
                      priority_rights=_rights(account.rights))


def _measures(measures: Sequence[wire.Measure]) -> tuple[PriorMeasure, ...]:
    """Read what stands on an account; a freeze of the account itself takes all of it, whatever amount is said beside it."""
    return tuple(PriorMeasure(kind="freeze", authority=one.authority, document_no=one.document_no,
                              amount_fen=one.amount if one.mode == "2" else None, rank=int(one.rank), from_on=one.from_on, until_on=one.until_on, request_no=one.request_no)
                 for one in measures)


def _rights(rights: Sequence[wire.Right]) -> tuple[PriorityRight, ...]:
    return tuple(PriorityRight(kind=_RIGHTS[one.kind], holder=one.holder, amount_fen=one.amount) for one in rights)


def _controlled(item: wire.ControlAnswer) -> Answer:
    result = item.results[0]
    if result.reason is not None:
        return _declined(result.reason, result.remark)
    assert result.standing is not None
    control = ControlAnswer(
        state=_STANDINGS[result.standing], actual_fen=result.actual, unfunded_fen=result.over_limit,
        deducted_fen=result.deducted, rank=None if result.rank is None else int(result.rank),
        waiting_serial=result.waiting_no, agency_control_no=result.freeze_no, served_at=result.served_at,
        effective_at=result.effective_at, until_on=result.until_on, prior_measures=_measures(result.measures),
        priority_rights=_rights(result.rights), wire=_codes(result))
    return Controlled(item.answered_at, control)


def _codes(result: wire.ControlResult) -> dict[str, str]:
    said = {name: getattr(result, name) for name in _CODES}
    return {str(type(result).model_fields[name].alias): code for name, code in said.items() if code is not None}
