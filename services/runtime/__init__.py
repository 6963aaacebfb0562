"""What every adapter shares: the port it fills, the worker that drives it, the client that calls the agency."""
