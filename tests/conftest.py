"""Fixtures of every tier; servers are real and are started at first use."""

from hypothesis import settings

pytest_plugins = ["tests.servers", "tests.court_side"]

# Cores are shared with other work: how long one example takes says nothing about the code.
settings.register_profile("chakong", deadline=None)
settings.load_profile("chakong")
