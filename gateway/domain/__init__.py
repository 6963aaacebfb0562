"""The rules of the court side: pure functions and frozen values; no I/O, no clock."""
