"""Socket.IO in servers that somebody else runs: a hand-written one, a bare SwiftNIO pipeline, a Hummingbird application."""
import socket
import threading
from collections.abc import Iterator

import pytest
import requests
import socketio

from servers import BINARIES, MODES, Server
from waiting import until

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]
HAS_HUMMINGBIRD = (BINARIES / "hummingbird-mount").exists() and b"HummingbirdCore" in (
    BINARIES / "hummingbird-mount").read_bytes()
hummingbird = pytest.mark.skipif(not HAS_HUMMINGBIRD, reason="built without the trait Hummingbird")


@pytest.fixture(scope="module", params=[
    *[("embedded-server", mode) for mode in MODES], ("nio-mount", ""),
    pytest.param(("hummingbird-mount", ""), marks=hummingbird)], ids=lambda case: " ".join(case))
def mounted(request: pytest.FixtureRequest) -> Iterator[Server]:
    program, mode = request.param
    running = Server(program, *(["--async-mode", mode, "--executors", "2"] if mode else [])).wait_ready()
    yield running
    assert running.process.poll() is None, running.text


def connect(server: Server, transports: list[str]) -> socketio.Client:
    client = socketio.Client(reconnection=False)
    client.connect(server.url, transports=transports, wait_timeout=60)
    return client


@pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
def test_clients_talk(mounted: Server, transports: list[str]) -> None:
    client = connect(mounted, transports)
    for number in range(20):
        assert client.call("echo", f"{number} 🎉", timeout=60) == f"{number} 🎉"
    client.disconnect()


def test_the_rest_of_the_server_goes_on(mounted: Server) -> None:
    port = mounted.port
    if mounted.process.args[0].endswith("embedded-server"):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            for byte in b"STATUS\n":
                connection.sendall(bytes([byte]))
            assert connection.recv(10) == b"up\n"
        assert requests.get(mounted.url, timeout=60).status_code == 404
        return
    with requests.Session() as session:
        # Requests for both on one connection.
        for _ in range(3):
            assert "Served by" in session.get(f"{mounted.url}/", timeout=60).text
            handshake = session.get(f"{mounted.url}/socket.io/?EIO=4&transport=polling", timeout=60)
            assert handshake.text.startswith('0{"sid"')
            assert session.get(f"{mounted.url}/nothing", timeout=60).status_code == 404


@hummingbird
def test_routes_of_hummingbird_reach_clients_and_the_end_is_orderly() -> None:
    server = Server("hummingbird-mount").wait_ready()
    heard, gone = threading.Event(), threading.Event()
    client = socketio.Client(reconnection=False)
    client.on("announcement", lambda text: heard.set() if text == "hello" else None)
    client.on("disconnect", lambda *_: gone.set())
    client.connect(server.url, wait_timeout=60)
    until(lambda: client.transport() == "websocket", "the upgrade")
    assert requests.post(f"{server.url}/announce", data="hello", timeout=60).status_code == 204
    assert heard.wait(60)
    assert server.stop() == 0, server.text
    assert gone.wait(60)


@hummingbird
@pytest.mark.parametrize("flags", [[], ["--server-sessions"]], ids=["cookie", "server"])
@pytest.mark.parametrize("mode", MODES)
def test_login_of_a_hummingbird_router_is_known_to_handlers(mode: str, flags: list[str]) -> None:
    server = Server("hummingbird-app", "--async-mode", mode, *flags).wait_ready()
    client = socketio.Client(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(server.url, wait_timeout=60)
    browser = requests.Session()
    assert "You are nobody" in browser.get(f"{server.url}/", timeout=60).text
    assert "You are Ada &lt;3" in browser.post(f"{server.url}/login", data={"user": "Ada <3"}, timeout=60).text
    forged = browser.cookies["session"][:-4] + "AAAA"
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(server.url, headers={"Cookie": f"session={forged}"}, wait_timeout=60)
    client.connect(server.url, headers={"Cookie": f"session={browser.cookies['session']}"}, wait_timeout=60)
    assert client.call("whoami", timeout=60) == "Ada <3"
    client.call("rename", "Grace", timeout=60)
    assert client.call("whoami", timeout=60) == "Grace"
    page = browser.get(f"{server.url}/", timeout=60).text
    # What a handler changes is seen over HTTP only if the session lives in the server.
    assert ("You are Grace" if flags else "You are Ada") in page
    assert "You are nobody" in browser.post(f"{server.url}/logout", timeout=60).text
    client.disconnect()
    assert server.stop() == 0, server.text
