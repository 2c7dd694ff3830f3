"""Servers for the tests, one for each runtime."""
import sys
from collections.abc import Iterator

import pytest

sys.path.insert(0, __file__.rsplit("/", 1)[0])

from option_server import Start, starting  # noqa: E402
from servers import MODES, Server  # noqa: E402
from waiting import until  # noqa: E402


@pytest.fixture(scope="session", params=MODES)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A conformance server with two executors, which is alive and has lost nothing when all tests are done. It asks for
    a sign of life every 300 ms, and waits for five seconds: a busy machine keeps no test from answering in time."""
    yield from serve(request.param, "--ping-timeout", "5000")


@pytest.fixture(scope="session", params=MODES)
def strict_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The same for clients that are meant to be missed: it waits for 200 ms only."""
    yield from serve(request.param)


@pytest.fixture(scope="session", params=MODES)
def patient_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The same for real clients, which are given half a minute; and the connections that browsers keep for later do not
    keep the tests waiting."""
    yield from serve(request.param, "--ping-timeout", "30000", "--keep-alive-timeout", "5000")


def serve(mode: str, *options: str) -> Iterator[Server]:
    running = Server("conformance-server", "--async-mode", mode, "--executors", "2", *options).wait_ready()
    before = running.descriptors()
    yield running
    assert running.process.poll() is None, f"the server died: {running.text}"
    # Vanished clients are found out by the heartbeat, or by the end of an idle connection.
    until(lambda: running.descriptors() <= before + 2, "the descriptors of the clients to be given back", 90)
    assert running.stop() == 0, running.text


@pytest.fixture(params=MODES)
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts servers with options, on one runtime."""
    with starting(request.param) as begin:
        yield begin
