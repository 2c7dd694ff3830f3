"""A real Redis server on a free port."""
import shutil
import signal
import socket
import subprocess
import tempfile

from servers import free_port
from waiting import until


class Redis:
    def __init__(self, *arguments: str):
        self.port = free_port()
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="redis-")
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
             "--appendonly", "no", *self.arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def is_ready() -> bool:
            assert self.process.poll() is None, "redis-server ended; Scripts/install test installs it"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        until(is_ready, "the Redis server to listen")

    def command(self, *words: str | bytes) -> bytes:
        """Sends one command and returns the beginning of the answer."""
        parts = [word.encode() if isinstance(word, str) else word for word in words]
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            return connection.recv(4096)

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
