"""The item of an event as SQL: what `domain.path_items.node_of` says, in the engine's words."""

from __future__ import annotations

from iafa_api.analytics.event_sql import Parameters, property_sql
from iafa_api.domain.path_items import BEHIND_PATH, ORIGIN, URL, Items, group_pattern


def item_sql(items: Items, parameters: Parameters) -> str:
    """The node of an event, NULL where it has no item."""
    text = property_sql(items.source, parameters)
    if items.source == URL:
        origin = parameters.name(ORIGIN)
        path = f"regexp_replace(regexp_replace({text}, {origin}, ''), {parameters.name(BEHIND_PATH)}, '')"
        text = f"CASE WHEN {path} = '' AND regexp_matches({text}, {origin}) THEN '/' ELSE {path} END"
    text = f"regexp_replace(nullif({text}, ''), '(?s)^(.+)/$', '\\1')"
    if not items.groups:
        return text
    groups = [
        f"WHEN regexp_full_match({text}, {parameters.name(group_pattern(group))}) THEN {parameters.name(group)}"
        for group in items.groups
    ]
    return f"CASE {' '.join(groups)} ELSE {text} END"
