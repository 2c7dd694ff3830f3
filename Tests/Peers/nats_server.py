"""A real NATS server on a free port."""
import shutil
import signal
import socket
import subprocess
import tempfile

from servers import free_port
from waiting import until


class NATS:
    """`arguments` are the server's own; `user` is what goes in front of the host in the URL."""

    def __init__(self, *arguments: str, scheme: str = "nats", user: str = "", query: str = ""):
        self.port = free_port()
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="nats-")
        self.url = f"{scheme}://{user}{'@' if user else ''}localhost:{self.port}{query}"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", str(self.port), *self.arguments],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def is_ready() -> bool:
            assert self.process.poll() is None, "nats-server ended; Scripts/install test installs it"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        until(is_ready, "the NATS server to listen")

    def publish(self, subject: str, *payloads: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b'CONNECT {"verbose":false}\r\n' + b"".join(
                f"PUB {subject} {len(payload)}\r\n".encode() + payload + b"\r\n" for payload in payloads) + b"PING\r\n")
            answer = b""
            while b"PONG" not in answer:
                part = connection.recv(65536)
                assert part, answer
                answer += part

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
