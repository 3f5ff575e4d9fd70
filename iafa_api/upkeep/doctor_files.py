"""Checks of the directory as files: who may read them, how much room is left, and the secret that signs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from iafa_api.settings import SECRET_MIN
from iafa_api.upkeep.findings import Finding, Patient, some

# What the program writes. The directory itself and what a person puts beside these are the person's own.
OWN = ("metadata", "vault", "buffer", "events", "ids", "lost", "run", "config")
OWN_FILES = ("manifest.sqlite3", "manifest.sqlite3-wal", "manifest.sqlite3-shm", "secret.key", ".env")
SECRET = ("vault", "secret.key", ".env")
OTHERS = stat.S_IRWXG | stat.S_IRWXO
LOW_DISK_FACTOR = 2  # twice the limit below which events are refused: time to act before that


def check_secret(patient: Patient) -> list[Finding]:
    """Whether tokens can be signed tomorrow with what signed them today."""
    if patient.secret_key:
        return [Finding("secret", "ok", "IAFA_SECRET_KEY is set")]
    try:
        length = len((patient.data_dir / "secret.key").read_bytes().strip())
    except FileNotFoundError:
        return [Finding("secret", "warn", "secret.key is not there", "the next start makes one; every token ends then")]
    if length < SECRET_MIN:
        advice = "delete it, the next start makes another; every token ends then"
        return [Finding("secret", "bad", f"secret.key has fewer than {SECRET_MIN} characters", advice)]
    return [Finding("secret", "ok", "secret.key is there")]


def check_permissions(patient: Patient) -> list[Finding]:
    """Whether anybody but the owner may read or write what the program keeps."""
    secret: list[str] = []
    other: list[str] = []
    foreign: list[str] = []
    count = 0
    for path in _own_paths(patient.data_dir):
        try:
            found = path.lstat()
        except FileNotFoundError:  # flushed or swept since it was listed
            continue
        count += 1
        name = path.relative_to(patient.data_dir).as_posix()
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & OTHERS:
            (secret if name.split("/")[0] in SECRET else other).append(name)
        if found.st_uid != os.geteuid():
            foreign.append(name)
    findings = []
    if secret:
        text = f"others may open keys: {some(secret)}"
        findings.append(Finding("permissions", "bad", text, f"chmod -R go-rwx {patient.data_dir}"))
    if other:
        text = f"others may open {some(other)}"
        findings.append(Finding("permissions", "warn", text, f"chmod -R go-rwx {patient.data_dir}"))
    if foreign:
        text = f"another user owns {some(foreign)}"
        findings.append(Finding("permissions", "warn", text, "run IAFA and this check as the user who owns the data"))
    return findings or [Finding("permissions", "ok", f"{count:,} files and directories are the owner's alone")]


def check_disk(patient: Patient) -> list[Finding]:
    """Whether there is room for what comes."""
    disk = os.statvfs(patient.data_dir)
    free = disk.f_bavail * disk.f_frsize
    text = f"{free / (1 << 30):,.1f} GB are free"
    advice = "make room, or keep events for fewer days"
    if free < patient.free_disk_bytes:
        return [Finding("disk", "bad", f"{text}, less than IAFA_FREE_DISK_BYTES: events are refused", advice)]
    if free < LOW_DISK_FACTOR * patient.free_disk_bytes:
        return [Finding("disk", "warn", f"{text}: events will soon be refused", advice)]
    if disk.f_files and disk.f_favail == 0:
        return [Finding("disk", "bad", "no more files can be made (inodes)", "remove files on this disk")]
    return [Finding("disk", "ok", text)]


def _own_paths(data_dir: Path) -> Iterator[Path]:
    for name in OWN_FILES:
        yield data_dir / name
    for name in OWN:
        if (data_dir / name).exists():
            yield data_dir / name
            yield from (data_dir / name).rglob("*")
