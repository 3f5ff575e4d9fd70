"""kill -9 of everything, at random, while events are tracked and a file is imported: what was answered for is there."""

import csv
import random
import subprocess
import threading
import time

import pyarrow.parquet

from iafa_api.bootstrap import bootstrap
from iafa_api.ingest.tail import read_source
from iafa_api.settings import Settings
from tests.e2e.processes import IAFA, Server, environment

KILLS = 5
ROWS = 30_000


def test_every_acknowledged_event_is_there_once_after_kills(tmp_path):
    data_dir = tmp_path / "data"
    server = Server(data_dir, IAFA_RATE_LIMIT_EVENTS_PER_MINUTE=0, IAFA_EVENT_FLUSH_INTERVAL=1, IAFA_WORKERS=2)
    server.start()
    project_id, key = make_project(server)
    file = write_rows(tmp_path / "rows.csv")
    command = [*IAFA, "import", str(file), "--project", project_id]
    acknowledged, stop = set(), threading.Event()
    senders = [threading.Thread(target=send, args=(server, key, number, acknowledged, stop)) for number in range(3)]
    for sender in senders:
        sender.start()
    chance = random.Random(7)
    for _ in range(KILLS):
        importing = subprocess.Popen(command, env=environment(data_dir), stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 2.5))
        importing.kill()
        importing.wait()
        server.kill()
        server.start()
    subprocess.run(command, env=environment(data_dir), check=True, stdout=subprocess.DEVNULL, timeout=120)
    stop.set()
    for sender in senders:
        sender.join()
    answer = ask(server, key, project_id)
    assert server.stop() == 0

    ids = stored_ids(data_dir, project_id)
    assert len(ids) == len(set(ids)), "an event is there twice"
    assert len(acknowledged) > 100
    assert acknowledged <= set(ids), "an acknowledged event is lost"
    imported = [event_id for event_id in ids if event_id.startswith("row-")]
    assert len(imported) == ROWS
    assert answer == len(ids), "the API counts other events than there are"


def make_project(server):
    _, account = server.call(
        "POST",
        "/api/v1/auth/register",
        {"email": "ann@example.com", "password": "correct horse", "full_name": "Ann"},
    )
    headers = {"Authorization": f"Bearer {account['access_token']}"}
    _, project = server.call("POST", "/api/v1/projects", {"name": "Shop", "retention_days": 0}, headers)
    _, key = server.call("POST", f"/api/v1/projects/{project['id']}/api-keys", {"name": "r", "kind": "read"}, headers)
    server.read_key = key["api_key"]
    return project["id"], project["api_key"]


def write_rows(path):
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["event_id", "event", "user_id", "timestamp", "amount"])
        for number in range(ROWS):
            day = 1 + number % 28
            rows.writerow([f"row-{number}", "bought", f"u{number % 500}", f"2026-01-{day:02}T10:00:00Z", number])
    return path


def send(server, key, number, acknowledged, stop):
    """Track without pause; what is not answered for is sent again with its id, as a real sender does."""
    count = 0
    while not stop.is_set():
        event_id = f"live-{number}-{count}"
        event = {"id": event_id, "event_type": "seen", "user_id": f"u{count % 50}"}
        try:
            status, _ = server.call("POST", "/api/v1/track", event, {"X-API-Key": key}, timeout=5)
        except OSError:
            time.sleep(0.05)
            continue
        if status == 200:
            acknowledged.add(event_id)
            count += 1


def ask(server, key, project_id):
    body = {"stages": [{"event_type": None}], "start_date": "2026-01-01"}
    status, answer = server.call("POST", "/api/v1/analytics/funnel", body, {"X-API-Key": server.read_key}, timeout=60)
    assert status == 200, answer
    return answer["receipt"]["events"]


def stored_ids(data_dir, project_id):
    services = bootstrap(Settings(data_dir=data_dir, password_cost=4))
    try:
        source = read_source(services.buffer, services.manifest, services.data_dir, project_id)
        from_files = [event_id for path in source.files for event_id in parquet_ids(path)]
        return from_files + source.tail.column("id").to_pylist()
    finally:
        services.close()


def parquet_ids(path):
    return pyarrow.parquet.read_table(path, columns=["id"]).column("id").to_pylist()
