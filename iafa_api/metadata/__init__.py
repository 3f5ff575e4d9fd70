"""Users, organisations, projects, keys and funnels as events in one append-only log, and what is derived from it."""
