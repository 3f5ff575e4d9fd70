"""`python -m iafa_api.openapi`: print the OpenAPI document, without a server or a data directory."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from iafa_api.app import create_app
from iafa_api.bootstrap import bootstrap
from iafa_api.settings import Settings


def openapi_document() -> dict[str, Any]:
    """What `/api/v1/openapi.json` answers. The application wants a directory; this one is empty and goes again."""
    with TemporaryDirectory(prefix="iafa-openapi-") as directory:
        settings = Settings(data_dir=Path(directory), free_disk_bytes=1)
        with closing(bootstrap(settings)) as services:
            app = create_app(settings, services)
            document: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
            return document


if __name__ == "__main__":
    json.dump(openapi_document(), sys.stdout, indent=1)
