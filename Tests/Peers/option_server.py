"""Servers whose options a test chooses."""
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import requests

from servers import Server

Start = Callable[..., Server]


@contextmanager
def serving(mode: str, *arguments: str, **options: object) -> Iterator[Server]:
    """An option-server with further arguments; two underscores in the name of an option stand for a dot."""
    settings = [part for name, value in options.items() for part in ("--set", f"{name.replace('__', '.')}={value}")]
    server = Server("option-server", "--async-mode", mode, *arguments, *settings).wait_ready()
    try:
        yield server
        assert server.process.poll() is None, f"the server died: {server.text}"
    finally:
        assert server.stop() == 0, server.text


@contextmanager
def starting(mode: str) -> Iterator[Start]:
    """Starts servers with options, and ends them with the test."""
    with ExitStack() as servers:
        yield lambda *arguments, **options: servers.enter_context(serving(mode, *arguments, **options))


def counters(server: Server) -> dict[str, int]:
    """What the server has counted."""
    return requests.get(f"{server.url}/counters", timeout=60).json()
