"""The jobs that run by the clock: one process, one lock, one table."""
