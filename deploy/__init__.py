"""How the parts run: the `chakong` command, the embedded servers, and the servers of tests and benchmarks."""
