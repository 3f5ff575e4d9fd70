"""`python -m bench.peer_server NAME`: a peer's application in our server, called as the product calls it.

`iafa_api.server.serve` runs as it is and is only given another application, so ours and the peer's differ in that and
in nothing else, whatever the settings are or become. FastAPI is ASGI, where the server takes one blocking thread.
"""

from __future__ import annotations

import sys
from typing import Any

from granian import Granian
from granian.constants import Interfaces

from iafa_api import server
from iafa_api.settings import load_settings

OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "flask": ("bench.peer_flask:app", {}),
    "fastapi": ("bench.peer_fastapi:app", {"interface": Interfaces.ASGI, "blocking_threads": 1}),
}


def main(name: str) -> None:
    """Serve the peer where the settings in the environment say."""
    target, changes = OTHERS[name]
    server.Granian = lambda _, **settings: Granian(target, **{**settings, **changes})  # type: ignore[assignment, attr-defined]
    server.serve(load_settings())


if __name__ == "__main__":
    main(sys.argv[1])
