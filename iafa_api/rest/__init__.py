"""The HTTP edge: blueprints with their schemas beside them. Decides nothing, speaks JSON."""
