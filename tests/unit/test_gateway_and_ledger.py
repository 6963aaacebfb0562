"""The gateway's machine and the mock agencies' ledger obey the law apart from each other; driven together they must agree.

Whatever courts order, time brings and agencies tell without being asked for it, both sides end in the same state, rank, end,
amounts and quantities. What an agency says of units and amounts adds up every time.
"""

import atexit
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clock import china_date
from contracts.control import FINAL_STATES
from contracts.failures import StateError
from contracts.messages import Command
from gateway.domain.answers import meaning_of
from gateway.domain.control import HELD, LIVE, MAY_ASK, Control, apply, asked, units_held
from gateway.domain.control_events import Converted, Refused, Sent, SurplusSettled, TermEnded
from gateway.domain.follow_up import Step, narrowed, renewal_end
from gateway.domain.quota import adds_up
from gateway.domain.reconciliation import Known, by_status
from gateway.domain.status_answers import news, told
from services.runtime.answers import evidence_of, to_reply
from services.runtime.mock.happenings import Inflow, PledgeReleased, Reversal
from services.runtime.registry import adapters, mock_agencies
from services.securities.examples import DEMO_HOLDINGS, DEMO_PERSON
from services.securities.mock_agency import Depository
from services.wealth_products.mock_agency import Banks
from tests.contract.exchange import Exchange, agency_row, asked_of, other_court

#: What courts order on each kind of asset; the longest term in months.
MEASURES = {"deposits": ("freeze", "freeze_and_deduct"), "real_estate": ("seal",), "securities": ("freeze", "freeze_and_deduct"),
            "equity": ("freeze",), "vehicles": ("seal", "seize"), "provident_fund": ("freeze",), "wealth_products": ("freeze",)}
CAPS = {"provident_fund": 12, "deposits": 12, "real_estate": 36, "securities": 36, "equity": 36, "vehicles": 24, "wealth_products": 36}
COURTS = [{}, other_court(), {}]
TRIED = Counter()


class Pledged(Depository):
    """A depository where the demo person has shares, some of them pledged, some of those marked by another court."""

    def __init__(self, marked):
        of = DEMO_HOLDINGS[DEMO_PERSON][1]
        marks = tuple(one.model_copy(update={"quantity": marked}) for one in of.record.marks if marked)
        self.holding = replace(of, record=of.record.model_copy(update={"marks": marks}))

    def holdings(self, agency, subject, rng, shared):
        return (self.holding,) if subject.id_no == DEMO_PERSON else ()


class InPart(Banks):
    """Banks that keep only products of which they can take hold in part: of their own no account, of others no product."""

    def __init__(self, sale_channel):
        self.sale_channel = sale_channel

    def holdings(self, agency, subject, rng, shared):
        held = super().holdings(agency, subject, rng, shared)
        return [one for one in held if one.in_part and one.record.sale_channel == self.sale_channel]


@dataclass
class World:
    """One asset, its agency, and the controls that courts put on it, as the gateway knows them."""

    exchange: Exchange
    controls: dict[str, Control] = field(default_factory=dict)
    first: dict[str, Command] = field(default_factory=dict)
    unheard: bool = False

    def __post_init__(self):
        self.kind = self.exchange.asset_type.code
        if isinstance(self.exchange.mock, Pledged):
            self.subject, self.holding = self.exchange.simulation.register.subject(DEMO_PERSON), self.exchange.mock.holding
        else:
            self.subject, self.holding = self.exchange.holder()

    @property
    def counted(self):
        return {"deposits": "amount_fen", "provident_fund": "amount_fen", "wealth_products": "amount_fen", "securities": "quantity",
                "equity": "capital_fen"}.get(self.kind)

    def extent(self, share):
        """A share of what there is in hundredths; none of an account is a freeze of the whole."""
        if share is None and self.kind == "deposits":
            return {}
        record, share = self.holding.record, share or 100
        total = {"deposits": "available_balance_fen", "provident_fund": "balance_fen", "securities": "quantity",
                 "equity": "subscribed_capital_fen", "wealth_products": "total_value_fen"}.get(self.kind)
        return {self.counted: max(1, getattr(record, total) * share // 100)} if total else {}

    def does(self, number, command, before):
        """Let the agency answer a command and apply what it says."""
        answer = self.exchange.ask_one(command)
        reply = to_reply("the-agency", asked_of(command), answer, evidence_of(b""), self.exchange.clock.now())
        meaning = meaning_of(reply, kind=self.kind, action=command.asks, is_control=True)
        assert not meaning.alarm, meaning
        event = meaning.event
        if command.action == "status":
            event = told(event)
            # Nobody but us gave orders: whatever happened of itself is news, and differs in nothing.
            assert by_status(Known(number, "the-agency", number, before, self.counted), event) == ()
            event = event and news(before, event)
            if event is None:
                return
        self.controls[number] = apply(before, event)
        assert adds_up(self.controls[number], event), (self.controls[number], event)
        TRIED[f"{command.action} refused" if isinstance(event, Refused) else command.action] += 1

    def order(self, court, share, months, which=0):
        measure, extent = MEASURES[self.kind][which % len(MEASURES[self.kind])], self.extent(share)
        terms = {"term_months": min(months, CAPS[self.kind])}
        command = self.exchange.order(measure, self.subject, self.holding, **terms, **extent, **COURTS[court])
        begun = asked(measure, **{"requested_fen" if name == "amount_fen" else f"requested_{name}": value for name, value in extent.items()},
                      **terms, last_day=self.exchange.agency.last_day, term_starts=self.exchange.agency.term_starts)
        self.first[command.request_no] = command
        self.does(command.request_no, command, begun)

    def chosen(self, which):
        numbers = sorted(self.controls)
        return numbers[which % len(numbers)] if numbers else None

    def follow(self, action, which, value):
        number = self.chosen(which)
        control = self.controls.get(number)
        if control is None or action not in MAY_ASK.get(control.state, ()) or action not in self.exchange.asset_type.documents:
            return
        step = self.step(action, control, value)
        if step is None:
            return
        terms = {name: value for name in ("amount_fen", "quantity", "until_on") if (value := getattr(step, name)) is not None}
        command = self.exchange.order(
            action, self.subject, self.holding, original_request_no=number, agency_control_no=control.agency_control_no,
            waiting_serial=control.waiting_serial if control.state == "waiting" else None,
            **{"measure": control.measure, "term_months": None, **terms})
        self.does(number, command, apply(control, Sent(action, step.until_on)))
        if "quantity" in terms or (action == "release" and terms):
            TRIED[f"{action} of a part"] += 1

    def step(self, action, control, value):
        """Say what the gateway would ask of the agency; nothing where a rule of its own stands against it."""
        if action == "renew":
            return Step(action="renew", until_on=renewal_end(control, 1 + value % CAPS[self.kind]))
        if action == "deduct":
            return self.deduction(control, value)
        if action == "release" and value % 2 and control.state in HELD:
            has = {"amount_fen": control.actual_fen, "quantity": units_held(control)}.get(self.counted)
            return narrowed(control, Step(action="release", **{self.counted: max(1, has * value // 100)})) if has else None
        return Step(action=action)

    def deduction(self, control, value):
        has = control.actual_quantity if self.kind == "securities" else control.actual_fen
        if not has:
            return None
        part = max(1, has * value // 100)
        return Step(action="deduct", amount_fen=part * self.holding.record.close_price_fen if self.kind == "securities" else part)

    def convert(self, which):
        """Preservation becomes enforcement: nobody is asked, rank and dates stay."""
        number = self.chosen(which)
        control = self.controls.get(number)
        if control is not None and control.state in LIVE:
            converted = apply(control, Converted("（2026）粤5302执保1号", "粤5302", "（2026）粤5302执1号", "粤5302"))
            assert converted.model_copy(update={"original_case_no": control.original_case_no}) == control
            self.controls[number] = converted
            TRIED["convert"] += 1

    def settle_surplus(self, which):
        number = self.chosen(which)
        control = self.controls.get(number)
        if control is not None and control.surplus_claim:
            self.controls[number] = apply(control, SurplusSettled(7))
            TRIED["settle surplus"] += 1

    def happen(self, kind, value):
        """Let something happen at the agency that nobody here asked for; only status questions tell of it."""
        key, number = self.holding.key, self.chosen(value)
        happening = {"inflow": Inflow(kind="inflow", key=key, amount_fen=value * 10_000),
                     "pledge_released": PledgeReleased(kind="pledge_released", key=key, quantity=value * 60),
                     "reversed": Reversal(kind="reversed", request_no=number or "none")}[kind]
        try:
            self.exchange.simulation.happen(self.exchange.agency, happening)
        except StateError:
            return
        TRIED[kind] += 1
        self.unheard = self.unheard or kind == "reversed"

    def let_pass(self, days):
        """Let time pass. A word taken back is heard before: agencies are asked about what stands once a day."""
        if self.unheard:
            self.ask()
        self.exchange.clock.advance(timedelta(days=days).total_seconds())
        today = china_date(self.exchange.clock.now())
        for number, control in self.controls.items():
            if control.state in HELD and control.until_on and control.until_on < today:
                self.controls[number] = apply(control, TermEnded())
                TRIED["term ended"] += 1
        TRIED["let pass"] += 1

    def ask(self):
        for number, control in list(self.controls.items()):
            if control.state not in FINAL_STATES:
                self.does(number, self.exchange.status_of(self.first[number]), control)
        self.unheard = False
        TRIED["ask"] += 1

    def assert_agreed(self):
        for number, control in self.controls.items():
            effect = self.exchange.desk.effect(number)
            TRIED[f"ended {control.state}"] += 1
            if control.state == "refused":
                assert effect is None or effect.state == "refused", (control, effect)
                continue
            assert (control.state, control.rank) == (effect.state, effect.rank), (control, effect)
            assert control.deducted_fen == (effect.deducted_fen or 0), (control, effect)
            assert control.surplus_claim == (effect.state == "lapsed" and control.surplus_fen is None)
            if control.state in LIVE:
                assert control.until_on == effect.until_on, (control, effect)
                assert amounts(control, control.actual_quantity) == amounts(effect, effect.quantity), (control, effect)


def amounts(of, frozen):
    return [one or 0 for one in (of.actual_fen, of.unfunded_fen, frozen, of.marked_quantity, of.waiting_quantity)]


def world(kind, special=None, **row):
    mock = mock_agencies()[kind] if special is None else {"securities": Pledged, "wealth_products": InPart}[kind](special)
    basis = "publicity" if kind == "equity" else "served_at"
    return World(Exchange(adapters()[kind], mock, agency_row(kind, rank_basis=basis, **row)))


which, percent = st.integers(0, 3), st.integers(1, 100)
share = st.sampled_from([None, 30, 60, 100, 130]) | st.integers(1, 130)
steps = st.lists(min_size=1, max_size=16, elements=st.one_of(
    st.tuples(st.just("order"), st.integers(0, 2), share, st.integers(1, 36), st.sampled_from([0, 0, 1])),
    st.tuples(st.just("follow"), st.sampled_from(["renew", "release", "deduct", "transfer"]), which, percent),
    st.tuples(st.just("happen"), st.sampled_from(["inflow", "pledge_released", "reversed"]), percent),
    st.tuples(st.just("convert"), which),
    st.tuples(st.just("settle_surplus"), which),
    st.tuples(st.just("let_pass"), st.integers(1, 300)),
    st.tuples(st.just("ask")),
))
conventions = st.fixed_dictionaries({"last_day": st.sampled_from(["day_before", "corresponding_day"]),
                                     "term_starts": st.sampled_from(["effect", "service"])})
#: Each kind; shares of which some are pledged and so many of those marked by another court; products that can be held in part.
assets = st.sampled_from([*((kind, None) for kind in sorted(MEASURES)), ("deposits", None), *(("securities", marked) for marked in (0, 3_000, 6_000)),
                          *(("wealth_products", channel) for channel in ("own", "agency_sold"))])


@settings(max_examples=400, deadline=None)
@given(asset=assets, row=conventions, first=share, history=steps)
def test_the_gateway_ends_where_the_ledger_ends(asset, row, first, history):
    one = world(*asset, **row)
    one.order(0, first, 12)
    for step, *of in history:
        getattr(one, step)(*of)
    one.let_pass(1)
    one.ask()
    one.let_pass(0)
    one.assert_agreed()
    for number in range(len(one.controls)):
        one.settle_surplus(number)
    TRIED["histories"] += 1


def _report():
    by_kind = ", ".join(f"{kind} {count}" for kind, count in sorted(TRIED.items()) if kind != "histories")
    steps_tried = sum(count for kind, count in TRIED.items() if kind != "histories" and not kind.startswith("ended"))
    print(f"gateway and ledger agreed after {TRIED['histories']} histories of {steps_tried} steps: {by_kind}")


atexit.register(_report)
