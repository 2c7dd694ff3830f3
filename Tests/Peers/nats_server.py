"""A real NATS server on a free port."""
import socket

from queue_server import QueueServer


class NATS(QueueServer):
    """`arguments` are the server's own; `user` is what goes in front of the host in the URL."""

    def __init__(self, *arguments: str, scheme: str = "nats", user: str = "", query: str = ""):
        super().__init__("nats-server")
        self.arguments = arguments
        self.url = f"{scheme}://{user}{'@' if user else ''}localhost:{self.port}{query}"
        self.start()

    def start(self) -> None:
        self.spawn("/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", str(self.port), *self.arguments)
        self.wait_listening()

    def publish(self, subject: str, *payloads: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b'CONNECT {"verbose":false}\r\n' + b"".join(
                f"PUB {subject} {len(payload)}\r\n".encode() + payload + b"\r\n" for payload in payloads) + b"PING\r\n")
            answer = b""
            while b"PONG" not in answer:
                part = connection.recv(65536)
                assert part, answer
                answer += part
