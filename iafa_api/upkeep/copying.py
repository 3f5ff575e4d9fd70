"""Files into a new directory, each hashed on its way, synced, 0600: what a backup is made of, and a restore.

Promises: what `copy` has returned for is on the disk with the hash in `files`; the names are durable after `sync`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from iafa_api import durable
from iafa_api.upkeep.inventory import READ_BYTES, Kept, hash_file


class Copying:
    """The files that were put under one root so far, by their relative names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Kept] = {}
        durable.make_directory(root)

    def path(self, name: str) -> Path:
        """Where a file lies or will lie; its directory is made."""
        path = self.root / name
        if not path.parent.is_dir():
            durable.make_directory(path.parent)
        return path

    def write(self, name: str, content: bytes) -> None:
        """Put these bytes."""
        durable.write_new_file(self.path(name), content)
        self.files[name] = Kept(len(content), hashlib.sha256(content).hexdigest())

    def copy(self, name: str, source: Path, *, size: int | None = None) -> Kept:
        """Put a file's first `size` bytes, or all. FileNotFoundError, and nothing is put, where it is not there."""
        digest, count = hashlib.sha256(), 0
        with source.open("rb") as reading:
            descriptor = os.open(
                self.path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, durable.FILE_MODE
            )
            with os.fdopen(descriptor, "wb", buffering=0) as writing:
                while content := reading.read(READ_BYTES if size is None else min(READ_BYTES, size - count)):
                    digest.update(content)
                    count += len(content)
                    view = memoryview(content)
                    while view:
                        view = view[writing.write(view) :]
                os.fsync(descriptor)
        self.files[name] = Kept(count, digest.hexdigest())
        return self.files[name]

    def copy_lines(self, name: str, source: Path) -> None:
        """Put a file that others append lines to, up to the end of its last whole line."""
        content = source.read_bytes()
        self.write(name, content[: content.rfind(b"\n") + 1])

    def link(self, name: str, source: Path, kept: Kept) -> None:
        """Give a file of another backup a second name here. OSError where the file system has no such thing."""
        os.link(source, self.path(name))
        self.files[name] = kept

    def note(self, name: str) -> None:
        """Count a file that another library has put, whole and synced."""
        self.files[name] = hash_file(self.root / name)

    def drop(self, name: str) -> None:
        """Take a file back."""
        (self.root / name).unlink()
        del self.files[name]

    def sync(self) -> None:
        """Make the names durable."""
        for directory in {self.root, *((self.root / name).parent for name in self.files)}:
            durable.sync_directory(directory)


def files_in(directory: Path) -> Iterator[str]:
    """The names of all files in a directory, relative to it, but for locks and what is being written."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix not in (".lock", ".tmp"):
            yield path.relative_to(directory).as_posix()
