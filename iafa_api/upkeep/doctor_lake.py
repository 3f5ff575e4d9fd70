"""Checks of the events: the manifest, the files it names, the id runs, and what waits in the buffer."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path

from iafa_api import clock
from iafa_api.errors import BrokenData
from iafa_api.ingest import segments
from iafa_api.ingest.frames import SEGMENT_HEADER_BYTES
from iafa_api.lake import id_index, layout, parquet
from iafa_api.lake.expiry import plan_expiry
from iafa_api.lake.manifest_copy import Contents, read_contents
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.metadata.projections import State
from iafa_api.upkeep.findings import Finding, Patient, some
from iafa_api.upkeep.lake_care import list_retentions

YOUNG_SECONDS = 900.0  # a flush writes files before it names them, and a sweep comes every ten minutes
WAITING_US = 600 * clock.MICROSECONDS  # ten times the default interval of flushes
LATE_US = 2 * layout.DAY_US  # the expiry runs daily
MANY_FILES = 100  # an open day has at most 7 in each of 8 tiers
BACKUP = "restore it from a backup"


class LakeChecks:
    """The checks over one data directory."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._root = patient.data_dir
        self._manifest = self._root / layout.MANIFEST

    def check_manifest(self) -> list[Finding]:
        """It opens, is whole, and is not empty beside files that only it could name."""
        unnamed = any((self._root / layout.EVENTS).rglob("*.parquet"))
        if not self._manifest.exists():
            if unnamed:
                return [Finding("manifest", "bad", "it is gone, and events/ holds files", f"stop everything, {BACKUP}")]
            return [Finding("manifest", "ok", "nothing was ever flushed")]
        try:
            contents = self._contents
        except BrokenData as error:
            return [Finding("manifest", "bad", error.message, f"stop everything, keep what is there, and {BACKUP}")]
        if contents.version == 0 and unnamed:
            return [Finding("manifest", "bad", "it is empty, and events/ holds files", f"stop everything, {BACKUP}")]
        return [Finding("manifest", "ok", f"version {contents.version:,}, {len(contents.files):,} files count")]

    def check_events(self) -> list[Finding]:
        """Every file that counts is there with its rows; what lies there and does not count is told."""
        if not self._manifest.exists():
            return [Finding("events", "ok", "none yet")]
        contents = self._contents
        wrong = {file.path: reason for file in contents.files if (reason := self._fault(file))}
        still_count = {file.path for file in read_contents(self._manifest).files} if wrong else set()
        wrong = {path: reason for path, reason in wrong.items() if path in still_count}  # not those merged meanwhile
        findings = []
        if wrong:
            text = f"{len(wrong):,} files of events: {some([f'{path} {reason}' for path, reason in wrong.items()])}"
            findings.append(Finding("events", "bad", text, f"if they lie in lost/ move them back; or {BACKUP}"))
        lying = [*self._old_files(layout.EVENTS), *self._old_files(layout.ARCHIVE)]
        strays = [name for name in lying if name not in contents.known_paths]
        if strays:
            text = f"{len(strays):,} files of events that nothing names: {some(strays)}"
            findings.append(
                Finding("events", "warn", text, "the scheduler's sweep moves them to lost/; is it running?")
            )
        lost = sum(1 for path in (self._root / layout.LOST).rglob("*") if path.is_file())
        if lost:
            text = f"{lost:,} files lie in lost/, deleted after 30 days"
            findings.append(
                Finding("events", "warn", text, "harmless after a crash; if events are missing, see data/README.md")
            )
        rows = sum(file.row_count for file in contents.files)
        return findings or [Finding("events", "ok", f"{len(contents.files):,} files with {rows:,} events are there")]

    def check_layout(self) -> list[Finding]:
        """No day lies in so many files that questions are slow."""
        if not self._manifest.exists():
            return [Finding("layout", "ok", "no files yet")]
        days = Counter((file.project_id, file.day) for file in self._contents.files if not file.is_archived)
        full = [f"{layout.day_to_date(day)} of {project_id}" for (project_id, day), n in days.items() if n > MANY_FILES]
        if full:
            text = f"{len(full):,} days lie in more than {MANY_FILES} files each: {some(full)}"
            advice = "questions about them are slow; `iafa lake compact` merges them, the scheduler's log says why not"
            return [Finding("layout", "warn", text, advice)]
        return [Finding("layout", "ok", f"no day has more than {max(days.values(), default=0):,} files")]

    def check_expiry(self, state: State | None) -> list[Finding]:
        """What is past its days has gone, and the ledger of what went is true."""
        if not self._manifest.exists() or state is None:
            return [Finding("expiry", "ok", "nothing to look at")]
        contents = self._contents
        then = self._patient.now_us - LATE_US
        late = [file.path for file, _ in plan_expiry(contents.files, list_retentions(state, then), then)]
        counting = {file.path for file in contents.files}
        gone = {line.path for line in contents.expired}
        untrue = [line.path for line in contents.expired if line.path in counting]
        untrue += [name for line in contents.expired if (name := line.archived_as) and name not in counting | gone]
        findings = []
        if late:
            text = f"{len(late):,} files are past their project's days since two days or more: {some(late)}"
            findings.append(Finding("expiry", "warn", text, "`iafa jobs` says whether the expiry runs, and its log"))
        if untrue:
            text = f"the ledger of expired events is not true of {len(untrue):,} files: {some(untrue)}"
            findings.append(Finding("expiry", "bad", text, "somebody has changed the manifest by hand"))
        return findings or [Finding("expiry", "ok", f"{len(gone):,} files have expired, none is due")]

    def check_id_runs(self) -> list[Finding]:
        """Each event's id is known, so that a repeat is not stored twice."""
        if not self._manifest.exists():
            return [Finding("ids", "ok", "none yet")]
        broken = []
        for run in self._contents.runs:
            try:
                id_index.load_runs(self._root, [run], is_checked=True)
            except BrokenData:
                broken.append(run.path)
        if broken:
            advice = "the next flush of the project makes them anew from its files"
            return [Finding("ids", "warn", f"{len(broken):,} id runs cannot be read: {some(broken)}", advice)]
        count = sum(run.row_count for run in self._contents.runs)
        if count < sum(file.row_count for file in self._contents.files if not file.is_archived):
            text = "fewer ids are known than events are stored: a repeat could be stored twice"
            return [Finding("ids", "warn", text, "delete ids/, the next flush makes them anew")]
        return [Finding("ids", "ok", f"{count:,} ids in {len(self._contents.runs):,} runs")]

    def check_quarantine(self) -> list[Finding]:
        """Every file of refused events that counts is there as it was written."""
        files = self._contents.quarantine if self._manifest.exists() else ()
        wrong = [file.path for file in files if _size_of(self._root / file.path) != file.byte_count]
        if wrong:
            text = f"{len(wrong):,} files of refused events are missing or cut: {some(wrong)}"
            return [Finding("quarantine", "warn", text, f"no accepted event is in them; if you need them, {BACKUP}")]
        rows = sum(file.row_count for file in files)
        return [Finding("quarantine", "ok", f"{len(files):,} files with {rows:,} refused events are there")]

    def check_identities(self) -> list[Finding]:
        """Every file that says who is whom is there as it was written."""
        files = self._contents.identities if self._manifest.exists() else ()
        wrong = [file.path for file in files if _size_of(self._root / file.path) != file.byte_count]
        if wrong:
            text = f"{len(wrong):,} files of who is whom are missing or cut: {some(wrong)}"
            return [Finding("identities", "bad", text, f"questions need them; {BACKUP}")]
        rows = sum(file.row_count for file in files)
        return [Finding("identities", "ok", f"{len(files):,} files with {rows:,} calls are there")]

    def check_buffer(self) -> list[Finding]:
        """Each segment that waits can be read to its end, and none waits for long."""
        directory = self._root / "buffer"
        flushed = self._contents.flushed if self._manifest.exists() else frozenset()
        damaged: list[str] = []
        count, oldest_us = 0, self._patient.now_us
        for segment in segments.list_segments(directory):
            if segment.name in flushed:
                continue
            end = SEGMENT_HEADER_BYTES
            try:
                for frame in segments.read_frames(segment):
                    end = frame.end
                    count += frame.header.event_count
                    oldest_us = min(oldest_us, frame.header.received_at)
            except FileNotFoundError:  # flushed since it was listed
                continue
            if segment.header is None or end < segment.header.synced_length:
                damaged.append(segment.name)
        findings = []
        if damaged:
            text = f"{len(damaged):,} segments cannot be read to their end: {some(damaged)}"
            advice = "the next flush stores what can be read and keeps them in buffer/damaged"
            findings.append(Finding("buffer", "bad", text, advice))
        kept = [path.name for path in directory.glob(f"{segments.DAMAGED}/*")]
        if kept:
            text = f"{len(kept):,} damaged segments lie in buffer/damaged: {some(kept)}"
            findings.append(
                Finding("buffer", "warn", text, "events in them may be lost; look at the disk, then delete them")
            )
        waited_us = self._patient.now_us - oldest_us
        if waited_us > WAITING_US:
            text = f"{count:,} events wait, the oldest for {waited_us / 60 / clock.MICROSECONDS:,.0f} minutes"
            findings.append(Finding("buffer", "warn", text, "is the scheduler running? See its log"))
        return findings or [Finding("buffer", "ok", f"{count:,} events wait for the next flush")]

    @cached_property
    def _contents(self) -> Contents:
        return read_contents(self._manifest)

    def _fault(self, file: DataFile) -> str:
        path = self._root / file.path
        try:
            size, rows = path.stat().st_size, parquet.count_rows(path)
        except FileNotFoundError:
            return "is missing"
        except BrokenData:
            return "cannot be read"
        if size != file.byte_count or rows != file.row_count:
            return f"has {rows:,} rows in {size:,} bytes, not {file.row_count:,} in {file.byte_count:,}"
        return ""

    def _old_files(self, folder: str) -> list[str]:
        newest = self._patient.now_us / clock.MICROSECONDS - YOUNG_SECONDS
        return [
            path.relative_to(self._root).as_posix()
            for path in (self._root / folder).rglob("*")
            if _is_older(path, newest)
        ]


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.is_file() and path.stat().st_mtime < moment
    except FileNotFoundError:  # moved since it was listed
        return False
