"""`iafa revert --to TIME --stream …`: projects and what is saved in them as they were, after showing what changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from iafa_api import clock
from iafa_api.domain.moments import log_time
from iafa_api.metadata.bulk_revert import PlannedRevert, plan_bulk_revert
from iafa_api.metadata.events import Actor, Cause, NewEvent
from iafa_api.metadata.projections import State
from iafa_api.services import Services


def run_revert(console: Console, services: Services, *, to: str, streams: Sequence[str], dry_run: bool) -> int:
    """Print the difference, and make it unless it is a dry run; how many events were written."""
    then = services.timeline.state_at(services.timeline.seq_at(log_time(to, "to", at_end=True)))
    if dry_run:
        plans = plan_bulk_revert(services.store.current(), then, streams)
        _print(console, plans)
        count = sum(len(plan.events) for plan in plans)
        console.print(f"A dry run: {count} events would be written.", highlight=False)
        return 0
    made: list[PlannedRevert] = []

    def decide(now: State) -> list[NewEvent]:
        made[:] = plan_bulk_revert(now, then, streams)
        return [event for plan in made for event in plan.events]

    services.store.change(Cause(Actor("operator"), clock.new_id()), decide)
    _print(console, made)
    count = sum(len(plan.events) for plan in made)
    console.print(f"{count} events written.", highlight=False)
    return count


def _print(console: Console, plans: Sequence[PlannedRevert]) -> None:
    for plan in plans:
        if not plan.events:
            console.print(Text(f"{plan.stream}: stays as it is: {plan.why}", style="dim"))
            continue
        console.print(Text(plan.stream, style="bold"))
        for change in plan.changes:
            console.print(Text(f"  - {change.path}: {_json(change.before)}", style="red"), soft_wrap=True)
            console.print(Text(f"  + {change.path}: {_json(change.after)}", style="green"), soft_wrap=True)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
