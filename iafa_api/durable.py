"""Bytes that survive a power cut: fsync of files and of the directories that name them, replacement by rename.

Every function here returns only after the bytes are on the disk as far as the operating system can promise it, and
leaves either the old file or the new one, never a mixture. Files are made 0600, directories 0700.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

FILE_MODE = 0o600
TEMPORARY_SUFFIX = ".tmp"  # what a crash leaves under such a name is nobody's
DIRECTORY_MODE = 0o700


def make_directory(path: Path) -> None:
    """Make a directory and its missing parents, each entry synced in the directory above it."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        try:
            directory.mkdir(mode=DIRECTORY_MODE)
        except FileExistsError:  # another process was faster
            continue
        sync_directory(directory.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable: a synced file whose name is lost is lost."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable that another library has written."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path`: a reader sees the old bytes or the new ones, also after a crash.

    Two writers at once are safe (each has a temporary file of its own); the last rename wins.
    """
    temporary = _temporary_beside(path)
    try:
        write_new_file(temporary, content, exclusive=False)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_new_file(path: Path, content: bytes, *, exclusive: bool = True) -> None:
    """Write and sync a file of mode 0600; FileExistsError where it exists and `exclusive` is set.

    Where that fails nothing is left of it: a disk that is full must not fill up further. The name itself is durable
    only once the directory is synced: `replace_file` and `create_secret` do that.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_EXCL if exclusive else os.O_TRUNC)
    descriptor = os.open(path, flags, FILE_MODE)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def write_whole_file(path: Path, content: bytes) -> None:
    """Write a new file that has its name only when it is whole, durably, its directory made where it is not there.

    Where that fails nothing is left of it.
    """
    make_directory(path.parent)
    temporary = path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")
    try:
        write_new_file(temporary, content)
        temporary.rename(path)
        sync_directory(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise


def read_or_create(path: Path, content: bytes) -> bytes:
    """The bytes of `path`; where it does not exist, `content`, kept from now on. Races end with one winner for all."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    make_directory(path.parent)
    temporary = _temporary_beside(path)
    try:
        write_new_file(temporary, content, exclusive=False)
        os.link(temporary, path)  # unlike rename, refuses to replace what another process put there first
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)
    return path.read_bytes()


def _temporary_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
