"""The application for an RSGI server: `iafa api` serves this, `granian iafa_api.rsgi:app` does, too."""

from iafa_api.app import create_loop_app

app = create_loop_app()
