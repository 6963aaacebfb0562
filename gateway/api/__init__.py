"""The REST edge of the court side: it reads, checks rights, asks intake and store, and writes answers; it decides nothing else."""
