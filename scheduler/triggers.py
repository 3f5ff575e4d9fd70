"""When a job is due: every so many seconds, or each day at a time of day. Pure; APScheduler is told elsewhere.

Times of day are UTC, in summer and in winter: no day has the time twice, and none is without it.
"""

from __future__ import annotations

from dataclasses import dataclass

from iafa_api import clock

DAY_US = 86_400 * clock.MICROSECONDS
MINUTE_US = 60 * clock.MICROSECONDS


@dataclass(frozen=True, slots=True)
class Every:
    """At the start of the scheduler plus so many seconds, and on from there."""

    seconds: float

    @property
    def in_words(self) -> str:
        """Such as `every 10 minutes`."""
        for unit, size in (("hour", 3600), ("minute", 60)):
            count, rest = divmod(self.seconds, size)
            if count and not rest:
                return f"every {unit}" if count == 1 else f"every {count:.0f} {unit}s"
        return "every second" if self.seconds == 1 else f"every {self.seconds:g} seconds"

    def next_after(self, moment_us: int) -> int:
        """When it is due again after a run that began at this moment."""
        return moment_us + int(self.seconds * clock.MICROSECONDS)


@dataclass(frozen=True, slots=True)
class Daily:
    """At a time of day in UTC, `HH:MM` as the settings give it. One that was missed is made up at the next start."""

    at: str

    @property
    def hour_minute(self) -> tuple[int, int]:
        hour, _, minute = self.at.partition(":")
        return int(hour), int(minute)

    @property
    def in_words(self) -> str:
        """Such as `daily at 03:30 UTC`."""
        return f"daily at {self.at} UTC"

    def next_after(self, moment_us: int) -> int:
        """The first time after this moment."""
        return self.last_before(moment_us) + DAY_US

    def last_before(self, moment_us: int) -> int:
        """The last time before this moment, or at it."""
        hour, minute = self.hour_minute
        of_today = moment_us // DAY_US * DAY_US + (hour * 60 + minute) * MINUTE_US
        return of_today if of_today <= moment_us else of_today - DAY_US
