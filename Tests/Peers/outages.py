"""Long outages of each queue under load, on each runtime: for Scripts/outages, since they take their time."""
import os
import pathlib
import threading
import time

import pytest

from servers import Server
from test_cluster import (  # noqa: F401
    BROKERS, EACH_BROKER, Broker, Client, Start, broker, brokers, join, mode, settle, start)
from waiting import until

SECONDS = float(os.environ.get("OUTAGE_SECONDS", "30"))


class Talker(threading.Thread):
    """Tells everybody a number, some hundred times a second, until it is told to stop."""

    def __init__(self, client: Client):
        super().__init__(daemon=True)
        self.client = client
        self.count = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.005):
            self.client.emit("emit", [], [], "number", self.count)
            self.count += 1

    def stop(self) -> int:
        self.ended.set()
        self.join()
        return self.count


def numbers(client: Client) -> list[int]:
    return [event[1] for event in list(client.heard) if event[0] == "number"]


def resident(server: Server) -> int:
    return int(pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


@EACH_BROKER
def test_a_long_outage(start: Start, broker: Broker, join, request: pytest.FixtureRequest) -> None:  # noqa: F811
    nodes = [start("--probe", "1000", "--probe-timeout", "1000", "--max-queued", "500") for _ in range(2)]
    talker, a, b = Talker(join(nodes[0])), join(nodes[0]), join(nodes[1])
    settle([a, b], 2)
    before = [node.descriptors() for node in nodes]
    talker.start()
    until(lambda: len(numbers(b)) > 100, "the load")
    memory = [resident(node) for node in nodes]
    broker.pause()
    paused = time.monotonic()
    try:
        until(lambda: a.call("health")[0] != "connected", "the loss to be noticed")
        noticed = time.monotonic() - paused
        # Clients of the same server hear every number meanwhile.
        while time.monotonic() - paused < SECONDS:
            seen = talker.count
            until(lambda: len(numbers(a)) >= seen, "the clients of the same server")
    finally:
        broker.resume()
    resumed = time.monotonic()
    until(lambda: a.call("health")[0] == b.call("health")[0] == "connected", "both to be back")
    until(lambda: len(a.call("servers", 1)) == 1, "the cluster to be whole")
    whole = time.monotonic() - resumed
    count = talker.stop()
    a.call("emit", [], [], "end")
    b.hears("end")
    until(lambda: len(numbers(a)) == count, "the last number")
    assert numbers(a) == list(range(count))

    def counters() -> dict[str, int]:
        return a.call("health")[1]
    until(lambda: counters()["published"] == counters()["confirmed"] + counters()["unconfirmed"], "all to be accounted for")
    # Order is kept. Whoever has missed something comes to know how much.
    heard = numbers(b)
    assert heard == sorted(set(heard))
    lost = count - len(heard)
    until(lambda: b.call("health")[1]["missed"] >= lost, "what was missed to be counted")
    until(lambda: all(node.descriptors() <= had + 4 for node, had in zip(nodes, before)), "the descriptors to be given back")
    grown = max(resident(node) - had for node, had in zip(nodes, memory))
    assert grown < 64 << 20
    print(f"\n{request.node.callspec.id}: noticed after {noticed:.1f} s, whole {whole:.1f} s after the end; of {count} "
          f"numbers {lost} did not arrive, {counters()['dropped']} dropped, {counters()['unconfirmed']} not confirmed, "
          f"{b.call('health')[1]['missed']} missed; "
          f"memory {grown / 1024 / 1024:+.1f} MiB")
