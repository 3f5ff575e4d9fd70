"""Who visits the demo shop: from the day of their first visit, all the days on which they come back.

Promises: the visitors of a first day are a function of that date alone. So any day can be told without telling the days
before it: those who may come are those who first came in the last 90 days.
"""

from __future__ import annotations

import uuid
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final, TypeVar

from iafa_api.domain.demo_catalogue import COUNTRIES, DEVICES, SITE, SOURCES, Device, Source

# Changing any of these changes what every day holds: a demo that is filled further would then contradict itself.
SEED: Final = "iafa demo shop 1"
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, SITE)
GROWTH_A_YEAR: Final = 1.45
GROWTH_FROM: Final = date(2026, 1, 1)
GROWTH_YEARS: Final = (-1.0, 1.5)  # then it stands still: a demo of ten years hence is not a hundred times the size
NEW_VISITORS: Final = 100  # on a middling day of 2026-01
WEEKDAYS: Final = (1.06, 1.04, 1.03, 1.02, 0.95, 0.66, 0.74)  # Monday first
LONGEST_RETURN_DAYS: Final = 90

Choice = TypeVar("Choice")

_COUNTRY_NAMES: Final = tuple(COUNTRIES)
_COUNTRY_LIMITS: Final = tuple(accumulate(COUNTRIES.values()))
_DEVICE_LIMITS: Final = tuple(accumulate(device.share for device in DEVICES))
_SOURCE_LIMITS: Final = tuple(accumulate(source.share for source in SOURCES))


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with one device. `account_on` is the visit (days after the first) at whose end they make an account."""

    anonymous_id: str
    user_id: str
    device: Device
    country: str
    source: Source
    visits: tuple[int, ...]
    account_on: int | None


def pick(dice: Random, choices: Sequence[Choice], limits: Sequence[float]) -> Choice:
    """One of them by its share. Of `Random` only `random` is used: it alone is the same in every Python."""
    return choices[bisect(limits, dice.random() * limits[-1])]


@lru_cache(maxsize=4 * LONGEST_RETURN_DAYS)
def visitors_since(first_day: date) -> dict[int, tuple[Visitor, ...]]:
    """Who came for the first time on a day: by the days after it on which they visit."""
    dice = Random(f"{SEED} {first_day} visitors")  # noqa: S311 - a story that can be told again is wanted, not a secret
    count = round(NEW_VISITORS * _growth(first_day) * WEEKDAYS[first_day.weekday()] * (0.95 + dice.random() / 10))
    by_age: dict[int, list[Visitor]] = {}
    for index in range(count):
        visitor = _make_visitor(dice, first_day, index)
        for age in visitor.visits:
            by_age.setdefault(age, []).append(visitor)
    return {age: tuple(visitors) for age, visitors in by_age.items()}


def _growth(day: date) -> float:
    years = (day - GROWTH_FROM).days / 365.25
    least, most = GROWTH_YEARS
    growth: float = GROWTH_A_YEAR ** min(max(years, least), most)
    return growth


def _make_visitor(dice: Random, first_day: date, index: int) -> Visitor:
    name = f"{first_day:%Y%m%d}-{index}"
    loyalty = dice.random()
    if loyalty < 0.62:  # passes by
        pauses, account_share = (0.0, 0.0), 0.03
    elif loyalty < 0.88:  # comes back now and then
        pauses, account_share = (1.0, 14.0), 0.25
    else:
        pauses, account_share = (1.0, 9.0), 0.7
    visits = _visit_days(dice, first_day, pauses, LONGEST_RETURN_DAYS if loyalty >= 0.88 else 24)
    account_on = visits[int(dice.random() * min(3, len(visits)))] if dice.random() < account_share else None
    return Visitor(
        anonymous_id=str(uuid.uuid5(NAMESPACE, name)),
        user_id=f"customer-{name}",
        device=pick(dice, DEVICES, _DEVICE_LIMITS),
        country=pick(dice, _COUNTRY_NAMES, _COUNTRY_LIMITS),
        source=pick(dice, SOURCES, _SOURCE_LIMITS),
        visits=visits,
        account_on=account_on,
    )


def _visit_days(dice: Random, first_day: date, pauses: tuple[float, float], longest: int) -> tuple[int, ...]:
    days = [0]
    shortest_pause, spread = pauses
    if spread:
        age = 0.0
        while (age := age + shortest_pause + dice.random() * spread) <= longest:
            if dice.random() < WEEKDAYS[(first_day + timedelta(days=int(age))).weekday()]:
                days.append(int(age))
    return tuple(dict.fromkeys(days))
