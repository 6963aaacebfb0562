"""Fixtures of every tier; servers are real and are started at first use."""

pytest_plugins = ["tests.servers", "tests.court_side"]
