"""Who is whom: which links are taken, and whose an event is by the links that a project has seen.

The rules work on numbers in place of ids, one array element a link, in the order of arrival: millions of links are
resolved each time that one is added. Promises: the answer depends on the links alone, by the time of the call and then
by arrival; a link that comes again changes nothing; a link that was undone is as if it had never come.

Joined users: each `alias` in its turn puts the whole group of `previous_id` under the one who speaks for the group of
`user_id`. One between two users who are joined already changes nothing, so a cycle is the group without its last link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from iafa_api.domain.filters import canonical_text

# What programs send in place of an id that they do not have: joined, it would make one person of all their visitors.
NO_IDS = frozenset(
    {
        *("", "0", "-1", "null", "nil", "none", "undefined", "nan", "n/a", "true", "false", "[object object]", "{}"),
        *("anonymous", "anonymous_user", "anon", "guest", "unknown", "not_authenticated"),
        *("id", "user_id", "userid", "anonymous_id", "anonymousid", "distinct_id", "distinctid"),
        "00000000-0000-0000-0000-000000000000",
    }
)
UNDO, RESTORE = "undo", "restore"
FOREVER_US = -(1 << 63)  # from_us of a first owner: the visitor's past is theirs, too


class Owners(NamedTuple):
    """Whose a visitor is from a moment on (microseconds), sorted by visitor and moment; each has one FOREVER_US."""

    anonymous: Any
    from_us: Any
    user: Any


def stands_for_nobody(text: str) -> bool:
    """Whether this is no id, but what is sent where there is none."""
    return text.strip().strip("\"'").lower() in NO_IDS


def trait_texts(traits: Mapping[str, Any]) -> dict[str, str | None]:
    """Traits as they are kept: texts as themselves, other JSON as its text, None for what is to be taken away."""
    return {name: None if value is None else canonical_text(value) for name, value in traits.items()}


def find_undone(links: Sequence[tuple[Hashable, str | None]]) -> list[int]:
    """The places of the links that do not count, of (who is joined with whom, the change or None for a plain call).

    An undo takes back what was said of its link before it, a restore takes back the last undo that stands; a call that
    comes after an undo joins again. Both are told of the same link as the calls, in the order of arrival.
    """
    standing: dict[Hashable, list[int]] = defaultdict(list)
    undone: dict[Hashable, list[list[int]]] = defaultdict(list)
    for place, (link, change) in enumerate(links):
        if change is None:
            standing[link].append(place)
        elif change == UNDO and standing[link]:
            undone[link].append(standing.pop(link))
        elif change == RESTORE and undone[link]:
            standing[link] += undone[link].pop()
    return sorted(place for sets in undone.values() for places in sets for place in places)


def resolve_aliases(previous: Any, user: Any, at_us: Any, user_count: int) -> Any:
    """For each of the users 0 … `user_count` - 1 the one who speaks for all that they are joined with."""
    speaks: dict[int, int] = {}
    order = np.argsort(at_us, kind="stable")
    for joined, into in zip(previous[order].tolist(), user[order].tolist(), strict=True):
        speaks[_speaker(speaks, joined)] = _speaker(speaks, into)
    found = np.arange(user_count)
    for one in list(speaks):
        found[one] = _speaker(speaks, one)
    return found


def resolve_owners(anonymous: Any, user: Any, at_us: Any) -> Owners:
    """Whose the visitors are: the first user's for ever, until another is named, and theirs from then on.

    `user` is the person that the user is by `resolve_aliases`.
    """
    order = np.lexsort((at_us, anonymous))  # stable: what arrived first stays first among calls of one time
    links = Owners(anonymous[order], at_us[order].astype(np.int64), user[order])
    links.from_us[_differs(links.anonymous)] = FOREVER_US
    # Of several calls at one moment the last one counts; the others would own nothing.
    links = _take(links, _differs_from_next(links.anonymous, links.from_us))
    return _take(links, _differs(links.anonymous, links.user))


def last_written(person: Any, trait: Any, at_us: Any) -> Any:
    """Of values for a person's trait the places of those that were written last, sorted by person and trait."""
    order = np.lexsort((at_us, trait, person))
    return order[_differs_from_next(person[order], trait[order])]


def _speaker(speaks: dict[int, int], one: int) -> int:
    while (other := speaks.setdefault(one, one)) != one:
        speaks[one] = speaks[other]  # halves the way for whoever asks next
        one = other
    return one


def _take(links: Owners, keep: Any) -> Owners:
    return Owners(*[column[keep] for column in links])


def _differs(*columns: Any) -> Any:
    """Whether a row is another than the one before, in any of the columns; the first one is."""
    found = np.ones(len(columns[0]), dtype=bool)
    if len(found) > 1:
        found[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return found


def _differs_from_next(*columns: Any) -> Any:
    return _differs(*[column[::-1] for column in columns])[::-1]
