"""Questions put to the rooms and their answers put together, for every door that asks; nothing is computed here."""
