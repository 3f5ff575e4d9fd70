"""The log of identities as Arrow tables and Parquet files, and what it says of who is whom, for questions.

Promises: a row is one call as it came (a link, traits, or both), with when it counts from, which door it came by and
its arrival, which tells it from all others; or it takes a link back, or puts it back. Rows are only ever added, so that
the persons as of any moment, or without one of the links, are resolved from the same rows. A file has its name only
when it is whole and synced; what counts is the manifest's to say (I5). What the rows mean is `domain.identities`'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iafa_api import durable
from iafa_api.domain import identities
from iafa_api.errors import BrokenData
from iafa_api.lake import layout
from iafa_api.lake.event_source import Unseen
from iafa_api.lake.manifest_schema import IdentityFile
from iafa_api.lake.parquet import TIME, USER_KEY

TRAITS = pa.map_(pa.string(), pa.string())
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),  # given by the sender; the first call with it counts
        pa.field("user_id", pa.string(), nullable=False),
        pa.field("anonymous_id", pa.string()),  # of `identify`
        pa.field("previous_id", pa.string()),  # of `alias`
        pa.field("traits", TRAITS),
        pa.field("at", TIME, nullable=False),
        pa.field("door", pa.string(), nullable=False),
        pa.field("ingested_at", TIME, nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("place", pa.int64(), nullable=False),
        pa.field("change", pa.string()),  # null for a call; else what becomes of the link, by `domain.identities`
        pa.field("actor", pa.string()),
    ]
)
OWNERS = pa.schema(
    [
        pa.field("anonymous_id", pa.string()),
        pa.field("person", pa.string()),
        pa.field("later", pa.list_(pa.struct([("from_us", pa.int64()), ("person", pa.string())]))),
    ]
)
COMPRESSION_LEVEL = 3
MERGED_AT_ONCE = 8  # files of one size class; fewer, and the same rows are written again more often
ARRIVAL = [("ingested_at", "ascending"), ("segment", "ascending"), ("place", "ascending")]


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is whom, as the relations that questions join; None where nobody is.

    `owners`: anonymous_id, the person whose they were first and for ever, and who came later (rising, or null).
    `aliases`: user_id, person. `traits`: person, traits.
    """

    owners: Any = None
    aliases: Any = None
    traits: Any = None


def build_table(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Rows of the log; times are microseconds, `traits` a mapping or None; what may be null may be left out."""
    columns = {name: [row.get(name) for row in rows] for name in SCHEMA.names}
    columns["traits"] = [None if traits is None else list(traits.items()) for traits in columns["traits"]]
    return pa.table(columns, schema=SCHEMA)


def join_tables(tables: Sequence[Any]) -> Any:
    """All rows of tables in the order of their arrival, each call once."""
    table = pa.concat_tables([SCHEMA.empty_table(), *[one for one in tables if one.num_rows]])
    if not _is_in_order(table):
        table = table.sort_by(ARRIVAL)
    named = _set_rows(table, "id")
    if len(named) < 2:
        return table
    _, codes = _encode(table.column("id").take(pa.array(named)))
    first = np.unique(codes, return_index=True)[1]
    if len(first) == len(named):
        return table
    keep = np.ones(table.num_rows, dtype=bool)
    keep[named] = False
    keep[named[first]] = True
    return table.filter(pa.array(keep))


def write_identities(root: Path, project_id: str, table: Any) -> IdentityFile:
    """Write rows as a new file, durably."""
    relative = layout.identities_path(project_id)
    path = root / relative
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=COMPRESSION_LEVEL, store_schema=True)
    content = sink.getvalue()
    durable.write_whole_file(path, content)
    return IdentityFile(str(relative), project_id, table.num_rows, content.size)


def read_identities(root: Path, file: IdentityFile) -> Any:
    """The rows of a file. FileNotFoundError where it is gone, BrokenData where it is not what was written."""
    try:
        with pq.ParquetFile(root / file.path) as opened:
            table = opened.read()
        for column in SCHEMA:
            if column.name not in table.column_names and column.nullable:  # it was written before there was one
                table = table.append_column(column, pa.nulls(table.num_rows, column.type))
        table = table.select(SCHEMA.names).cast(SCHEMA)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError) as error:
        raise BrokenData(f"{file.path} cannot be read: {error}.") from error
    if table.num_rows != file.row_count:
        raise BrokenData(f"{file.path} holds {table.num_rows} rows, not {file.row_count}.")
    return table


def without_unseen(table: Any, unseen: Unseen) -> Any:
    """The rows of a table that an earlier answer saw."""
    segments, at_us = table.column("segment"), table.column("ingested_at").cast(pa.int64()).to_numpy()
    is_kept = ~pc.is_in(segments, pa.array(unseen.segments, pa.string())).to_numpy()
    for name, moment in unseen.arrivals.items():
        is_kept |= pc.equal(segments, name).to_numpy() & (at_us <= moment)
    return table.filter(pa.array(is_kept))


def arrived_by(table: Any, moment_us: int) -> Any:
    """The rows of a table that had arrived at a moment (microseconds)."""
    return table.filter(pa.array(table.column("ingested_at").cast(pa.int64()).to_numpy() <= moment_us))


def plan_merge(files: Sequence[IdentityFile]) -> list[IdentityFile]:
    """The files to be written into the next: those of a size class that there are many of.

    So a row is written again about once for each class, and the number of files grows with the logarithm of the rows.
    """
    classes: dict[int, list[IdentityFile]] = {}
    for file in files:
        classes.setdefault(file.row_count.bit_length() // 3, []).append(file)
    return [file for some in classes.values() if len(some) >= MERGED_AT_ONCE for file in some]


def resolve(table: Any) -> Persons:
    """Who is whom by these rows, which are in the order of their arrival."""
    table = _without_undone(table)
    if not table.num_rows:
        return Persons()
    at_us = table.column("at").cast(pa.int64()).to_numpy()
    linked, joined, described = (_set_rows(table, name) for name in ("anonymous_id", "previous_id", "traits"))
    users, codes = _encode(pa.chunked_array([*table.column("user_id").chunks, *_chunks(table, "previous_id", joined)]))
    user, previous = codes[: table.num_rows], codes[table.num_rows :]
    names = pc.binary_join_element_wise(USER_KEY, users, "")
    persons = Persons()
    if len(joined):
        speaks = identities.resolve_aliases(previous, user[joined], at_us[joined], len(users))
        moved = np.flatnonzero(speaks != np.arange(len(users)))
        if len(moved):
            aliases = pa.table({"user_id": users.take(pa.array(moved)), "person": names.take(pa.array(speaks[moved]))})
            persons = Persons(aliases=aliases)
        user = speaks[user]
    return Persons(
        _owners(table, linked, user, at_us, names) if len(linked) else None,
        persons.aliases,
        _traits(table, described, user, at_us, names) if len(described) else None,
    )


def resolve_more(stored: Any, known: Persons, new: Any) -> Persons:
    """Who is whom by the rows of two tables, of which the first is resolved already.

    A call changes a few visitors and users: only what is stored of them is resolved again.
    """
    if not stored.num_rows or len(_set_rows(new, "previous_id")) or len(_set_rows(new, "id")):
        return resolve(join_tables([stored, new]))
    visitors = pc.unique(new.column("anonymous_id")).drop_null()
    users = _with_joined(known, pc.unique(new.filter(pc.is_valid(new.column("traits"))).column("user_id")))
    concerned = pc.is_valid(stored.column("previous_id"))
    for name, ids in (("anonymous_id", visitors), ("user_id", users)):
        if len(ids):
            concerned = pc.or_(concerned, pc.is_in(stored.column(name), value_set=ids))
    part = resolve(join_tables([stored.filter(concerned), new]))
    persons = pc.binary_join_element_wise(USER_KEY, users, "")
    return Persons(
        _replaced(known.owners, part.owners, "anonymous_id", visitors),
        known.aliases,
        _replaced(known.traits, part.traits, "person", persons),
    )


def ids_of(persons: Persons, person: str) -> tuple[list[str], list[str]]:
    """The users who are this person, sorted, and the visitors whose events are theirs, at any time."""
    users = [person.removeprefix(USER_KEY)] if person.startswith(USER_KEY) else []
    visitors = [] if users else [person[1:]]
    if persons.aliases is not None:
        users += _ids(persons.aliases, pc.equal(persons.aliases.column("person"), person), "user_id")
    if persons.owners is not None:
        later = persons.owners.column("later").combine_chunks()
        visitors += _ids(persons.owners, pc.equal(persons.owners.column("person"), person), "anonymous_id")
        came = pc.equal(pc.struct_field(pc.list_flatten(later), "person"), person)
        visitors += persons.owners.column("anonymous_id").take(pc.list_parent_indices(later).filter(came)).to_pylist()
    return sorted(set(users)), sorted(set(visitors))


def person_of(persons: Persons, kind: str, text: str) -> str:
    """The person whom a user's or visitor's id (by `kind`, the prefix of their keys) means now."""
    table, name = (persons.aliases, "user_id") if kind == USER_KEY else (persons.owners, "anonymous_id")
    found = [] if table is None else table.filter(pc.equal(table.column(name), text)).to_pylist()
    if not found:
        return f"{kind}{text}"
    person: str = found[0]["later"][-1]["person"] if found[0].get("later") else found[0]["person"]
    return person


def traits_of(persons: Persons, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """The traits of those persons who have any."""
    if persons.traits is None:
        return {}
    mine = pc.is_in(persons.traits.column("person"), value_set=pa.array(keys, pa.string()))
    return {row["person"]: dict(row["traits"]) for row in persons.traits.filter(mine).to_pylist()}


def list_links(table: Any, users: Sequence[str], visitors: Sequence[str]) -> list[dict[str, Any]]:
    """What was said of who is whom about these users and visitors: the rows that name a link, in order of arrival,
    each with `is_undone`: whether it is a call that does not count any more."""
    linked = table.filter(_names_link(table))
    links = _link_rows(linked)
    undone = set(identities.find_undone(links))
    wanted_users, wanted_visitors = set(users), set(visitors)
    rows = linked.drop_columns(["traits"]).to_pylist() if linked.num_rows else []
    return [
        {**row, "is_undone": place in undone}
        for place, row in enumerate(rows)
        if row["user_id"] in wanted_users
        or row["previous_id"] in wanted_users
        or row["anonymous_id"] in wanted_visitors
    ]


def _without_undone(table: Any) -> Any:
    """The rows that count: the changes are left out, and of calls that were undone the links."""
    changes = pc.is_valid(table.column("change"))
    if not pc.any(changes).as_py():
        return table
    # Only what is said of the visitors and users whose links were changed is gone through one by one.
    changed = table.filter(changes)
    concerned = pc.or_(
        pc.is_in(table.column("anonymous_id"), value_set=pc.unique(changed.column("anonymous_id")).drop_null()),
        pc.is_in(table.column("previous_id"), value_set=pc.unique(changed.column("previous_id")).drop_null()),
    )
    places = np.flatnonzero(concerned.to_numpy())
    undone = np.zeros(table.num_rows, dtype=bool)
    undone[places[identities.find_undone(_link_rows(table.filter(concerned)))]] = True
    for name in ("anonymous_id", "previous_id"):
        column = pc.if_else(pa.array(undone), pa.scalar(None, pa.string()), table.column(name))
        table = table.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), column)
    return table.filter(pc.invert(changes))


def _names_link(table: Any) -> Any:
    return pc.or_(pc.is_valid(table.column("anonymous_id")), pc.is_valid(table.column("previous_id")))


def _link_rows(table: Any) -> list[tuple[tuple[str | None, ...], str | None]]:
    ends = [table.column(name).to_pylist() for name in ("anonymous_id", "previous_id", "user_id")]
    return list(zip(zip(*ends, strict=True), table.column("change").to_pylist(), strict=True))


def _owners(table: Any, linked: Any, user: Any, at_us: Any, names: Any) -> Any:
    visitors, codes = _encode(table.column("anonymous_id").take(pa.array(linked)))
    owners = identities.resolve_owners(codes, user[linked], at_us[linked])
    person = names.take(pa.array(owners.user))
    first = owners.from_us == identities.FOREVER_US
    later = pa.StructArray.from_arrays(
        [pa.array(owners.from_us[~first]), person.filter(pa.array(~first))], names=["from_us", "person"]
    )
    ends = np.append(np.flatnonzero(first)[1:], len(first))
    counts = ends - np.flatnonzero(first) - 1
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), later, mask=pa.array(counts == 0))
    return pa.table(
        [visitors.take(pa.array(owners.anonymous[first])), person.filter(pa.array(first)), lists], schema=OWNERS
    )


def _traits(table: Any, described: Any, user: Any, at_us: Any, names: Any) -> Any:
    column = table.column("traits").take(pa.array(described)).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], TRAITS)
    offsets = column.offsets.to_numpy()
    counts = np.diff(offsets)
    keys = column.keys.slice(offsets[0], offsets[-1] - offsets[0])
    values = column.items.slice(offsets[0], offsets[-1] - offsets[0])
    rows = np.repeat(described, counts)
    person = user[rows]
    _, key_codes = _encode(pa.chunked_array([keys]))
    written = identities.last_written(person, key_codes, at_us[rows])
    written = written[pc.is_valid(values).to_numpy(zero_copy_only=False)[written]]
    if not len(written):
        return None
    owner = person[written]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    bounds = pa.array(np.append(starts, len(owner)).astype(np.int32))
    maps = pa.MapArray.from_arrays(bounds, keys.take(pa.array(written)), values.take(pa.array(written)))
    return pa.table({"person": names.take(pa.array(owner[starts])), "traits": maps})


def _with_joined(known: Persons, users: Any) -> Any:
    """The users, all who are joined with them, and who speaks for them."""
    if known.aliases is None:
        return users
    ids, persons = known.aliases.column("user_id"), known.aliases.column("person")
    mine = persons.filter(pc.is_in(ids, value_set=users))
    speakers = pc.unique(pa.chunked_array([*mine.chunks, pc.binary_join_element_wise(USER_KEY, users, "")]))
    joined = ids.filter(pc.is_in(persons, value_set=speakers))
    found = [pc.utf8_slice_codeunits(speakers, len(USER_KEY)), *joined.chunks]
    return pc.unique(pa.chunked_array(found, pa.string()))


def _replaced(known: Any, part: Any, name: str, ids: Any) -> Any:
    """The rows of `known`, those of these ids replaced by the ones in `part`; None where none is left."""
    tables = []
    for table, is_new in ((known, False), (part, True)):
        if table is not None and not (is_new and not len(ids)):
            mine = pc.is_in(table.column(name), value_set=ids)
            tables.append(table.filter(mine if is_new else pc.invert(mine)) if len(ids) else table)
    joined = pa.concat_tables(tables) if tables else None
    return joined if joined is not None and joined.num_rows else None


def _ids(table: Any, is_wanted: Any, name: str) -> list[str]:
    ids: list[str] = table.filter(is_wanted).column(name).to_pylist()
    return ids


def _is_in_order(table: Any) -> bool:
    """Whether the rows are seen at a glance to stand in the order of arrival."""
    times = table.column("ingested_at").cast(pa.int64()).to_numpy()
    return bool(np.all(times[1:] > times[:-1]))


def _set_rows(table: Any, name: str) -> Any:
    return np.flatnonzero(pc.is_valid(table.column(name)).to_numpy(zero_copy_only=False))


def _chunks(table: Any, name: str, rows: Any) -> list[Any]:
    chunks: list[Any] = table.column(name).take(pa.array(rows)).chunks
    return chunks


def _encode(column: Any) -> tuple[Any, Any]:
    """The distinct texts, and for each row the place of its own among them."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
