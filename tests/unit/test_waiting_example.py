"""The example of docs/waiting.md, played on the mock agencies' ledger: the page holds exactly these lines."""

from datetime import UTC, datetime
from pathlib import Path

from contracts.clock import china_date
from contracts.control import STATE_NAMES
from contracts.money import display_yuan
from tests.mock_world import DEMO_PERSON, FakeMock, TestClock, account, agency, order, simulation

PAGE = Path(__file__).parents[2] / "docs/waiting.md"
YUAN = 100
A, B, C = "甲 A", "乙 B", "丙 C"


def lines():
    clock, holding = TestClock(), account(balance_fen=100_000 * YUAN)
    row = agency()
    desk = simulation(FakeMock("deposits", [holding], only=DEMO_PERSON), row, clock=clock).desks["bank"]

    def freeze(court, yuan):
        desk.order(order(court, amount_fen=yuan * YUAN, term_months=12))

    def step(court, action, number, **more):
        desk.order(order(number, action, original_request_no=court, **more))

    def told(what, *courts):
        for court in courts:
            one = desk.effect(court)
            cells = [f"{china_date(clock.now())}", what, court, STATE_NAMES[one.state].zh, str(one.rank or "—"),
                     display_yuan(one.actual_fen or 0), str(one.until_on or "—")]
            yield f"| {' | '.join(cells)} |"

    freeze(A, 60_000)
    yield from told("甲院冻结 60,000 · A freezes", A)
    freeze(B, 70_000)
    yield from told("乙院冻结 70,000 · B freezes", B)
    freeze(C, 20_000)
    yield from told("丙院冻结 20,000 · C freezes", C)
    clock.at = datetime(2027, 5, 10, 2, tzinfo=UTC)
    step(A, "deduct", "d1", amount_fen=10_000 * YUAN)
    yield from told("甲院划拨 10,000 · A deducts", A, B, C)
    step(A, "release", "x1")
    yield from told("甲院解除 · A releases", A, B, C)
    clock.at = datetime(2027, 11, 22, 2, tzinfo=UTC)
    yield from told("乙院届满未续 · B ends", B, C)


def test_the_page_tells_what_the_ledger_does():
    page = PAGE.read_text(encoding="utf-8")
    table = [line for line in page.splitlines() if line.startswith("| 20")]
    assert table == list(lines())
