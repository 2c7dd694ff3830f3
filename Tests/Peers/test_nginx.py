"""A real nginx in front, with the very configurations of the documentation; and Unix-domain sockets."""
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator

import pytest
import requests
import socketio

from servers import MODES, TOP, Server, free_port
from waiting import until

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
EXAMPLES = TOP / "Examples" / "Deployment"
MAIN = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    # A test says where its clients come from.
    set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def replace_all(text: str, replaced: dict[str, str]) -> str:
    """All in one pass: a free port put in may begin like an address that is still to be replaced."""
    for old in replaced:
        assert old in text, f"no {old} in {text}"
    return re.sub("|".join(map(re.escape, replaced)), lambda found: replaced[found.group()], text)


@pytest.fixture
def nginx(tmp_path: pathlib.Path) -> Iterator[Callable[..., str]]:
    """Starts an nginx with an example whose addresses are replaced; answers where it listens."""
    running: list[subprocess.Popen] = []

    def start(example: str, replaced: dict[str, str]) -> str:
        port = free_port()
        (tmp_path / "site.conf").write_text(
            replace_all((EXAMPLES / example).read_text(), replaced | {"listen 80;": f"listen 127.0.0.1:{port};"}))
        (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path))
        shutil.copy("/etc/nginx/proxy_params", tmp_path / "proxy_params")
        process = subprocess.Popen([NGINX, "-p", tmp_path, "-e", "stderr", "-c", tmp_path / "nginx.conf"],
                                   stderr=subprocess.PIPE, text=True)
        running.append(process)

        def is_ready() -> bool:
            assert process.poll() is None, process.stderr.read()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        until(is_ready, "nginx to listen")
        return f"http://127.0.0.1:{port}"
    yield start
    for process in running:
        process.terminate()
        process.wait(60)
        process.stderr.close()


def talk(url: str, transports: list[str]) -> None:
    client = socketio.Client(reconnection=False)
    heard: list[tuple] = []
    client.on("*", lambda *event: heard.append(event))
    client.connect(url, transports=transports, wait_timeout=60)
    values = ("text 🎉", 1, None, {"deep": b"\x00\xff"})
    assert client.call("message-with-ack", values, timeout=60) == values
    for number in range(5):
        client.emit("message", number)
    until(lambda: ("message-back", 4) in heard, "the messages")
    assert [event[1] for event in heard if event[0] == "message-back"] == list(range(5))
    assert client.transport() == transports[-1]
    client.disconnect()


TRANSPORTS = pytest.mark.parametrize(
    "transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="-".join)


@TRANSPORTS
@pytest.mark.parametrize("mode", MODES)
def test_proxy(nginx: Callable[..., str], mode: str, transports: list[str], tmp_path: pathlib.Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "file.txt").write_text("by nginx")
    server = Server("conformance-server", "--async-mode", mode).wait_ready()
    url = nginx("nginx-proxy.conf", {"127.0.0.1:5000": f"127.0.0.1:{server.port}",
                                     "/srv/application/static": str(tmp_path / "static")})
    talk(url, transports)
    assert requests.get(url + "/static/file.txt", timeout=30).text == "by nginx"
    assert requests.get(url + "/connection", timeout=30).text.startswith("secure: false")
    assert server.stop() == 0


@TRANSPORTS
def test_balancer(nginx: Callable[..., str], transports: list[str]) -> None:
    nodes = [Server("conformance-server", "--async-mode", mode).wait_ready() for mode in (MODES * 3)[:3]]
    url = nginx("nginx-balancer.conf", {f"127.0.0.1:{5000 + index}": f"127.0.0.1:{node.port}"
                                        for index, node in enumerate(nodes)})
    talk(url, transports)
    # A server that is gone costs its clients their session, and nobody the service.
    assert nodes[0].stop() == 0
    talk(url, transports)
    for node in nodes[1:]:
        assert node.stop() == 0


@pytest.mark.parametrize("mode", MODES)
def test_unix_socket(nginx: Callable[..., str], mode: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "socket"
    server = Server("conformance-server", "--async-mode", mode, "--executors", "2", "--unix-socket", str(path))
    until(lambda: any(line.startswith("ready") for line in server.output), "the server to listen")
    assert stat.S_ISSOCK(path.stat().st_mode) and path.stat().st_mode & 0o777 == 0o660
    done = subprocess.run(["curl", "-sS", "--unix-socket", path, "http://any/connection"],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("secure: false"), done
    # All executors accept on the one socket, and all but one of them come too late each time.
    for _ in range(300):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(path))
            client.sendall(b"GET /connection HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
    url = nginx("nginx-unix.conf", {"/run/application/socket": str(path)})
    for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
        talk(url, transports)
    # Nobody takes the file away from a server that runs; one that was killed leaves it behind, and is no hindrance.
    second = subprocess.run(
        [server.process.args[0], "--async-mode", mode, "--unix-socket", path], capture_output=True, text=True, timeout=60)
    assert second.returncode != 0 and str(path) in second.stderr
    server.process.kill()
    server.process.wait()
    assert path.exists()
    server = Server("conformance-server", "--async-mode", mode, "--unix-socket", str(path))
    until(lambda: any(line.startswith("ready") for line in server.output), "the next server to listen")
    assert server.stop() == 0
    assert not path.exists()


def test_examples_name_what_is_there() -> None:
    """The guide shows no configuration that is not tested here."""
    tested = set(re.findall(r"nginx-\w+\.conf", pathlib.Path(__file__).read_text()))
    assert {name for name in os.listdir(EXAMPLES) if name.endswith(".conf")} == tested
