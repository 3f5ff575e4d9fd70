"""Two processes under one command: started together, stopped together, none left behind.

Each child is given the reading end of a pipe (its lifeline) whose writing end only the supervisor holds: when the
supervisor dies, however it dies, the children read the end of the pipe and stop by themselves.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from iafa_api import clock

LOOK_SECONDS = 0.2
STOP_SECONDS = 15.0  # what a child may take to finish its requests and its flush before it is killed


@dataclass(frozen=True, slots=True)
class Ending:
    """How it went: the signal that asked for it, or which children ended unasked (with their exit codes), and whether
    the others stopped in time."""

    signal_name: str | None
    unasked: Mapping[str, int]
    is_clean: bool


def run_together(
    commands: Mapping[str, Sequence[str]], *, environment: Mapping[str, str], on_start: Callable[[], None]
) -> Ending:
    """Run the commands (by name) until SIGINT or SIGTERM comes or one of them ends; then stop them all.

    `--lifeline FD` is added to each command. `on_start` is called once they run, in a thread of its own.
    """
    asked = threading.Event()
    signals: list[str] = []

    def stop(signum: int, frame: FrameType | None) -> None:
        signals.append(signal.Signals(signum).name)
        asked.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)
    lifeline, held = os.pipe()
    children = {
        name: subprocess.Popen(  # noqa: S603  (the commands are our own)
            [*command, "--lifeline", str(lifeline)], env=dict(environment), pass_fds=[lifeline]
        )
        for name, command in commands.items()
    }
    os.close(lifeline)
    threading.Thread(target=on_start, daemon=True).start()
    while not asked.wait(LOOK_SECONDS) and all(child.poll() is None for child in children.values()):
        pass
    asked.wait(LOOK_SECONDS)
    codes = {name: child.poll() for name, child in children.items()}
    # asked by a signal to the whole group, as Ctrl-C is, a child may be gone before this process has noticed
    unasked = {} if asked.is_set() else {name: code for name, code in codes.items() if code is not None}
    is_clean = stop_all(list(children.values()))
    os.close(held)
    return Ending(signals[0] if signals else None, unasked, is_clean)


def stop_all(children: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Stop the children, patiently, then not; whether all went by themselves."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = clock.monotonic() + STOP_SECONDS
    clean = True
    for child in children:
        try:
            child.wait(max(0.0, deadline - clock.monotonic()))
        except subprocess.TimeoutExpired:
            clean = False
            child.kill()
            child.wait()
    return clean


def watch_lifeline(descriptor: int | None) -> None:
    """Ask this process to stop once the supervisor that holds the other end is gone."""
    if descriptor is None:
        return

    def watch() -> None:
        os.read(descriptor, 1)  # nobody writes: this returns at the end of the pipe
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
