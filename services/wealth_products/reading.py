"""What a bank's feedback means, item by item: one that is outside the document takes no other along. Pure.

A code that is not in these tables is never given a meaning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, assert_never

from pydantic import ValidationError

from contracts.assets.wealth_products import WealthProductRecord
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.messages import FoundAsset
from services.runtime.port import Accepted, Answer, Asked, Found, OutsideProtocol, Refused
from services.wealth_products import agency_api as wire
from services.wealth_products import codes, parts

ProductType = Literal["fixed_income", "mixed", "equity", "structured_deposit", "fund", "trust", "insurance"]
ItemT = TypeVar("ItemT", bound=wire.QueryAnswer | wire.ControlAnswer)

CURRENCIES: Mapping[codes.CurrencyCode, str] = {
    "156": "CNY", "344": "HKD", "392": "JPY", "826": "GBP", "840": "USD", "978": "EUR",
}
_TYPES: Mapping[codes.ProductTypeCode, ProductType] = {
    "M101": "fixed_income", "M102": "mixed", "M103": "equity", "M201": "structured_deposit", "M301": "fund", "M401": "trust",
    "M501": "insurance",
}
_CHANNELS: Mapping[codes.ChannelCode, Literal["own", "agency_sold"]] = {"00": "own", "10": "agency_sold"}
_RESTRICTIONS: Mapping[codes.RestrictionCode, Literal["none", "closed_period", "pledged"]] = {
    "0": "none", "1": "closed_period", "2": "pledged",
}
#: The bank met an error of its own: it says neither what it found nor that it found nothing.
_ABNORMAL = OutsideProtocol("查询异常")
#: From so many on, where a message leaves its document is only counted.
_MOST_ERRORS = 100


def answers(item: type[ItemT], asked: Sequence[Asked], body: bytes) -> dict[str, Answer]:
    """Read a feedback whose items are of this kind.

    Shape:   an entry for each request number asked
    Raises:  AgencyProtocolError, AgencyUnavailable
    """
    read = _envelope(body)
    match read.result:
        case "0000" | "0100":
            return _by_number(asked, [*_receipts(read), *_one_by_one(item, read.items)])
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


def _envelope(body: bytes) -> wire.Feedback[Any]:
    try:
        return wire.Feedback[Any].model_validate_json(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from None  # the cause repeats what the bank said of people


def _one_by_one(item: type[ItemT], raw: Sequence[Any]) -> Iterator[tuple[str, Answer]]:
    for one in raw:
        request_no = one.get("BDHM") if isinstance(one, dict) else None
        if isinstance(request_no, str):
            yield request_no, _alone(item, one)


def _alone(item: type[ItemT], one: object) -> Answer:
    try:
        read = item.model_validate(one)
        return _queried(read) if isinstance(read, wire.QueryAnswer) else parts.controlled(read)
    except ValidationError as error:
        return OutsideProtocol(why(error))


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


def _queried(item: wire.QueryAnswer) -> Answer:
    first = item.products[0]
    if isinstance(first, wire.Notice):
        return _noticed(item, first)
    return Found(item.answered_at, [_asset(one) for one in item.products if isinstance(one, wire.Product)])


def _noticed(item: wire.QueryAnswer, notice: wire.Notice) -> Answer:
    match notice.text:
        case "查无金融资产信息":
            return Found(item.answered_at, [])
        case "查询异常":
            return _ABNORMAL
        case "业务审核未通过":
            assert notice.reason is not None
            return parts.declined(notice.reason, notice.remark)
        case _:
            assert_never(notice.text)


def _asset(product: wire.Product) -> FoundAsset:
    record = WealthProductRecord(
        wealth_account=product.wealth_account, product_code=product.product_code, product_name=product.name,
        product_type=_TYPES[product.product_type], sale_channel=_CHANNELS[product.channel], manager=product.manager,
        cash_return_account=product.return_account, return_account_balance_fen=product.return_account_balance,
        trade_restriction=_RESTRICTIONS[product.restriction], restriction_lifts_on=product.restriction_lifts_on,
        inception_on=product.inception_on, redemption_on=product.redemption_on, currency=CURRENCIES[product.currency],
        units=product.units, available_units=product.available_units, unit_price=product.unit_price,
        total_value_fen=product.total, available_value_fen=product.available)
    return FoundAsset(record=record.model_dump(mode="json", exclude_none=True), prior_measures=parts.measures(product.measures),
                      priority_rights=parts.rights(product.rights))
