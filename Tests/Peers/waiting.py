"""Waiting for a condition instead of for a time."""
import threading
import time
from collections.abc import Callable

DEADLINE = 60.0


def until(condition: Callable[[], object], what: str, deadline: float = DEADLINE) -> object:
    """Returns the first true value of `condition`; fails after a generous deadline."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:.0f} s in vain for {what}")
        pause.wait(0.01)
