"""HAProxy in front, which says by the PROXY protocol whose a connection is."""
import pathlib
import socket
import ssl
import subprocess
from collections.abc import Iterator

import pytest

from certificates import Authority
from servers import MODES, Server, free_port
from waiting import until

CONFIGURATION = """
global
    maxconn 100
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend clients
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    server one 127.0.0.1:{server} {send}
"""


@pytest.fixture
def haproxy(tmp_path: pathlib.Path) -> Iterator:
    running: list[subprocess.Popen] = []

    def start(server: int, send: str) -> int:
        port = free_port()
        path = tmp_path / f"haproxy-{port}.cfg"
        path.write_text(CONFIGURATION.format(port=port, server=server, send=send))
        running.append(subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", str(path)]))

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        until(listens, "HAProxy to listen")
        return port

    yield start
    for process in running:
        process.terminate()
        process.wait(60)


def report(port: int, context: ssl.SSLContext | None = None) -> str:
    """What the server knows of a connection that comes from another address of this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout=30, source_address=("127.0.0.5", 0)) as plain:
        connection = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        connection.sendall(b"GET /connection HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode()


@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2"])
@pytest.mark.parametrize("mode", MODES)
def test_the_address_is_the_clients(haproxy, mode: str, send: str, tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    files = authority.sign("server", "DNS:localhost")
    for arguments, context in (
            ([], None),
            (["--certificate", files[0], "--key", files[1]], ssl.create_default_context(cafile=str(authority.certificate)))):
        server = Server("conformance-server", "--async-mode", mode, "--proxy-protocol", "127.0.0.1", *arguments).wait_ready()
        text = report(haproxy(server.port, send), context)
        assert "address: 127.0.0.5\n" in text
        assert f"secure: {'true' if context else 'false'}\n" in text
        assert server.stop() == 0


@pytest.mark.parametrize("mode", MODES)
def test_headers_of_others_are_not_believed(mode: str) -> None:
    header = b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 443\r\n"
    request = b"GET /connection HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    def exchange(server: Server, data: bytes, pieces: bool = False) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = b""
            try:
                for part in ([data[i:i + 1] for i in range(len(data))] if pieces else [data]):
                    connection.sendall(part)
                while part := connection.recv(65536):
                    answer += part
            except ConnectionError:
                pass
            return answer

    trusting = Server("conformance-server", "--async-mode", mode, "--proxy-protocol", "127.0.0.1").wait_ready()
    assert b"address: 203.0.113.7\n" in exchange(trusting, header + request)
    assert b"address: 203.0.113.7\n" in exchange(trusting, header + request, pieces=True)
    # A proxy that is to send a header and does not.
    assert exchange(trusting, request) == b""
    assert exchange(trusting, header.replace(b"TCP4", b"TCP9") + request) == b""
    assert trusting.stop() == 0
    for arguments in ([], ["--proxy-protocol", "192.0.2.1"]):
        other = Server("conformance-server", "--async-mode", mode, *arguments).wait_ready()
        assert exchange(other, header + request).startswith(b"HTTP/1.1 400 ")
        assert b"address: 127.0.0.1\n" in exchange(other, request)
        assert other.stop() == 0
