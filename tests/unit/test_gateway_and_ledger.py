"""The gateway's machine and the mock agencies' ledger obey the law apart from each other; driven together they must agree."""

import atexit
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clock import china_date
from contracts.control import FINAL_STATES
from contracts.messages import Command
from gateway.domain.answers import meaning_of
from gateway.domain.control import HELD, MAY_ASK, Control, apply, asked, renewal_end
from gateway.domain.control_events import Sent, TermEnded
from gateway.domain.status_answers import news, told
from services.runtime.answers import evidence_of, to_reply
from services.runtime.registry import adapters, mock_agencies
from tests.contract.exchange import Exchange, agency_row, asked_of, other_court

MEASURES = {"deposits": "freeze", "real_estate": "seal", "securities": "freeze"}
CAPS = {"deposits": 12, "real_estate": 36, "securities": 36}
TRIED = {"histories": 0, "steps": 0}
COURTS = [{}, other_court(), {}]


@dataclass
class World:
    """One asset, its agency, and the controls that courts put on it, as the gateway knows them."""

    exchange: Exchange
    controls: dict[str, Control] = field(default_factory=dict)
    first: dict[str, Command] = field(default_factory=dict)

    def __post_init__(self):
        self.subject, self.holding = self.exchange.holder()
        self.kind = self.exchange.asset_type.code

    @property
    def total(self):
        return {"deposits": getattr(self.holding.record, "available_balance_fen", None),
                "securities": getattr(self.holding.record, "available_quantity", None)}.get(self.kind)

    def extent(self, share):
        """A share of what there is in hundredths; none of money is a freeze of the whole account."""
        if share is None and self.kind == "deposits":
            return {}
        share = share or 100
        amount = max(1, self.total * share // 100) if self.total else 1
        return {"deposits": {"amount_fen": amount}, "securities": {"quantity": amount}}.get(self.kind, {})

    def meant(self, command):
        answer = self.exchange.ask_one(command)
        reply = to_reply("the-agency", asked_of(command), answer, evidence_of(b""), self.exchange.clock.now())
        meaning = meaning_of(reply, asset_type=self.kind, action=command.asks, is_control=True)
        assert not meaning.alarm, meaning
        return meaning.event

    def order(self, court, share, months):
        measure, extent = MEASURES[self.kind], self.extent(share)
        command = self.exchange.order(measure, self.subject, self.holding, term_months=min(months, CAPS[self.kind]), **extent, **COURTS[court])
        begun = asked(measure, requested_fen=extent.get("amount_fen"), requested_quantity=extent.get("quantity"),
                      term_months=min(months, CAPS[self.kind]), last_day=self.exchange.agency.last_day,
                      term_starts=self.exchange.agency.term_starts)
        self.first[command.request_no] = command
        self.controls[command.request_no] = apply(begun, self.meant(command))

    def follow(self, action, which, value):
        if not self.controls:
            return
        number = sorted(self.controls)[which % len(self.controls)]
        control = self.controls[number]
        if control.pending or action not in MAY_ASK.get(control.state, ()) or not self.exchange.agency.can(action):
            return
        terms, until_on = {}, None
        if action == "renew":
            until_on = renewal_end(control, 1 + value % CAPS[self.kind])
            terms = {"until_on": until_on, "term_months": None}
        elif action == "deduct" or (value % 2 and control.state in HELD and self.kind != "real_estate"):
            name, has = ("quantity", control.actual_quantity) if self.kind == "securities" else ("amount_fen", control.actual_fen)
            if not has:
                return
            terms = {name: max(1, has * value // 100)}
        command = self.exchange.order(
            action, self.subject, self.holding, original_request_no=number, agency_control_no=control.agency_control_no,
            waiting_serial=control.waiting_serial, **{"measure": control.measure, **terms})
        control = apply(control, Sent(action, until_on))
        self.controls[number] = apply(control, self.meant(command))

    def let_pass(self, days):
        self.exchange.clock.advance(timedelta(days=days).total_seconds())
        today = china_date(self.exchange.clock.now())
        for number, control in self.controls.items():
            if control.state in HELD and control.until_on and control.until_on < today:
                self.controls[number] = apply(control, TermEnded())

    def ask(self):
        for number, control in self.controls.items():
            if control.state not in FINAL_STATES:
                event = told(self.meant(self.exchange.status_of(self.first[number])))
                if event and (event := news(control, event)):
                    self.controls[number] = apply(control, event)

    def assert_agreed(self):
        for number, control in self.controls.items():
            effect = self.exchange.desk.effect(number)
            if control.state == "refused":
                assert effect is None or effect.state == "refused", (control, effect)
                continue
            assert control.state == effect.state, (control, effect)
            if control.state in FINAL_STATES:
                continue
            assert control.rank == effect.rank, (control, effect)
            assert control.until_on == effect.until_on, (control, effect)
            assert (control.actual_fen or 0) == (effect.actual_fen or 0), (control, effect)
            assert (control.actual_quantity or 0) == (effect.quantity or 0), (control, effect)


def world(kind, **row):
    return World(Exchange(adapters()[kind], mock_agencies()[kind], agency_row(kind, **row)))


steps = st.lists(min_size=1, max_size=14, elements=st.one_of(
    st.tuples(st.just("order"), st.integers(0, 2), st.none() | st.integers(1, 130), st.integers(1, 36)),
    st.tuples(st.just("follow"), st.sampled_from(["renew", "release", "deduct"]), st.integers(0, 5), st.integers(1, 100)),
    st.tuples(st.just("let_pass"), st.integers(1, 300)),
    st.tuples(st.just("ask")),
))
conventions = st.fixed_dictionaries({"last_day": st.sampled_from(["day_before", "corresponding_day"]),
                                     "term_starts": st.sampled_from(["effect", "service"])})


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(MEASURES)), row=conventions, history=steps)
def test_the_gateway_ends_where_the_ledger_ends(kind, row, history):
    one = world(kind, **row)
    one.order(0, 60, 12)
    for step, *of in history:
        getattr(one, step)(*of)
    one.let_pass(1)
    one.ask()
    one.let_pass(0)
    one.assert_agreed()
    TRIED["histories"] += 1
    TRIED["steps"] += len(history) + 4


atexit.register(lambda: print(f"gateway and ledger agreed after {TRIED['histories']} histories of {TRIED['steps']} steps"))
