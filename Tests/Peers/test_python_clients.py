"""python-socketio of both generations, over every transport."""
import pathlib
import subprocess
import threading

import pytest
import socketio

from servers import MODES, PEERS, Server
from waiting import until

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
HERE = pathlib.Path(__file__).parent


class Client:
    """A client that keeps what it hears."""

    def __init__(self, patient_server: Server, transports: list[str], namespaces: list[str] | None = None):
        self.heard: list[tuple] = []
        self.io = socketio.Client(reconnection=False)
        for namespace in namespaces or ["/"]:
            self.io.on("*", lambda event, *data: self.heard.append((event, *data)), namespace=namespace)
        self.io.on("question", lambda data: (data, b"\x01"))
        self.io.connect(patient_server.url, transports=transports, auth={"name": "a"}, namespaces=namespaces or ["/"])

    def hears(self, *event: object) -> None:
        until(lambda: event in self.heard, f"{event}; heard {self.heard}")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_everything(patient_server: Server, transport: str) -> None:
    client = Client(patient_server, TRANSPORTS[transport], ["/", "/custom"])
    client.hears("auth", {"name": "a"})
    values = ("text 🎉", 1, 2.5, None, [True, {"deep": b"\x00\xff"}], b"blob")
    assert client.io.call("message-with-ack", values) == values
    client.io.emit("message", values)
    client.hears("message-back", *values)
    client.io.emit("ask", "how")
    client.hears("answer", "how", b"\x01")
    client.io.call("join", "room")
    client.io.emit("room", ("room", b"to the room"))
    client.hears("room", b"to the room")
    assert client.io.call("message-with-ack", "c", namespace="/custom") == "c"
    client.io.emit("kick", namespace="/custom")
    until(lambda: "/custom" not in client.io.namespaces, "the server to disconnect the namespace")
    assert client.io.call("message-with-ack", "still") == "still"
    if transport == "upgrade":
        assert client.io.transport() == "websocket"
    client.io.disconnect()
    assert not client.io.connected


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_server_closes(patient_server: Server, transport: str) -> None:
    client = Client(patient_server, TRANSPORTS[transport])
    client.io.emit("kick-transport")
    until(lambda: not client.io.connected, "the transport to be closed")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_refusal_with_data(patient_server: Server, transport: str) -> None:
    client = socketio.Client(reconnection=False)
    refusals: list[object] = []
    client.on("connect_error", refusals.append, namespace="/reject")
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(patient_server.url, transports=TRANSPORTS[transport], namespaces=["/reject"])
    assert refusals == [{"message": "nope", "data": {"code": 42}}]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_old_client(patient_server: Server, transport: str) -> None:
    done = subprocess.run(
        [PEERS / "v4" / "bin" / "python", HERE / "old_client.py", patient_server.url, *TRANSPORTS[transport]],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_transports_and_generations_hear_each_other(patient_server: Server) -> None:
    clients = [Client(patient_server, transports) for transports in TRANSPORTS.values()]
    old = subprocess.Popen(
        [PEERS / "v4" / "bin" / "python", HERE / "old_client.py", patient_server.url, "listen"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lines: list[str] = []
    threading.Thread(target=lambda: lines.extend(old.stdout), daemon=True).start()
    until(lambda: "connected\n" in lines, "the old client to connect")
    for number, client in enumerate(clients):
        client.io.emit("broadcast", {"from": number})
        for other in clients:
            other.hears("broadcast", {"from": number})
        until(lambda: f"broadcast {number}\n" in lines, f"the old client to hear {number}: {lines}")  # noqa: B023
    old.communicate("stop\n", timeout=60)
    for client in clients:
        client.io.disconnect()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("mode", MODES)
def test_reconnects_after_a_restart(mode: str, transport: str) -> None:
    arguments = ("conformance-server", "--async-mode", mode, "--ping-timeout", "30000")
    server = Server(*arguments).wait_ready()
    client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)
    connections: list[int] = []
    client.on("connect", lambda: connections.append(1))
    client.connect(server.url, transports=TRANSPORTS[transport])
    assert client.call("message-with-ack", 1) == 1
    assert server.stop() == 0
    server = Server(*arguments, port=server.port).wait_ready()
    until(lambda: len(connections) == 2, "the client to come back")
    assert client.call("message-with-ack", 2) == 2
    client.disconnect()
    assert server.stop() == 0
