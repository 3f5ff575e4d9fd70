"""`python -m bench.peer_server NAME`: a peer's application in our server, called as the product calls it.

`iafa_api.server.serve` runs as it is and is only given another application, with the interface that it is written for:
Flask for WSGI, with the 16 threads that ours has for Flask; FastAPI for ASGI, in the fastest loop. All other settings
are the same, whatever they are or become.
"""

from __future__ import annotations

import sys
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops

from iafa_api import server
from iafa_api.rest.wsgi_bridge import THREADS
from iafa_api.settings import load_settings

OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "flask": ("bench.peer_flask:app", {"interface": Interfaces.WSGI, "blocking_threads": THREADS}),
    "fastapi": ("bench.peer_fastapi:app", {"interface": Interfaces.ASGI, "loop": Loops.uvloop}),
}


def main(name: str) -> None:
    """Serve the peer where the settings in the environment say."""
    target, changes = OTHERS[name]
    server.Granian = lambda _, **settings: Granian(target, **{**settings, **changes})  # type: ignore[assignment, attr-defined]
    server.serve(load_settings())


if __name__ == "__main__":
    main(sys.argv[1])
