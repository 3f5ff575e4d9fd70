"""The files of refused events: JSON Lines, of one project and one UTC day of receipt each.

Promises: a file has its name only when it is whole and synced; what counts is the manifest's to say (I5). They are not
compressed, so that the size in the manifest is what reading them takes, a limit on it is a limit on both, and any
program reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from iafa_api import durable
from iafa_api.errors import BrokenData
from iafa_api.lake import layout
from iafa_api.lake.manifest_schema import QuarantineFile

MERGED_AT_ONCE = 8  # files of a day in one size class; fewer, and the same lines are written again more often


def write_lines(root: Path, project_id: str, day: int, lines: Sequence[bytes]) -> QuarantineFile:
    """Write lines (each without its end) as a new file, durably."""
    relative = layout.quarantine_path(project_id, day)
    path = root / relative
    content = b"".join([line + b"\n" for line in lines])
    durable.write_whole_file(path, content)
    return QuarantineFile(str(relative), project_id, day, len(lines), len(content))


def read_lines(root: Path, file: QuarantineFile) -> Iterator[bytes]:
    """The lines of a file, without their ends. BrokenData where it is not what was written."""
    count = 0
    try:
        with (root / file.path).open("rb") as content:
            for line in content:
                count += 1
                yield line.rstrip(b"\n")
    except OSError as error:
        raise BrokenData(f"{file.path} cannot be read: {error.strerror}.") from error
    if count != file.row_count:
        raise BrokenData(f"{file.path} holds {count} lines, not {file.row_count}.")


def plan_merge(files: Sequence[QuarantineFile]) -> list[QuarantineFile]:
    """The files of one day to be written into the next: those of a size class that there are many of.

    So a line is written again about once for each class, and the number of files grows with the logarithm of the lines.
    """
    classes: dict[int, list[QuarantineFile]] = {}
    for file in files:
        classes.setdefault(file.byte_count.bit_length() // 3, []).append(file)
    return [file for some in classes.values() if len(some) >= MERGED_AT_ONCE for file in some]
