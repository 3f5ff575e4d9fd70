"""The ordered funnel as SQL, one statement per step: the text only; `duckdb_engine` runs it.

The steps work on tie groups (a person, an instant) with a column `need1` … `needN`: the fewest stages that must be
filled before the group so that stage k can be filled in it (NULL: it cannot).

Up: `bK` has, for each group that can hold stage K of any chain, the latest entry of such a chain. An entry never falls
as a person's time goes on, so the last group before that holds stage need_k has the latest entry that helps, and an
ASOF join finds it. (Window functions over all groups answer the same and took 2 to 20 times as long.)
Down: a person's depth is the greatest K with a row in `bK`, the end the first such group, the entry is noted there.
Forward: from the entry each further stage as early as it can be, which is always either in the group that the walk has
reached (where it can hold one stage more) or in the next one that can hold the stage.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names and numbers of stages; values go in as parameters
from iafa_api.analytics.event_sql import Parameters, filter_sql, looked_at_sql
from iafa_api.domain.funnel import FunnelQuestion, Stage


def matched(question: FunnelQuestion, events: str, parameters: Parameters) -> str:
    """Every event that meets a stage: whose, when, and which stages (bit k-1 of `mask` for stage k)."""
    stages = question.definition.stages
    bits = [f"CASE WHEN {_meets(stage, parameters)} THEN {1 << bit} ELSE 0 END" for bit, stage in enumerate(stages)]
    types = [stage.event_type for stage in stages]
    # Said on its own, so that row groups without these types are never read.
    typed = "true" if None in types else f"event_type IN ({', '.join(parameters.name(name) for name in set(types))})"
    looked_at = looked_at_sql(question.time_range, question.filter, parameters)
    return f"""
        CREATE TEMP TABLE matched AS
        SELECT person, epoch_us(created_at) AS time_us, {" | ".join(bits)} AS mask
        FROM ({events}) WHERE {looked_at} AND {typed} AND mask > 0"""


def _meets(stage: Stage, parameters: Parameters) -> str:
    tests = [] if stage.event_type is None else [f"event_type = {parameters.name(stage.event_type)}"]
    if stage.filter is not None:
        tests.append(filter_sql(stage.filter, parameters))
    return " AND ".join(tests) or "true"


# Numbers are sorted and joined faster than names: the ASOF joins below take half the time with them.
PERSONS = """
    CREATE TEMP TABLE persons AS
    SELECT person AS name, CAST(row_number() OVER () AS INTEGER) AS person FROM (SELECT DISTINCT person FROM matched)"""

INSTANTS = """
    CREATE TEMP TABLE instants AS
    SELECT persons.person, time_us, count(*) AS events, bit_or(mask) AS mask, max(bit_count(mask)) > 1 AS is_wide
    FROM matched JOIN persons ON matched.person = persons.name GROUP BY ALL"""

# The three kinds of tie groups, by what their needs depend on: `kind` 1 on the mask of the one event, 2 on the stages
# met by any of the events, 3 on how many events meet which stages.
KINDS = "CASE WHEN events = 1 THEN 1 WHEN NOT is_wide THEN 2 ELSE 3 END"
MASKS = f"SELECT DISTINCT {KINDS} AS kind, mask FROM instants WHERE kind < 3"
HAS_CROWDS = f"SELECT count(*) > 0 FROM instants WHERE {KINDS} = 3"

CROWDS = """
    CREATE TEMP TABLE crowds AS
    SELECT person, time_us, CAST(dense_rank() OVER (ORDER BY classes) AS INTEGER) AS code, classes FROM (
        SELECT person, time_us, string_agg(mask || 'x' || count, ',' ORDER BY mask) AS classes FROM (
            SELECT instants.person, instants.time_us, matched.mask, least(count(*), bit_count(matched.mask)) AS count
            FROM instants JOIN persons USING (person)
            JOIN matched ON matched.person = persons.name AND matched.time_us = instants.time_us
            WHERE events > 1 AND is_wide GROUP BY instants.person, instants.time_us, matched.mask)
        GROUP BY person, time_us)"""

CLASSES = "SELECT DISTINCT code, classes FROM crowds"
NO_CROWDS = "CREATE TEMP TABLE crowds (person INTEGER, time_us BIGINT, code INTEGER, classes VARCHAR)"


def needs(stage_count: int) -> str:
    """Takes the parameters `kinds`, `codes` and `need1` … as lists of one length."""
    columns = ", ".join(f"unnest(CAST($need{k} AS TINYINT[])) AS need{k}" for k in range(1, stage_count + 1))
    return f"""
        CREATE TEMP TABLE needs AS
        SELECT unnest(CAST($kinds AS INTEGER[])) AS kind, unnest(CAST($codes AS INTEGER[])) AS code, {columns}"""


def groups(stage_count: int) -> str:
    columns = ", ".join(f"need{k}" for k in range(1, stage_count + 1))
    return f"""
        CREATE TEMP TABLE groups AS
        WITH coded AS (
            SELECT person, time_us, {KINDS} AS kind, CAST(mask AS INTEGER) AS code FROM instants WHERE kind < 3
            UNION ALL SELECT person, time_us, 3, code FROM crowds)
        SELECT person, time_us, {columns} FROM coded JOIN needs USING (kind, code)"""


def up(stage: int, needed: list[int], *, has_window: bool) -> str:
    """`needed`: the values of `need<stage>` that occur. Takes the parameter `window` where it is used."""
    parts = [f"SELECT person, time_us, time_us AS entry FROM groups WHERE need{stage} = 0"] if 0 in needed else []
    within = "WHERE now.time_us - before.entry <= CAST($window AS BIGINT)" if has_window else ""
    parts += [
        f"""
        SELECT now.person, now.time_us, before.entry
        FROM (SELECT person, time_us FROM groups WHERE need{stage} = {need}) AS now
        ASOF JOIN b{need} AS before ON now.person = before.person AND now.time_us > before.time_us {within}"""
        for need in needed
        if need > 0
    ]
    return f"CREATE TEMP TABLE b{stage} AS {' UNION ALL '.join(parts)}"


def ends(stage: int) -> str:
    """Whoever has a chain of this depth: where the first of them ends, its entry, and the last group of the stage."""
    return f"""
        INSERT INTO ends SELECT person, {stage}, min(time_us), arg_min(entry, time_us), max(time_us)
        FROM b{stage} GROUP BY person"""


ENDS = "CREATE TEMP TABLE ends (person INTEGER, depth INTEGER, time_us BIGINT, entry BIGINT, last_time_us BIGINT)"

# `last_time_us` of depth 1 is the person's last entry of all.
DEPTHS = """
    CREATE TEMP TABLE depths AS
    SELECT person, max(depth) AS depth, arg_max(entry, depth) AS entry, arg_min(last_time_us, depth) AS last_entry
    FROM ends GROUP BY person"""

COUNTS = "SELECT depth, count(*) FROM depths GROUP BY depth"
# In this order, because a sum of the entry and the window may pass the greatest time there is.
PENDING = """
    SELECT depth, count(*) FROM depths
    WHERE last_entry > CAST($known_until AS BIGINT) - CAST($window AS BIGINT) GROUP BY depth"""

WALKED = """
    CREATE TEMP TABLE walked AS SELECT groups.* FROM groups
    SEMI JOIN (SELECT person FROM depths WHERE depth > 1) AS deep ON groups.person = deep.person"""

WALK = """
    CREATE TEMP TABLE w1 AS
    SELECT person, depth, entry AS time_us, 0 AS filled, 0 AS taken FROM depths WHERE depth > 1"""


def forward(stage: int) -> str:
    """`filled` stages were filled before the group at `time_us`; `taken` is the time since the stage before."""
    return f"""
        CREATE TEMP TABLE w{stage} AS
        WITH now AS (
            SELECT w.person, depth, w.time_us, filled, coalesce(need{stage} <= filled, false) AS stays
            FROM w{stage - 1} AS w JOIN walked USING (person, time_us) WHERE depth >= {stage})
        SELECT person, depth, time_us, filled, 0 AS taken FROM now WHERE stays
        UNION ALL
        SELECT now.person, now.depth, next.time_us, {stage - 1}, next.time_us - now.time_us
        FROM (SELECT * FROM now WHERE NOT stays) AS now
        ASOF JOIN (SELECT person, time_us FROM walked WHERE need{stage} IS NOT NULL) AS next
        ON now.person = next.person AND now.time_us < next.time_us"""


def times(stage: int) -> str:
    """Exact: a sum of whole microseconds, and their median, which a double holds to the half."""
    return f"SELECT count(*), sum(taken), median(taken) FROM w{stage}"
