"""A tiny mock agency and a simulation around it, for tests of the mock agencies' common ground."""

import json
from datetime import UTC, datetime, timedelta

from contracts.agency import Agency
from contracts.assets.deposits import DepositRecord
from contracts.assets.equity import EquityRecord
from contracts.assets.securities import SecuritiesMark, SecurityRecord
from contracts.assets.vehicles import VehicleRecord
from contracts.assets.wealth_products import WealthProductRecord
from contracts.control import PriorMeasure
from contracts.identifiers import vin_check_digit
from contracts.words import Text
from services.runtime.mock.port import Holding, Later, MockResponse, Order
from services.runtime.mock.settings import MockSettings
from services.runtime.mock.simulation import Simulation

START = datetime(2026, 11, 22, 1, tzinfo=UTC)  # 09:00 in China
DEMO_PERSON, DEMO_ORGANISATION = "445302199001010013", "91445300MA4UN0001B"


class TestClock:
    __test__ = False

    def __init__(self):
        self.at = START

    def now(self):
        return self.at

    def advance(self, seconds):
        self.at += timedelta(seconds=seconds)

    def reset(self):
        self.at = START


def agency(code="bank", asset_type="deposits", **changes):
    capabilities = ("query", "freeze", "renew", "release", "deduct", "transfer", "status")
    row = {"agency": code, "name": Text(zh="机构", en="agency"), "asset_type": asset_type, "region_code": "000000",
           "channel": "c2c_national", "capabilities": capabilities, **changes}
    return Agency(**row)


def account(no="6222000000000001", balance_fen=100, available_fen=None, priors=()):
    record = DepositRecord(
        account_no=no, account_class="personal_settlement", account_status="normal", currency="CNY", balance_fen=balance_fen,
        available_balance_fen=balance_fen if available_fen is None else available_fen)
    return Holding(no, record, prior_measures=tuple(priors))


def shares(quantity=100, available=None, priors=(), marks=()):
    record = SecurityRecord(
        securities_account="A123456789", security_code="600000", security_name="浦发银行", market="shanghai", holder_name="陈伟",
        share_nature="tradable", quantity=quantity, available_quantity=quantity if available is None else available,
        frozen_quantity=0, close_price_fen=1000,
        marks=tuple(SecuritiesMark(authority="罗定市人民法院", quantity=units, from_on=START.date(), until_on=until_on) for units, until_on in marks))
    return Holding("A123456789/600000", record, prior_measures=tuple(priors))


def vehicle(priors=()):
    vin = "LSVAA49J132047371"
    record = VehicleRecord(plate_no="粤WA1234", plate_type="small", vin=vin[:8] + vin_check_digit(vin) + vin[9:], vehicle_type="轿车",
                           brand="大众", owner_name="陈伟", status_codes=("normal",), mortgage_flag=False)
    return Holding("粤WA1234", record, prior_measures=tuple(priors))


def stake(capital_fen=1000):
    record = EquityRecord(uscc=DEMO_ORGANISATION, company_name="云浮市新成石材有限公司", registration_status="in_operation",
                          holder_name="陈伟", subscribed_capital_fen=capital_fen, share_ratio="1/2")
    return Holding(DEMO_ORGANISATION, record)


def product(worth_fen=100, available_fen=None, cash_fen=0, *, account="6222000000000001", in_part=False, priors=()):
    record = WealthProductRecord(
        wealth_account="0200", product_code="A1", product_name="安享3号", product_type="fixed_income", sale_channel="own",
        cash_return_account=account, return_account_balance_fen=cash_fen, currency="CNY", units="1000.00", available_units="1000.00",
        total_value_fen=worth_fen, available_value_fen=worth_fen if available_fen is None else available_fen)
    return Holding("0200/A1", record, prior_measures=tuple(priors), in_part=in_part)


def prior(kind="freeze", **changes):
    return PriorMeasure(**{"kind": kind, "authority": "罗定市人民法院", "document_no": "（2026）粤5381执7号", **changes})


class FakeMock:
    """Holds what it is given for everyone, or for one subject; its own words: JSON with an id number, an order or a status."""

    def __init__(self, asset_type="deposits", holdings=(), only=None):
        self.asset_type, self.held, self.only, self.received = asset_type, tuple(holdings), only, 0

    def holdings(self, agency, subject, rng, shared):
        return self.held if self.only in (None, subject.id_no) else ()

    def answer(self, desk, request):
        self.received += 1
        body = json.loads(request.body or b"{}")
        url = body.pop("url", None)
        if "status" in body:
            kept = desk.answer_later(body["status"])
            return kept or MockResponse(202, b'{"state":"working"}')
        if "request_no" in body:
            effect = desk.order(order(**body))
            answered = MockResponse(body=json.dumps({"state": effect.state, "rank": effect.rank}).encode())
        else:
            subject = desk.subject(body["id_no"])
            answered = MockResponse(body=json.dumps([holding.key for holding in desk.holdings(subject)]).encode())
        if desk.agency.answers_by == "response":
            return answered
        number = body.get("number") or body["request_no"]
        return Later(MockResponse(202, b'{"state":"taken"}'), {number: answered}, {number: url} if url else {})

    def error(self, desk, request, kind):
        return MockResponse(body=f'"{kind}"'.encode())


def order(request_no="r1", action="freeze", key="6222000000000001", **changes):
    row = {"authority": "云浮市云城区人民法院", "document_no": "（2026）粤5302执1234号", "holder_id_no": DEMO_PERSON, **changes}
    return Order(request_no, action, key, **row)


def simulation(mock, *agencies, clock=None, **settings):
    rows = agencies or (agency(asset_type=mock.asset_type),)
    return Simulation(MockSettings(**settings), rows, {mock.asset_type: mock}, clock or TestClock())
