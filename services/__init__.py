"""The agency side: one folder speaks to the agencies of one asset type, `runtime` carries messages to and from it."""
