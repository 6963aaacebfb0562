"""Equity: market regulation (市场监督管理局), which registers stakes in companies and publishes what courts do to them.

Agencies: rows of `deploy/agencies.yaml` with asset type `equity`. No document of theirs is public: the words follow the
publicity of judicial assistance (CZ12 matters, CZ13 states, CZ14 causes of lapse; domain.md §5, §6.1), in lower case as JSON.
Peculiar: a task is left there and its result is asked for; a result is final, a task that was sent back has a reason.
Amounts are 万元 with six decimals, so that the last one is the fen; shares are per cent with four decimals; days are
written 2026年11月22日. A freeze takes effect and ranks by publicity, not by service (法释〔2021〕20号).
The ownership a court must look up first (EQ-PRE) is the gateway's rule; a registrar does not ask for it.
"""
