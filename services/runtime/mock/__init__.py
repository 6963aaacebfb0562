"""The mock agencies' common ground: a seeded register, a ledger that obeys the law, scripted faults, the testers' face."""
