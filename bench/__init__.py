"""Figures about speed, each against a peer in the same run: `python -m bench`, see `bench.__main__`."""

from __future__ import annotations

import sys
from pathlib import Path

# The peers live beside the tested environment and not in it: what is tested stays what is pinned.
PEERS = Path(sys.prefix) / "bench-peers"
sys.path.append(str(PEERS))
