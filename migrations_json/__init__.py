"""Upgrades of stored metadata events and snapshots, one step a module; standard library only."""
