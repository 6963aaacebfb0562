"""The court side: takes requests, keeps the truth, sends commands, gathers replies, compiles the report."""
