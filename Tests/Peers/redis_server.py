"""A real Redis server on a free port."""
import contextlib
import socket
from collections.abc import Callable, Iterator

from queue_server import QueueServer


class Redis(QueueServer):
    def __init__(self, *arguments: str):
        super().__init__("redis-server")
        self.arguments = arguments
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.spawn(
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
            "--appendonly", "no", *self.arguments)
        self.wait_listening()

    def command(self, *words: str | bytes) -> bytes:
        """Sends one command and returns the beginning of the answer."""
        parts = [word.encode() if isinstance(word, str) else word for word in words]
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            return connection.recv(4096)

    @contextlib.contextmanager
    def listen(self, pattern: str) -> Iterator[Callable[[], list[tuple[str, bytes]]]]:
        """Subscribes to channels; answers what has come on them since it was asked last."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b"*2\r\n$10\r\nPSUBSCRIBE\r\n$%d\r\n%s\r\n" % (len(pattern), pattern.encode()))
            pending = b""
            while b":1\r\n" not in pending:
                pending += connection.recv(4096)
            pending = pending.split(b":1\r\n", 1)[1]

            def heard() -> list[tuple[str, bytes]]:
                nonlocal pending
                connection.setblocking(False)
                try:
                    while part := connection.recv(65536):
                        pending += part
                except BlockingIOError:
                    pass
                messages = []
                while True:
                    # *4, then four bulks: pmessage, the pattern, the channel, the payload.
                    rest, words = pending, []
                    if not rest.startswith(b"*4\r\n"):
                        return messages
                    rest = rest[4:]
                    while len(words) < 4:
                        line, found, rest = rest.partition(b"\r\n")
                        if not found or len(rest) < int(line[1:]) + 2:
                            return messages
                        words.append(rest[:int(line[1:])])
                        rest = rest[int(line[1:]) + 2:]
                    pending = rest
                    messages.append((words[2].decode(), words[3]))
            yield heard
