"""What a backup holds, in its MANIFEST.json: every file with its SHA-256, and the moment that it is of.

Promises: a directory with a MANIFEST.json is a whole backup (it gets its name last); one whose files do not have the
hashes written there is told, file by file. The list of erased persons is of the whole log up to the backup's end, so
that a backup tells what an older one must not bring back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from iafa_api import durable
from iafa_api.errors import BrokenData, NotFound
from iafa_api.metadata.log import Position

NAME = "MANIFEST.json"
FORMAT = 1
DATA, SECRETS = "data", "secrets"  # the two folders of a backup; either may stand alone
PERSONS = f"{SECRETS}/vault/persons"
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was copied."""

    byte_count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What stands in MANIFEST.json. `faults` are files that were missing or damaged where they were copied from."""

    id: str
    program: str
    began_at: str
    ended_at: str
    parts: tuple[str, ...]
    position: Position | None
    manifest_version: int | None
    erased: tuple[str, ...]
    faults: tuple[str, ...]
    files: Mapping[str, Kept]


def write_inventory(root: Path, inventory: Inventory) -> None:
    """Write MANIFEST.json, with a hash of itself."""
    content = {"format": FORMAT, **asdict(inventory)}
    text = json.dumps(content | {"sha256": _hash_of(content)}, ensure_ascii=False, indent=1, sort_keys=True)
    durable.replace_file(root / NAME, text.encode() + b"\n")


def read_inventory(root: Path) -> Inventory:
    """NotFound where there is none; BrokenData where it is damaged or of a newer program."""
    try:
        content = json.loads((root / NAME).read_bytes())
        said = content.pop("sha256")
        is_whole = said == _hash_of(content)
        if is_whole and content.pop("format") != FORMAT:
            raise BrokenData(f"{root} was made by a newer program.")
    except FileNotFoundError:
        raise NotFound(f"{root} is not a backup: it has no {NAME}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise BrokenData(f"{root / NAME} is damaged.")
    content["files"] = {name: Kept(**kept) for name, kept in content["files"].items()}
    content["position"] = content["position"] and Position(**content["position"])
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    return Inventory(**fields)


def find_differing(root: Path, inventory: Inventory, *, without: Set[str] = frozenset()) -> list[str]:
    """The files that are not there or not what was copied. Those in `without` may be missing."""
    differing = []
    for name, kept in sorted(inventory.files.items()):
        try:
            found = hash_file(root / name)
        except FileNotFoundError:
            if name in without:
                continue
            found = None
        if found != kept:
            differing.append(name)
    return differing


def hash_file(path: Path) -> Kept:
    """Size and hash of a file as it is now."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while content := file.read(READ_BYTES):
            digest.update(content)
            size += len(content)
    return Kept(size, digest.hexdigest())


def key_name(person_id: str) -> str:
    """Where a person's key lies in a backup."""
    return f"{PERSONS}/{person_id}.key"


def forget_persons(root: Path, persons: Set[str]) -> int:
    """Delete the keys of erased persons from a backup; how many there were."""
    inventory = read_inventory(root)
    gone = {name for name in map(key_name, persons) if name in inventory.files}
    if not gone:
        return 0
    files = {name: kept for name, kept in inventory.files.items() if name not in gone}
    erased = tuple(sorted({*inventory.erased, *persons}))
    for name in gone:  # before the list forgets them: after a crash in between the next call does the rest
        (root / name).unlink(missing_ok=True)
    durable.sync_directory(root / PERSONS)
    write_inventory(root, replace(inventory, files=files, erased=erased))
    return len(gone)


def _hash_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
