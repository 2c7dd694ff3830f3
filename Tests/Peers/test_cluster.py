"""Servers of a cluster over real queues: ours among themselves, with python-socketio of both generations, and emitters."""
import base64
import json
import pickle
import subprocess
import threading
from collections.abc import Callable, Iterator

import msgpack
import pytest
import socketio

from certificates import Authority
from kafka_cluster import Kafka
from nats_server import NATS
from postgresql_server import PostgreSQL
from rabbitmq_server import RabbitMQ
from redis_server import Redis
from relay import Relay
from servers import BINARIES, MODES, PEERS, Server, free_port
from waiting import until

TESTS = __file__.rsplit("/", 1)[0]
Broker = Redis | NATS | RabbitMQ | PostgreSQL | Kafka


class Client:
    """A client of the newer generation that notes what it hears."""

    def __init__(self, url: str, transports: list[str] | None = None, **headers: str):
        self.heard: list[tuple] = []
        self.client = socketio.Client(reconnection=False)
        # It gives every message a thread of its own, which may overtake each other.
        trigger = self.client.eio._trigger_event
        self.client.eio._trigger_event = lambda *arguments, **options: trigger(*arguments, **{**options, "run_async": False})
        self.client.on("*", lambda event, *arguments: self.heard.append((event, *arguments)))
        self.client.on("question", self.answer)
        self.client.connect(url, headers=headers, transports=transports or ["polling"], wait_timeout=60)
        self.id = self.call("id")

    def answer(self, argument: object) -> tuple:
        self.heard.append(("question", argument))
        return "answer", argument

    def call(self, event: str, *arguments: object) -> object:
        return self.client.call(event, arguments, timeout=30)

    def emit(self, event: str, *arguments: object) -> None:
        self.client.emit(event, arguments)

    def hears(self, *event: object) -> None:
        until(lambda: event in self.heard, f"{event}; heard {self.heard[-5:]}")

    def close(self) -> None:
        self.client.disconnect()


class OldClient:
    """A client of the older generation, in the Python that has it."""

    def __init__(self, url: str, **headers: str):
        self.heard: list[str] = []
        fields = [f"{name}={value}" for name, value in headers.items()]
        self.process = subprocess.Popen(
            [str(PEERS / "v4/bin/python"), f"{TESTS}/old_listener.py", url, *fields], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        self.id = str(until(lambda: next((line[3:] for line in self.heard if line.startswith("id ")), None), "its id"))

    def _read(self) -> None:
        for line in self.process.stdout or []:
            self.heard.append(line.rstrip("\n"))

    def emit(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hears(self, line: str) -> None:
        until(lambda: line in self.heard, f"{line}; heard {self.heard[-5:]}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Mate:
    """A server of python-socketio."""

    def __init__(self, peer: str, broker: Broker, channel: str):
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(PEERS / peer / "bin/python"), f"{TESTS}/mate.py", str(self.port), broker.url, channel],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout and self.process.stdout.readline() == "ready\n"
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


Start = Callable[..., Server]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


BROKERS = {"redis": Redis, "nats": NATS, "rabbitmq": RabbitMQ, "postgresql": PostgreSQL, "kafka": Kafka}
PYTHON_BROKERS = pytest.mark.parametrize("broker", ["redis", "rabbitmq"], indirect=True)
EACH_BROKER = pytest.mark.parametrize("broker", BROKERS, indirect=True)


@pytest.fixture(scope="module")
def brokers() -> Iterator[dict[str, Broker]]:
    """Queues that run, by their kinds; each is started when a test first asks for it."""
    running: dict[str, Broker] = {}
    yield running
    for broker in running.values():
        broker.close()


@pytest.fixture
def broker(request: pytest.FixtureRequest, brokers: dict[str, Broker]) -> Broker:
    """Redis, unless a test asks for others."""
    kind = getattr(request, "param", "redis")
    if kind not in brokers:
        brokers[kind] = BROKERS[kind]()
    return brokers[kind]


@pytest.fixture
def redis(broker: Redis) -> Redis:
    return broker


@pytest.fixture
def start(broker: Broker, mode: str) -> Iterator[Start]:
    running: list[Server] = []

    def start(*arguments: str, queue: str = "") -> Server:
        server = Server("cluster-node", "--async-mode", mode, "--executors", "2", "--queue", queue or broker.url, *arguments)
        running.append(server.wait_ready())
        return server
    yield start
    for server in running:
        assert server.process.poll() is None, f"a server died: {server.text}"
        assert server.stop() == 0, server.text


@pytest.fixture
def join() -> Iterator[Callable[..., Client]]:
    """Connects clients."""
    clients: list[Client | OldClient | Mate] = []

    def join(server: Server | Mate, kind: type = Client) -> Client:
        clients.append(kind(server.url))
        return clients[-1]
    join.keep = clients.append
    yield join
    for client in clients:
        client.close()


def settle(clients: list[Client], servers: int) -> None:
    """Waits until every server knows all others."""
    for client in clients:
        until(lambda: client.call("health")[0] == "connected", "the queue")
        until(lambda: len(client.call("servers", 1)) == servers - 1, "the servers to know each other")


@EACH_BROKER
def test_everything_works_across_servers(start: Start, join) -> None:
    nodes = [start("--probe", "300") for _ in range(3)]
    a, b, c = [join(node) for node in nodes]
    old = join(nodes[1], OldClient)
    settle([a, b, c], 3)
    # Everybody, several arguments, bytes.
    assert a.call("emit", [], [], "all", 1, {"x": [None, "ü"]}, b"\x00\xff") is True
    for client in (a, b, c):
        client.hears("all", 1, {"x": [None, "ü"]}, b"\x00\xff")
    old.hears("all [1, {'x': [None, 'ü']}, b'\\x00\\xff']")
    # Rooms, one client, skip lists; who is in two rooms hears it once.
    b.emit("join", "r")
    b.emit("join", "q")
    old.emit("join r")
    until(lambda: sorted(a.call("clients", "r")) == sorted([[b.id, ["q", "r"]], [old.id, ["r"]]]), "the room")
    a.call("emit", ["r", "q"], [], "room", 1)
    b.hears("room", 1)
    old.hears("room [1]")
    a.call("emit", [c.id], [], "direct", 2)
    c.hears("direct", 2)
    a.call("emit", ["r"], [b.id], "skipping", 3)
    old.hears("skipping [3]")
    # Order from one server to one room, and nothing heard that was not meant.
    for number in range(200):
        a.emit("emit", ["r"], [], "count", number)
    until(lambda: ("count", 199) in b.heard, "the last of many")
    assert [event[1] for event in b.heard if event[0] == "count"] == list(range(200))
    assert b.heard.count(("room", 1)) == 1
    assert not [event for event in b.heard + c.heard if event[0] == "skipping"]
    assert not [event for event in c.heard if event[0] in ("room", "count")]
    # Joining, leaving and closing for clients of others.
    a.emit("enter", c.id, "far")
    until(lambda: a.call("clients", "far") == [[c.id, ["far"]]], "the join")
    a.emit("expel", c.id, "far")
    until(lambda: a.call("clients", "far") == [], "the leave")
    c.emit("close", "r")
    until(lambda: a.call("clients", "r") == [], "the end of the room")
    assert len(a.call("clients")) == 4
    # Acknowledgements: of one client elsewhere, of everybody everywhere; events among servers.
    assert a.client.call("call", (c.id, 5), timeout=30) == ({c.id: ["answer", 5]}, 0)
    answers, failures = a.client.call("call", (None, b"\x01"), timeout=30)
    assert answers == {client.id: ["answer", b"\x01"] for client in (a, b, c, old)} and failures == 0
    assert sorted(a.call("servers", "x")) == sorted([[str(nodes[1].port), "x"], [str(nodes[2].port), "x"]])
    # Disconnecting a client of another server.
    b.emit("kick", c.id)
    until(lambda: not c.client.connected, "the disconnect")
    b.emit("kick", old.id)
    old.hears("disconnected")
    state, counters = a.call("health")
    assert state == "connected" and counters["malformed"] == counters["dropped"] == counters["unconfirmed"] == 0
    assert counters["ownEchoes"] > 200
    # The room was on one server only: the others did not decode what went there.
    assert until(lambda: a.call("health")[1]["ownEchoes"] and join(nodes[2]).call("health")[1]["skipped"] >= 200, "it")


@PYTHON_BROKERS
@pytest.mark.parametrize("peer,form", [("v4", "pickle"), ("v5", "json")])
def test_python_servers_are_mates(start: Start, broker: Broker, join, peer: str, form: str) -> None:
    node = start("--format", form)
    mate = Mate(peer, broker, "flask-socketio")
    join.keep(mate)
    ours = join(node)
    theirs = join(mate, OldClient if peer == "v4" else Client)
    until(lambda: ours.call("health")[0] == "connected", "the queue")
    # From us to them.
    def heard(*event: object) -> None:
        theirs.hears(f"{event[0]} {list(event[1:])}") if peer == "v4" else theirs.hears(*event)

    def tell(event: str, *arguments: object) -> None:
        theirs.emit(f"{event} {', '.join(map(repr, arguments))}") if peer == "v4" else theirs.emit(event, *arguments)
    until(lambda: ours.call("emit", [], [], "ping") and any("ping" in str(event) for event in theirs.heard), "a first event")
    ours.call("emit", [], [], "all", 1, "ü", {"x": [None, 1.5]})
    heard("all", 1, "ü", {"x": [None, 1.5]})
    ours.call("emit", [], [], "bytes", b"\x00\xff")
    heard("bytes", b"\x00\xff")
    ours.call("emit", [theirs.id], [], "direct", [1, 2])
    heard("direct", [1, 2])
    tell("join", "r")
    until(lambda: ours.call("emit", ["r"], [], "room", 1) and any("room" in str(event) for event in theirs.heard), "the room")
    # From them to us.
    ours.emit("join", "r")
    tell("emit", [], "from", 1, "ü", {"x": [None]})
    ours.hears("from", 1, "ü", {"x": [None]})
    tell("emit", [ours.id], "bytes", {"b": b"\x01\xff"})
    ours.hears("bytes", {"b": b"\x01\xff"})
    tell("emit", ["r"], "room", [1, 2])
    ours.hears("room", [1, 2])
    # Acknowledgements both ways.
    answers, failures = ours.client.call("call", (theirs.id, 5), timeout=30)
    assert list(answers.values()) == [["answer", 5]] and failures == 0
    tell("call", ours.id, "x")
    heard("answer", "answer", "x")
    # Rooms and clients.
    tell("close", "r")
    until(lambda: ours.call("clients", "r") == [], "the end of the room")
    other = join(node)
    tell("kick", other.id)
    until(lambda: not other.client.connected, "the disconnect")
    ours.emit("kick", theirs.id)
    theirs.hears("disconnected") if peer == "v4" else until(lambda: not theirs.client.connected, "the disconnect")
    assert ours.call("health")[1]["malformed"] == 0


# The manual's external process, as it stands there but for the names of queue, event and room.
EXTERNAL_PROCESS = """
from flask_socketio import SocketIO
socketio = SocketIO(message_queue=%r)
socketio.emit(%r, {'data': 'foo', 'bytes': [1, b'x']}, room='lobby')
socketio.emit(%r, ('all', 2))
"""


@PYTHON_BROKERS
def test_emitters(start: Start, broker: Broker, join) -> None:
    node = start()
    client = join(node)
    client.emit("join", "lobby")
    until(lambda: client.call("health")[0] == "connected", "the queue")
    for peer in ("v4", "v5"):
        program = EXTERNAL_PROCESS % (broker.url, peer, peer)
        subprocess.run([str(PEERS / peer / "bin/python"), "-c", program], check=True, timeout=60)
        client.hears(peer, {"data": "foo", "bytes": [1, b"x"]})
        client.hears(peer, "all", 2)
    mates = [Mate(peer, broker, "flask-socketio") for peer in ("v4", "v5")]
    for mate in mates:
        join.keep(mate)
    old, new = join(mates[0], OldClient), join(mates[1])
    emit = [str(BINARIES / "emit"), "--queue", broker.url]

    def told(form: str, event: str, hears: Callable[[], bool]) -> None:
        # A server of Python may not have subscribed yet; until then nobody hears.
        def tell() -> bool:
            subprocess.run([*emit, "--format", form, event, '{"a": 1}', "2"], check=True, timeout=60)
            return hears()
        until(tell, event)
    told("pickle", "pickled", lambda: "pickled [{'a': 1}, 2]" in old.heard)
    told("json", "text", lambda: ("text", {"a": 1}, 2) in new.heard)
    client.hears("pickled", {"a": 1}, 2)
    client.hears("text", {"a": 1}, 2)
    subprocess.run([*emit, "--room", "lobby", "event"], check=True, timeout=60)
    client.hears("event")
    nowhere = broker.url.replace(str(broker.port), "1")
    wrong = subprocess.run([*emit[:-1], nowhere, "--timeout", "1", "x"], capture_output=True, timeout=60)
    assert wrong.returncode != 0 and b"did not take the event" in wrong.stderr


@EACH_BROKER
def test_the_queue_is_killed_and_comes_back(start: Start, broker: Broker, join) -> None:
    nodes = [start("--probe", "300", "--probe-timeout", "1000", "--max-queued", "100") for _ in range(2)]
    a, b, local = join(nodes[0]), join(nodes[1]), join(nodes[0])
    settle([a, b], 2)
    for round, (down, up) in enumerate([(broker.kill, broker.start), (broker.pause, broker.resume)]):
        down()
        until(lambda: a.call("health")[0] != "connected", "the loss to be noticed")
        # Clients of the same server go on to hear each other.
        for number in range(150):
            a.emit("emit", [], [], f"away{round}", number)
        local.hears(f"away{round}", 149)
        counters = a.call("health")[1]
        assert counters["queued"] <= 100 and counters["dropped"] >= 50 * (round + 1)
        up()
        # What was kept arrives, the newest of it; the cluster is whole again.
        b_hears = until(lambda: ("whole", round) in b.heard or a.call("emit", [], [], "whole", round) and None, "b")
        assert b_hears
        until(lambda: a.call("health")[0] == b.call("health")[0] == "connected", "both to be back")
        b.call("emit", [], [], "back", round)
        a.hears("back", round)
    assert a.call("health")[1]["reconnects"] >= 2

    def all_accounted() -> bool:
        # What was published last is confirmed a moment after its echo has come.
        counters = a.call("health")[1]
        return counters["published"] == counters["confirmed"] + counters["unconfirmed"]

    until(all_accounted, "every payload to be confirmed, or given up")


def test_a_cut_connection(start: Start, redis: Redis, join) -> None:
    node = start("--probe", "300")
    client = join(node)
    until(lambda: client.call("health")[0] == "connected", "the queue")
    for kind in ("normal", "pubsub"):
        before = client.call("health")[1]["reconnects"]
        redis.command("CLIENT", "KILL", "TYPE", kind)
        until(lambda: client.call("health")[1]["reconnects"] > before, "the new session")
        until(lambda: client.call("health")[0] == "connected", "the queue")
    message = pickle.dumps({"method": "emit", "event": "after", "data": 1, "namespace": "/", "room": None,
                            "skip_sid": None, "callback": None, "host_id": "x"})
    redis.command("PUBLISH", "flask-socketio", message)
    client.hears("after", 1)


# Kafka's clients go to the addresses that brokers tell, past any relay; there the mock cluster closes the connections.
@pytest.mark.parametrize("broker", ["redis", "nats", "rabbitmq", "postgresql"], indirect=True)
def test_a_connection_that_is_reset(start: Start, broker: Broker, join) -> None:
    relay = Relay(broker.port)
    url = broker.url.replace(f":{broker.port}", f":{relay.port}")
    nodes = [start("--probe", "300", queue=url), start("--probe", "300")]
    a, b, local = join(nodes[0]), join(nodes[1]), join(nodes[0])
    settle([a, b], 2)
    for round in range(3):
        before = a.call("health")[1]["reconnects"]
        assert relay.reset() > 0
        # Those on the same server do not notice; what is said meanwhile is kept for the others.
        a.call("emit", [], [], "local", round)
        local.hears("local", round)
        until(lambda: a.call("health")[1]["reconnects"] > before, "the new session")
        until(lambda: len(a.call("servers", 1)) == 1, "the cluster to be whole")
        b.call("emit", [], [], "whole", round)
        a.hears("whole", round)
        a.call("emit", [], [], "too", round)
        b.hears("too", round)
    relay.close()


class Evil:
    def __reduce__(self) -> tuple:
        import os
        return os.system, ("touch /tmp/evil-pickle",)


def test_hostile_messages(start: Start, redis: Redis, join, tmp_path) -> None:
    node = start()
    client = join(node)
    until(lambda: client.call("health")[0] == "connected", "the queue")
    emit = {"method": "emit", "event": "evil", "namespace": "/", "room": None, "host_id": "x"}
    bomb = b"\x80\x02N" + b"".join(b"q" + bytes([n]) + b"0](h" + bytes([n]) + b"h" + bytes([n]) + b"e" for n in range(60)) + b"."
    hostile = [
        b"\x00\xff\x80garbage", b"", pickle.dumps({**emit, "data": Evil()}), pickle.dumps(Evil()), bomb,
        b"{" * 5000, b'{"method":"emit","event":"evil","data":' + b"[" * 100_000, b'{"method":"emit"}',
        pickle.dumps({**emit, "data": Evil()}, 0), b"\x80\x04" + b"]" * 300_000, b'{"method":"\xff"}',
        b'{"method":"emit","event":"evil","binary":true,"data":["x","' + base64.b64encode(b"x")[:3] + b'!"]}',
    ]
    before = client.call("health")[1]
    for message in hostile:
        redis.command("PUBLISH", "flask-socketio", message)
    redis.command("PUBLISH", "flask-socketio", b"x" * (5 << 20))
    until(lambda: client.call("health")[1]["malformed"] - before["malformed"] == len(hostile), "all to be counted")
    until(lambda: client.call("health")[1]["oversized"] - before["oversized"] == 1, "the large one to be counted")
    redis.command("PUBLISH", "flask-socketio", pickle.dumps({**emit, "event": "good", "data": 1}))
    client.hears("good", 1)
    assert client.call("health")[1]["losses"] == 0
    assert not [event for event in client.heard if event[0] == "evil"]
    import os
    assert not os.path.exists("/tmp/evil-pickle")
    assert node.text.count("could not be used") == 1


NATS_KINDS = {
    "token": {"arguments": ("--auth", "secret"), "user": "secret"},
    "password": {"arguments": ("--user", "ada", "--pass", "p%40ss"), "user": "ada:p%2540ss"},
    "tls": {"scheme": "tls"},
    # A server that wants TLS gets it, named or not.
    "tls by the server": {"scheme": "nats"},
}


@pytest.mark.parametrize("kind", NATS_KINDS)
def test_getting_into_nats(start: Start, join, kind: str, tmp_path) -> None:
    options = dict(NATS_KINDS[kind])
    arguments = options.pop("arguments", ())
    if "tls" in kind:
        authority = Authority(tmp_path)
        certificate, key = authority.sign("server", "DNS:localhost")
        arguments = ("--tls", "--tlscert", certificate, "--tlskey", key)
        options["query"] = f"?ca={authority.certificate}"
    broker = NATS(*arguments, **options)
    try:
        a, b = (join(start("--probe", "300", queue=broker.url)) for _ in range(2))
        settle([a, b], 2)
        a.call("emit", [], [], "all", 1, b"\x00\xff")
        b.hears("all", 1, b"\x00\xff")
        # Whoever may not come in says why.
        wrong = {"token": f"nats://wrong@localhost:{broker.port}", "password": f"nats://ada:wrong@localhost:{broker.port}",
                 "tls": f"tls://localhost:{broker.port}", "tls by the server": f"nats://localhost:{broker.port}"}[kind]
        outside = start(queue=wrong)
        reason = "certificate" if "tls" in kind else "Authorization Violation"
        until(lambda: reason in outside.text, "the reason")
    finally:
        broker.close()


@pytest.mark.parametrize("broker", ["nats"], indirect=True)
def test_hostile_messages_on_nats(start: Start, broker: NATS, join) -> None:
    node = start()
    client = join(node)
    until(lambda: client.call("health")[0] == "connected", "the queue")
    subject = "flask-socketio"
    broker.publish(subject, b"\x00\xff\x80garbage", b"", b"{" * 5000, b"MSG x 1 5\r\nPING\r\n")
    until(lambda: client.call("health")[1]["malformed"] == 4, "all to be counted")
    broker.publish(subject, b'{"method":"emit","event":"good","data":1,"namespace":"/","room":null,"host_id":"x"}')
    client.hears("good", 1)
    assert client.call("health")[1]["losses"] == 0


HOSTILE = [b"\x00\xff\x80garbage", b"", b"{" * 5000, b'{"method":"emit"}', pickle.dumps(Evil()), b"\x80\x04" + b"]" * 9000]
GOOD = b'{"method":"emit","event":"good","data":1,"namespace":"/","room":null,"host_id":"x"}'


def publish_on_rabbitmq(broker: RabbitMQ, payloads: list[bytes]) -> None:
    # Large ones, and other types of content, too.
    program = ("import kombu, sys, pickle; c = kombu.Connection(sys.argv[1]); p = c.Producer(exchange=kombu.Exchange("
               "'flask-socketio', type='fanout', durable=False));"
               "[p.publish(x, content_type=t, content_encoding='binary') for x, t in pickle.load(sys.stdin.buffer)]")
    messages = [(payload, ("application/data", "text/plain")[index % 2]) for index, payload in enumerate(payloads)]
    subprocess.run([str(PEERS / "v5/bin/python"), "-c", program, broker.url], input=pickle.dumps(messages), check=True)


def publish_on_postgresql(broker: PostgreSQL, payloads: list[bytes]) -> None:
    for payload in payloads:
        broker.notify("flask-socketio", "b" + base64.b64encode(payload).decode() if len(payload) < 5000 else "t17")


def publish_on_kafka(broker: Kafka, payloads: list[bytes]) -> None:
    for payload in payloads:
        broker.publish("flask-socketio", payload)


@pytest.mark.parametrize("broker,publish", [
    ("rabbitmq", publish_on_rabbitmq), ("postgresql", publish_on_postgresql), ("kafka", publish_on_kafka),
], indirect=["broker"])
def test_hostile_messages_on_others(start: Start, broker: Broker, publish, join) -> None:
    client = join(start())
    until(lambda: client.call("health")[0] == "connected", "the queue")
    publish(broker, HOSTILE)
    until(lambda: client.call("health")[1]["malformed"] == len(HOSTILE), "all to be counted")
    if isinstance(broker, RabbitMQ):
        publish(broker, [b"x" * (5 << 20)])
        until(lambda: client.call("health")[1]["oversized"] == 1, "the large one to be counted")
    if isinstance(broker, PostgreSQL):
        for note in ("", "t", "t99999999999999999999", "b!", "t17; DROP TABLE x", "x"):
            broker.notify("flask-socketio", note)
        until(lambda: client.call("health")[1]["malformed"] == len(HOSTILE) + 6, "all to be counted")
    publish(broker, [GOOD])
    client.hears("good", 1)
    assert client.call("health")[1]["losses"] == 0


@pytest.mark.parametrize("broker", ["postgresql", "rabbitmq", "kafka"], indirect=True)
def test_large_messages(start: Start, broker: Broker, join) -> None:
    """Larger than what NOTIFY takes, than a frame of AMQP, and than what a socket holds."""
    a, b = join(start("--probe", "3000")), join(start("--probe", "3000"))
    settle([a, b], 2)
    for size in (5_000, 7_900, 8_100, 300_000, 600_000):
        a.call("emit", [], [], "large", "x" * size, bytes(size // 4))
        b.hears("large", "x" * size, bytes(size // 4))


# The emitter for Node's adapter that others have written.
NODE_EMITTER = """
import sys
sys.path.insert(0, sys.argv[1])
import redis
from emitter import Emitter
emitter = Emitter({'client': redis.StrictRedis(port=int(sys.argv[2]))})
emitter.Emit('news', 1, {'ü': [None, True, 2.5, -70000, 'x' * 300]})
emitter.To('lobby').Emit('room', 2)
emitter.Of('/other').Emit('nobody', 3)
"""


def test_the_format_of_node(start: Start, redis: Redis, join) -> None:
    a, b = join(start("--format", "node", "--probe", "300")), join(start("--format", "node", "--probe", "300"))
    settle([a, b], 2)
    # Among ourselves everything works.
    b.emit("join", "lobby")
    until(lambda: a.call("clients", "lobby") == [[b.id, ["lobby"]]], "the room")
    a.call("emit", [], [], "all", 1, {"x": [None, "ü"]}, b"\x00\xff")
    b.hears("all", 1, {"x": [None, "ü"]}, b"\x00\xff")
    a.call("emit", ["lobby"], [], "to room", 2)
    b.hears("to room", 2)
    assert a.client.call("call", (b.id, 5), timeout=30) == ({b.id: ["answer", 5]}, 0)
    a.emit("enter", b.id, "far")
    until(lambda: b.call("clients", "far") == [[b.id, ["far", "lobby"]]], "the join")
    # What others emit for servers of Node.
    subprocess.run([str(PEERS / "v5/bin/python"), "-c", NODE_EMITTER, str(PEERS / "emitter" / "emitter"), str(redis.port)], check=True)
    for client in (a, b):
        client.hears("news", 1, {"ü": [None, True, 2.5, -70000, "x" * 300]})
    b.hears("room", 2)
    # What our own emitter does for them.
    emit = [str(BINARIES / "emit"), "--queue", redis.url, "--format", "node"]
    subprocess.run([*emit, "ours", '{"ü": 1}'], check=True, timeout=60)
    subprocess.run([*emit, "--room", "lobby", "--skip", "x", "ours to room"], check=True, timeout=60)
    a.hears("ours", {"ü": 1})
    b.hears("ours", {"ü": 1})
    b.hears("ours to room")
    assert ("ours to room",) not in a.heard
    # What a server of Node publishes (the adapter's source, release 8.3), and what it would read of ours.
    def broadcast(packet: dict, options: dict) -> bytes:
        return msgpack.packb(["abc123", {"nsp": "/", "type": 2, **packet}, {"except": [], "flags": {}, **options}])
    redis.command("PUBLISH", "socket.io#/#lobby#", broadcast({"data": ["from node", b"\x01", "ü"]}, {"rooms": ["lobby"]}))
    b.hears("from node", b"\x01", "ü")
    redis.command("PUBLISH", "socket.io#/#", broadcast({"data": ["but", 1]}, {"rooms": ["lobby", "far"], "except": ["x"]}))
    b.hears("but", 1)
    request = {"uid": "abc123", "requestId": "r1", "type": 7, "packet": {"data": ["question", 9], "nsp": "/", "type": 2},
               "opts": {"rooms": [b.id], "except": []}}
    answers: list = []
    with redis.listen("socket.io*") as heard:
        redis.command("PUBLISH", "socket.io-request#/#", msgpack.packb(request))
        a.call("emit", ["lobby"], ["muted"], "to node", {"deep": [b"\x00"]})
        a.emit("expel", b.id, "far")
        until(lambda: answers.extend(heard()) or len(answers) >= 5 and any(
            channel == "socket.io-response#/#" and msgpack.unpackb(payload)["type"] == 9 for channel, payload in answers)
            and any("request" in channel and b'"type":3' in payload for channel, payload in answers), "the answers")
    responses = [msgpack.unpackb(payload) for channel, payload in answers if channel == "socket.io-response#/#"]
    assert {"type": 8, "requestId": "r1", "clientCount": 1} in responses
    assert {"type": 9, "requestId": "r1", "packet": ["answer", 9]} in responses
    emitted = next(msgpack.unpackb(payload) for channel, payload in answers if channel == "socket.io#/#lobby#")
    assert emitted[1:] == [{"type": 2, "data": ["to node", {"deep": [b"\x00"]}], "nsp": "/"},
                           {"rooms": ["lobby"], "except": ["muted"], "flags": {}}]
    leave = next(json.loads(payload) for channel, payload in answers if "request" in channel and b'"type":3' in payload)
    assert leave["opts"] == {"rooms": [b.id], "except": []} and leave["rooms"] == ["far"]
    # A server of Node moves and disconnects clients of ours.
    redis.command("PUBLISH", "socket.io-request#/#", json.dumps(
        {"type": 2, "opts": {"rooms": [a.id], "except": []}, "rooms": ["den"]}))
    until(lambda: a.call("clients", "den") == [[a.id, ["den"]]], "the join")
    # Nonsense is counted, and harms nobody.
    before = a.call("health")[1]["malformed"]
    for channel, payload in (("socket.io#/#", b"\x93\xa1x"), ("socket.io#/#", b"\xdd\xff\xff\xff\xff"), ("socket.io#/#", b"\x91" * 500),
                             ("socket.io-request#/#", b"{"), ("socket.io-request#/#", b'{"type":2}'),
                             ("socket.io-request#/#", b'{"type":4,"close":true}')):
        redis.command("PUBLISH", channel, payload)
    until(lambda: a.call("health")[1]["malformed"] == before + 6, "all to be counted")
    redis.command("PUBLISH", "socket.io-request#/#", json.dumps({"type": 4, "opts": {"rooms": ["den"], "except": []}, "close": True}))
    until(lambda: not a.client.connected, "the disconnect")
    assert b.client.connected


WRONG = {
    "amqp://ada:wrong@127.0.0.1:{port}": ("rabbitmq", "ACCESS_REFUSED"),
    "postgres://nobody@127.0.0.1:{port}/postgres": ("postgresql", 'role "nobody" does not exist'),
}


@pytest.mark.parametrize("url", WRONG)
def test_whoever_may_not_come_in_hears_why(start: Start, brokers: dict[str, Broker], url: str) -> None:
    kind, reason = WRONG[url]
    brokers[kind] = brokers.get(kind) or BROKERS[kind]()
    server = start(queue=url.format(port=brokers[kind].port))
    until(lambda: reason in server.text, f"{reason} in {server.text}")
