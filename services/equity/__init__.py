"""Equity: market regulation (市场监督管理局), which registers stakes in companies and publishes what courts do to them.

Agencies: rows of `deploy/agencies.yaml` with asset type `equity`. No document of theirs is public: the words follow the
publicity of judicial assistance (CZ12 matters, CZ13 states, CZ14 causes of lapse; domain.md §5, §6.1), in lower case as JSON.
Peculiar: a task is left there and its result is asked for; a result is final, a task that was sent back has a reason.
Amounts are 万元 with six decimals, so that the last one is the fen, of the currency that the capital is registered in: a
stake whose currency is not told has no amounts, and capital in dollars is found and frozen in dollars, never as yuan. Shares
are per cent with four decimals; days are written 2026年11月22日. A company is known by its USCC, or by the registration number
it had before; a pledge is told once and read twice, as a fact of the stake and as a right that is paid first. A freeze takes effect and ranks by publicity, not by service (法释〔2021〕20号).
The ownership a court must look up first (EQ-PRE) is the gateway's rule; a registrar does not ask for it.
"""
