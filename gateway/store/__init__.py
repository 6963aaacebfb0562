"""PostgreSQL: the only code that knows tables. Statements take and give plain values; rules live in gateway.domain."""
