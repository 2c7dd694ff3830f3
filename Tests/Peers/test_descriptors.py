"""A server that has no descriptor left."""
import os
import resource
import socket
import time

import pytest
import requests

from servers import MODES, Server
from waiting import until


def processor_seconds(pid: int) -> float:
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("mode", MODES)
def test_no_descriptor_left(mode: str) -> None:
    """It does not spin on the connections that wait, and serves again once descriptors are free."""
    server = Server("conformance-server", "--async-mode", mode, "--executors", "1").wait_ready()
    until(lambda: requests.get(server.url, timeout=60).status_code, "an answer")
    limit = server.descriptors() + 20
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(60)]
    try:
        until(lambda: server.descriptors() >= limit - 2, "the descriptors to be used up")
        # A loop that spins takes all the processor time it can get; however slow the machine is, one that waits does not.
        before, start = processor_seconds(server.process.pid), time.monotonic()
        until(lambda: time.monotonic() - start > 3, "three seconds to pass")
        assert processor_seconds(server.process.pid) - before < 1
    finally:
        for client in clients:
            client.close()

    def answers() -> bool:
        try:
            return requests.get(server.url, timeout=5).status_code > 0
        except requests.RequestException:
            return False
    until(answers, "an answer once descriptors are free", 60)
    assert server.stop() == 0, server.text
