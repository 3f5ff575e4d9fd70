"""The application for an RSGI server: `iafa api` serves this, `granian iafa_api.rsgi:app` does, too."""

import gc

from iafa_api.app import create_loop_app

app = create_loop_app()
gc.freeze()  # what is there now stays; batches make many objects, and the collector walked all of it again for them
