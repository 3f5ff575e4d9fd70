"""The judge of the long test is judged: a leak is seen, what comes and goes is not taken for one."""

import os
from random import Random

from tests.soak.vital_signs import growth, read_vitals

TIMES = [10.0 * number for number in range(90)]


def test_growth_is_seen_through_noise_and_through_spikes_that_go_again() -> None:
    dice = Random(1)
    noise = [dice.uniform(-5, 5) + (80 if number % 6 == 0 else 0) for number in range(90)]
    assert abs(growth(TIMES, noise)) < 3
    assert 27 < growth(TIMES, [value + 30 * time / TIMES[-1] for time, value in zip(TIMES, noise, strict=True)]) < 33


def test_a_step_that_stays_counts_less_than_a_slope_of_the_same_height() -> None:
    """Memory that is taken once, for a larger merge than before, is no leak."""
    step = [30.0 if number > 60 else 0.0 for number in range(90)]
    assert growth(TIMES, step) < 30


def test_a_process_that_is_gone_has_no_vitals() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert read_vitals(child) is None
    os.waitpid(child, 0)
    assert read_vitals(child) is None
    own = read_vitals(os.getpid())
    assert own is not None
    assert 0 < own.anonymous_bytes <= own.resident_bytes
    assert own.descriptors > 2
