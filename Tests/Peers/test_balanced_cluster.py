"""Several of our processes behind a real nginx, joined by a queue."""
import threading
from collections.abc import Callable, Iterator

import pytest
import socketio

from redis_server import Redis
from servers import MODES, Server
from test_cluster import BROKERS, Client, OldClient, settle
from test_nginx import nginx  # noqa: F401
from waiting import until


def front(nginx: Callable[..., str], nodes: list[Server]) -> str:  # noqa: F811
    ports = [node.port for node in nodes] + [1] * (3 - len(nodes))
    return nginx("nginx-balancer.conf", {f"127.0.0.1:{5000 + index}": f"127.0.0.1:{port}" for index, port in enumerate(ports)})


@pytest.fixture
def keep() -> Iterator[Callable]:
    """Closes at the end what it was given."""
    kept: list = []

    def keep(thing):
        kept.append(thing)
        return thing
    yield keep
    for thing in reversed(kept):
        thing.close()


@pytest.mark.parametrize("kind", BROKERS)
def test_a_chat_on_three_servers(nginx: Callable[..., str], keep: Callable, kind: str) -> None:  # noqa: F811
    """Clients of both generations, each of which `ip_hash` keeps on one server."""
    broker = keep(BROKERS[kind]())
    nodes = [keep(Server("cluster-node", "--async-mode", mode, "--executors", "2", "--queue", broker.url).wait_ready())
             for mode in (MODES * 3)[:3]]
    url = front(nginx, nodes)
    homes: dict[str, list] = {}

    def come(address: str) -> None:
        address = {"X-Test-Address": address}
        new = keep(Client(url, transports=["polling", "websocket"], **address))
        old = keep(OldClient(url, **address))
        homes.setdefault(new.call("name"), []).append((new, old))
    for number in range(60):
        if len(homes) < 3:
            come(f"10.{number}.7.1")
    assert len(homes) == 3, "ip_hash has not reached every server"
    settle([pairs[0][0] for pairs in homes.values()], 3)
    (a, old_a), (b, old_b), (c, old_c) = (pairs[0] for pairs in homes.values())
    everybody = [pair for pairs in homes.values() for pair in pairs]
    a.call("emit", [], [], "hello", "from a", b"\x00\xff")
    for new, old in everybody:
        new.hears("hello", "from a", b"\x00\xff")
        old.hears("hello ['from a', b'\\x00\\xff']")
    old_b.emit("emit [], [], 'hello', 'from an old one'")
    for new, old in everybody:
        new.hears("hello", "from an old one")
        old.hears("hello ['from an old one']")
    # A room with members on two servers.
    b.emit("join", "r")
    old_c.emit("join r")
    until(lambda: len(a.call("clients", "r")) == 2, "the room")
    a.call("emit", ["r"], [], "room", 1)
    b.hears("room", 1)
    old_c.hears("room [1]")
    # Acknowledgements of both, across.
    answers, failures = a.client.call("call", ("r", 5), timeout=30)
    assert failures == 0 and answers == {b.id: ["answer", 5], old_c.id: ["answer", 5]}
    # Disconnects across.
    a.emit("kick", old_c.id)
    old_c.hears("disconnected")
    a.emit("kick", b.id)
    until(lambda: not b.client.connected, "the disconnect")
    until(lambda: a.call("clients", "r") == [], "the room to be empty")
    assert not [event for event in c.heard if event[0] == "room"]
    for node in nodes:
        assert node.process.poll() is None, node.text


class Worker:
    """Emits through the balancer without a pause, and notes what was acknowledged."""

    def __init__(self, url: str, number: int, transports: list[str]):
        self.number = number
        self.acknowledged: list[int] = []
        self.client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)
        self.client.connect(url, transports=transports, wait_timeout=60)
        self.isOver = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self) -> None:
        count = 0
        while not self.isOver.is_set():
            count += 1
            try:
                if self.client.call("emit", ([], [], "work", self.number, count), timeout=5) is True:
                    self.acknowledged.append(count)
            except (socketio.exceptions.SocketIOError, OSError, ValueError):
                # On its way to another server; the event may or may not have been handled.
                self.isOver.wait(0.05)

    def close(self) -> None:
        self.isOver.set()
        self.thread.join(30)
        self.client.disconnect()


@pytest.mark.parametrize("mode", MODES)
def test_rolling_restart(nginx: Callable[..., str], keep: Callable, mode: str) -> None:  # noqa: F811
    """The server that has the clients is told to stop under load: it ends within its deadline, the clients come to the
    other one, and everything that was acknowledged has reached the rest of the cluster."""
    broker = keep(Redis())
    nodes = [keep(Server("cluster-node", "--async-mode", mode, "--executors", "2", "--queue", broker.url).wait_ready())
             for _ in range(2)]
    url = front(nginx, nodes)
    observers = [keep(Client(node.url, transports=["websocket"])) for node in nodes]
    settle(observers, 2)
    workers = [keep(Worker(url, number, [["websocket"], ["polling"], ["polling", "websocket"]][number % 3]))
               for number in range(6)]

    def worked(least: list[int]) -> bool:
        return all(len(worker.acknowledged) >= count for worker, count in zip(workers, least))
    until(lambda: worked([30] * 6), "the load to run")
    # Everybody comes from one address, so all are on one server: the one with more than the observer.
    busy = max(nodes, key=lambda node: observers[nodes.index(node)].call("local"))
    remaining = observers[1 - nodes.index(busy)]
    assert busy.stop() == 0
    least = [len(worker.acknowledged) + 30 for worker in workers]
    until(lambda: worked(least), "the clients to come to the other server", 60)
    for worker in workers:
        worker.isOver.set()
        worker.thread.join(30)

    def missing() -> list:
        heard = {event[1:] for event in remaining.heard if event[0] == "work"}
        return [(worker.number, count) for worker in workers for count in worker.acknowledged
                if (worker.number, count) not in heard]
    until(lambda: not missing(), "what was acknowledged to be heard")
    assert nodes[1 - nodes.index(busy)].process.poll() is None
