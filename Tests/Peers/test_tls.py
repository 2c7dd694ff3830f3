"""TLS in the server itself, on every runtime, with clients that nobody here wrote."""
import asyncio
import pathlib
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator

import aiohttp
import pytest
import requests
import socketio
import websocket

from certificates import Authority, openssl
from servers import BINARIES, MODES, Server
from waiting import until

LOCAL = "DNS:localhost,IP:127.0.0.1"


class SecureServer(Server):
    """A conformance server with TLS."""

    def __init__(self, mode: str, files: tuple[str, str], *arguments: str):
        super().__init__("conformance-server", "--async-mode", mode, "--executors", "2",
                         "--ping-timeout", "30000", "--certificate", files[0], "--key", files[1], *arguments)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def report(self, authority: Authority, **options) -> dict[str, str]:
        with requests.get(
                self.url + "/connection", verify=str(authority.certificate), timeout=30, headers={"Connection": "close"},
                **options) as answer:
            answer.content  # noqa: B018
        return dict(line.split(": ", 1) for line in answer.text.splitlines() if ": " in line)

    def is_fine(self, authority: Authority) -> bool:
        return self.report(authority)["secure"] == "true"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def files(authority: Authority) -> tuple[str, str]:
    return authority.sign("server", LOCAL)


@pytest.fixture(scope="module", params=MODES)
def secure(request: pytest.FixtureRequest, files: tuple[str, str], authority: Authority) -> Iterator[SecureServer]:
    """A server with TLS, which is alive and has lost nothing when all tests are done."""
    running = SecureServer(request.param, files).wait_ready()
    assert running.is_fine(authority)
    before = running.descriptors()
    yield running
    assert running.process.poll() is None, f"the server died: {running.text}"
    until(lambda: running.descriptors() <= before + 2, "the descriptors of the clients to be given back", 90)
    assert running.stop() == 0, running.text


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


def connect(server: Server, context: ssl.SSLContext, name: str = "localhost", **options) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=30), server_hostname=name,
                               **options)


GET = b"GET /connection HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def handshake_in_memory(server: Server, authority: Authority) -> tuple:
    """A client whose encrypted bytes the test holds in its hands."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting(authority).wrap_bio(incoming, outgoing, server_hostname="localhost")
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(65536))
    raw.sendall(outgoing.read())
    return raw, tls, incoming, outgoing


def test_s_client(secure: SecureServer, authority: Authority) -> None:
    for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        done = openssl("s_client", "-connect", f"127.0.0.1:{secure.port}", "-servername", "localhost", version, "-alpn",
                       "h2,http/1.1", "-CAfile", authority.certificate, "-verify_return_error", "-verify_hostname",
                       "localhost", "-quiet", "-ign_eof", data=GET)
        assert done.returncode == 0, done.stderr
        text = done.stdout.decode()
        assert f"version: {name}" in text and "secure: true" in text, text
        assert "server name: localhost" in text and "protocol: http/1.1" in text
    # Older versions are refused, and so is a client that speaks nothing that we do.
    old = openssl("s_client", "-connect", f"127.0.0.1:{secure.port}", "-tls1_1", "-cipher", "ALL@SECLEVEL=0")
    assert old.returncode != 0 and b"alert" in old.stderr, old.stderr
    other = openssl("s_client", "-connect", f"127.0.0.1:{secure.port}", "-alpn", "h2")
    assert b"no application protocol" in other.stderr, other.stderr


def test_curl(secure: SecureServer, authority: Authority) -> None:
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(authority.certificate), f"{secure.url}/connection"],
        capture_output=True, text=True, timeout=60)
    assert "secure: true" in done.stdout and "resumed: false" in done.stdout, done
    stranger = subprocess.run(
        ["curl", "-sS", "--capath", "/nowhere", f"{secure.url}/connection"], capture_output=True, timeout=60)
    assert stranger.returncode == 60


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_resumption(secure: SecureServer, authority: Authority, version: ssl.TLSVersion) -> None:
    context = trusting(authority)
    context.maximum_version = version
    first = connect(secure, context)
    first.sendall(GET)
    assert b"resumed: false" in read_all(first)
    # The other executor must know the session too: some of these connections are accepted there.
    for _ in range(8):
        again = connect(secure, context, session=first.session)
        again.sendall(GET)
        assert b"resumed: true" in read_all(again)
        assert again.session_reused
        again.close()
    first.close()


def test_close_notify_and_half_close(secure: SecureServer, authority: Authority) -> None:
    connection = connect(secure, trusting(authority))
    connection.sendall(GET)
    # Without close_notify `suppress_ragged_eofs` would have to hide an error here.
    connection.suppress_ragged_eofs = False
    assert read_all(connection).startswith(b"HTTP/1.1 200")
    connection.unwrap()


def test_half_close(secure: SecureServer, authority: Authority) -> None:
    """A client that ends its side behind the request gets the answer all the same."""
    raw, tls, incoming, outgoing = handshake_in_memory(secure, authority)
    tls.write(GET)
    with pytest.raises(ssl.SSLWantReadError):
        tls.unwrap()
    raw.sendall(outgoing.read())
    raw.shutdown(socket.SHUT_WR)
    incoming.write(read_all(raw))
    assert tls.read(100_000).startswith(b"HTTP/1.1 200")
    raw.close()


def test_byte_by_byte(secure: SecureServer, authority: Authority) -> None:
    """Every byte of both directions in a segment of its own, handshake and all."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting(authority).wrap_bio(incoming, outgoing, server_hostname="localhost")
    raw = socket.create_connection(("127.0.0.1", secure.port), timeout=30)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def flush() -> None:
        for byte in outgoing.read():
            raw.sendall(bytes([byte]))

    def until_done(step):
        while True:
            try:
                result = step()
                flush()
                return result
            except ssl.SSLWantReadError:
                flush()
                data = raw.recv(7)
                assert data, "the server ended"
                incoming.write(data)
    until_done(tls.do_handshake)
    tls.write(GET)
    flush()
    answer = b""
    while b"secure: true" not in answer:
        answer += until_done(lambda: tls.read(1000))
    raw.close()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x40\x00" + b"\xff" * 70000,
                                     b"\x15\x03\x03\x00\x02\x02\x28", bytes(300), b"\x80\x80\x01\x03"])
def test_garbage_harms_nobody(secure: SecureServer, authority: Authority, garbage: bytes) -> None:
    """What is no handshake ends that connection, at once or when the client gives up; others do not notice."""
    neighbour = connect(secure, trusting(authority))
    raw = socket.create_connection(("127.0.0.1", secure.port), timeout=30)
    try:
        raw.sendall(garbage)
        raw.shutdown(socket.SHUT_WR)
        assert b"HTTP" not in read_all(raw)
    except OSError:
        pass  # a reset is an end too
    raw.close()
    neighbour.sendall(GET)
    assert b"secure: true" in read_all(neighbour)
    neighbour.close()


def test_broken_record_after_the_handshake(secure: SecureServer, authority: Authority) -> None:
    raw, tls, incoming, _ = handshake_in_memory(secure, authority)
    raw.sendall(b"\x17\x03\x03\x00\x40" + bytes(64))
    try:
        while data := raw.recv(65536):
            incoming.write(data)
    except ConnectionResetError:
        pass
    with pytest.raises(ssl.SSLError, match="(?i)bad.record.mac|EOF"):
        while True:
            tls.read(1000)
    raw.close()
    assert secure.is_fine(authority)


def test_handshake_deadline(files: tuple[str, str], authority: Authority) -> None:
    for mode in MODES:
        server = SecureServer(mode, files, "--handshake-timeout", "2000").wait_ready()
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        begun = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        begun.sendall(b"\x16\x03\x01\x02\x00\x01")
        for connection in (silent, begun):
            try:
                assert connection.recv(100) == b""
            except ConnectionResetError:
                pass
            connection.close()
        # A connection whose handshake is done may take its time.
        slow = connect(server, trusting(authority))
        until(lambda: "a TLS handshake failed" in server.text, "the message of the failed handshake")
        slow.sendall(GET)
        assert b"secure: true" in read_all(slow)
        slow.close()
        assert server.stop() == 0


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="-".join)
def test_python_socketio(secure: SecureServer, authority: Authority, transports: list[str]) -> None:
    """The asyncio client. python-socketio's client with threads is left out: over TLS about one in twelve of its
    connections stalls, whoever serves (measured on Python 3.11 with deadlines of 3 s: 8 of 108 with this server, 7 of
    112 with python-socketio on aiohttp, 17 of 146 with HAProxy's TLS in front), and without TLS none of 402."""
    asyncio.run(use_python_socketio(secure, authority, transports))


async def use_python_socketio(secure: SecureServer, authority: Authority, transports: list[str]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(authority))) as http:
        client = socketio.AsyncClient(http_session=http, reconnection=False, request_timeout=60)
        heard: asyncio.Queue[tuple] = asyncio.Queue()
        client.on("message-back", lambda *values: heard.put_nowait(values))
        await client.connect(secure.url, transports=transports, wait_timeout=60)
        values = ("text 🎉", 1, None, {"deep": b"\x00\xff"})
        assert await client.call("message-with-ack", values, timeout=60) == values
        large = "ä" * 100_000
        assert await client.call("message-with-ack", large, timeout=60) == large
        await client.emit("message", b"\x01\x02")
        assert await asyncio.wait_for(heard.get(), 60) == (b"\x01\x02",)
        if transports == ["polling", "websocket"]:
            assert client.transport() == "websocket"
        await client.disconnect()


def test_large_messages_both_ways(secure: SecureServer, authority: Authority) -> None:
    peer = websocket.create_connection(
        f"wss://localhost:{secure.port}/ws-echo", sslopt={"ca_certs": str(authority.certificate)}, timeout=120)
    data = bytes(range(256)) * 4096
    for _ in range(5):
        peer.send_binary(data)
        assert peer.recv() == data
    peer.close()


def test_pipelined_without_reading(secure: SecureServer, authority: Authority) -> None:
    """The client sends much and reads late: what is encrypted and waits must come out whole and in order."""
    peer = websocket.create_connection(
        f"wss://localhost:{secure.port}/ws-echo", sslopt={"ca_certs": str(authority.certificate)}, timeout=120)
    messages = [bytes([number]) * 100_000 for number in range(30)]
    # One thread only: Python's TLS must not be read and written at the same time.
    for message in messages:
        peer.send_binary(message)
    for message in messages:
        assert peer.recv() == message
    peer.close()


def test_many_connections(secure: SecureServer, authority: Authority) -> None:
    context = trusting(authority)
    connections = [connect(secure, context) for _ in range(200)]
    for connection in connections:
        connection.sendall(b"GET /connection HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for connection in connections:
        data = b""
        while b"address: 127.0.0.1\n" not in data:
            part = connection.recv(65536)
            assert part, data
            data += part
        connection.close()


def test_renegotiation_is_refused(secure: SecureServer) -> None:
    done = openssl("s_client", "-connect", f"127.0.0.1:{secure.port}", "-tls1_2", "-legacy_renegotiation",
                   data=b"R\n", timeout=60)
    assert b"no renegotiation" in done.stderr, done.stderr


@pytest.mark.parametrize("mode", MODES)
def test_client_certificates(mode: str, files: tuple[str, str], authority: Authority, tmp_path: pathlib.Path) -> None:
    alice = authority.sign("alice", subject="/O=Example/CN=alice")
    mallory = Authority(tmp_path, "other").sign("mallory")
    server = SecureServer(mode, files, "--client-authorities", str(authority.certificate)).wait_ready()
    assert server.report(authority, cert=alice)["peer"] == "CN=alice,O=Example"
    for certificate in (None, mallory):
        with pytest.raises(requests.exceptions.ConnectionError):
            server.report(authority, cert=certificate)
    assert server.report(authority, cert=alice)["peer"] == "CN=alice,O=Example"
    assert server.stop() == 0


@pytest.mark.parametrize("mode", MODES)
def test_names_version_and_reload(mode: str, authority: Authority, tmp_path: pathlib.Path) -> None:
    certificate, key = tmp_path / "current.pem", tmp_path / "current.key"

    def put(name: str) -> None:
        for source, target in zip(authority.sign(name, LOCAL), (certificate, key)):
            target.write_bytes(pathlib.Path(source).read_bytes())

    def shown(name: str) -> str:
        with connect(server, trusting(authority), name) as connection:
            return dict(entry[0] for entry in connection.getpeercert()["subject"])["commonName"]
    put("before")
    exact = authority.sign("exact.example.org")
    pattern = authority.sign("pattern", "DNS:*.example.org")
    server = SecureServer(
        mode, (str(certificate), str(key)), "--minimum-tls", "1.3", "--name", ",".join(["*.example.org", *pattern]),
        "--name", ",".join(["exact.example.org", *exact])).wait_ready()
    assert shown("localhost") == "before"
    assert shown("Exact.example.org") == "exact.example.org"
    assert shown("any.example.org") == "pattern"
    old = trusting(authority)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        connect(server, old)
    standing = connect(server, trusting(authority))
    put("after")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: shown("localhost") == "after", "the new certificate")
    # Files that cannot be used change nothing, and those who are connected do not notice.
    certificate.write_text("nonsense")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "stay as they were" in server.text, "the message that the files are wrong")
    assert shown("localhost") == "after"
    standing.sendall(GET)
    assert b"secure: true" in read_all(standing)
    standing.close()
    assert server.stop() == 0


def test_wrong_files_are_named(files: tuple[str, str], authority: Authority, tmp_path: pathlib.Path) -> None:
    certificate, key = files
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    other = authority.sign("another")
    locked = authority.sign("locked", LOCAL, passphrase="secret")

    def complaint(*arguments: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run([BINARIES / "conformance-server", "--async-mode", "threads", "--port", "0", *arguments],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=environment)
        assert done.returncode != 0
        return done.stderr
    text = complaint("--certificate", "/nowhere.pem", "--key", key)
    assert "/nowhere.pem" in text and "No such file" in text
    text = complaint("--certificate", str(nonsense), "--key", key)
    assert str(nonsense) in text and "no usable certificate" in text
    text = complaint("--certificate", certificate, "--key", str(nonsense))
    assert str(nonsense) in text and "no usable key" in text
    assert "key values mismatch" in complaint("--certificate", certificate, "--key", other[1])
    assert "passphrase" in complaint("--certificate", locked[0], "--key", locked[1])
    assert "passphrase is wrong" in complaint("--certificate", locked[0], "--key", locked[1], "--passphrase", "guess")
    text = complaint("--certificate", certificate, "--key", key, environment={"OPENSSL_SSL_LIBRARY": "/nowhere.so"})
    assert "/nowhere.so" in text and "libssl3" in text
    server = SecureServer("threads", locked, "--passphrase", "secret").wait_ready()
    assert server.is_fine(authority)
    assert server.stop() == 0
