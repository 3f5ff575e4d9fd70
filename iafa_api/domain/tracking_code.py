"""What a project's owner pastes to send events: into a page, an application that npm builds, a shell, a program.

Every text works as it stands once the key is filled in, needs nothing that the server does not serve itself (but for
the package, which is why a loader stands under it), and holds address and key quoted for its own language: what stands
in them cannot break out of it.
"""

from __future__ import annotations

import html
import json
import shlex
from dataclasses import dataclass
from typing import Final

KEY_PLACEHOLDER: Final = "YOUR_WRITE_KEY"  # a key is shown once, when it is made; later only its hash is known
SDK_PATH: Final = "/sdk/iafa.js"

LOADER_MARK: Final = "// Without the package, this in place of all above loads the script from the server:"

# Takes calls until the script is there, which then makes them.
_QUEUE: Final = "window.iafa = window.iafa || function () { (iafa.q = iafa.q || []).push(arguments); };"


@dataclass(frozen=True, slots=True)
class TrackingCode:
    """The texts, each for one place."""

    html: str
    npm: str
    sdk_url: str
    curl: str
    python: str


def tracking_code(public_url: str, key: str | None = None) -> TrackingCode:
    """The texts for a server as its clients see it (`https://iafa.example.com`, a path may follow) and a write key."""
    base = public_url.rstrip("/")
    key = key or KEY_PLACEHOLDER
    sdk_url = base + SDK_PATH
    return TrackingCode(
        html=_html(sdk_url, key),
        npm=_npm(base, sdk_url, key),
        sdk_url=sdk_url,
        curl=_curl(f"{base}/api/v1/track", key),
        python=_python(f"{base}/api/v1/track", key),
    )


def _html(sdk_url: str, key: str) -> str:
    return (
        f"<script>{_QUEUE}</script>\n"
        f'<script async src="{html.escape(sdk_url)}" data-api-key="{html.escape(key)}"></script>\n'
    )


def _npm(base: str, sdk_url: str, key: str) -> str:
    """The package, and for where it cannot be installed a loader of the script that fits this server's version."""
    return f"""\
// iafa.js: import it once, where the application starts.
// npm install @iafa/sdk (from your registry, or the file that `npm pack` makes in sdk/ of IAFA's source)
import iafa from "@iafa/sdk";

iafa.init({{ apiKey: {_js(key)}, endpoint: {_js(base)} }});

export default iafa; // iafa.track("purchase", {{ amount: 12.5 }}); iafa.identify("user-1"); iafa.reset();

{LOADER_MARK}
//
// window.iafa = window.iafa || function () {{ (window.iafa.q = window.iafa.q || []).push(arguments); }};
// const script = document.createElement("script");
// script.async = true;
// script.src = {_js(sdk_url)};
// script.dataset.apiKey = {_js(key)};
// document.head.append(script);
//
// export default (...call) => window.iafa(...call); // iafa("track", "purchase", {{ amount: 12.5 }});
"""


def _curl(track_url: str, key: str) -> str:
    event = {"event_type": "purchase", "user_id": "user-1", "properties": {"status": "completed", "amount": 12.5}}
    return (
        f"curl -X POST {shlex.quote(track_url)} \\\n"
        f"  -H {shlex.quote(f'X-API-Key: {key}')} \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(json.dumps(event))}\n"
    )


def _python(track_url: str, key: str) -> str:
    return f"""\
import json
import urllib.request
import uuid

event = {{
    "id": str(uuid.uuid4()),  # sending it again counts it once
    "event_type": "purchase",
    "user_id": "user-1",
    "properties": {{"status": "completed", "amount": 12.5}},
}}
request = urllib.request.Request(
    {track_url!r},
    data=json.dumps(event).encode(),
    headers={{"X-API-Key": {key!r}, "Content-Type": "application/json"}},
)
with urllib.request.urlopen(request) as response:
    print(json.load(response))
"""


def _js(text: str) -> str:
    return json.dumps(text).replace("<", "\\u003c")
