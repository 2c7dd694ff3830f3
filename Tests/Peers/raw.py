"""Clients that speak the protocols by hand, for what real clients never send."""
import json
import socket

import requests
import websocket


class Polling:
    """A long-polling session."""

    def __init__(self, url: str, revision: int = 4, path: str = "/engine.io/"):
        self.base = f"{url}{path}?EIO={revision}&transport=polling"
        self.http = requests.Session()
        body = self.http.get(self.base, timeout=60).text
        self.handshake = json.loads(body[body.index("{"):body.index("}") + 1])
        self.first = body
        self.sid = self.handshake["sid"]
        self.url = f"{self.base}&sid={self.sid}"

    def get(self) -> requests.Response:
        return self.http.get(self.url, timeout=60)

    def post(self, body: str | bytes, content_type: str = "text/plain;charset=UTF-8") -> requests.Response:
        data = body.encode() if isinstance(body, str) else body
        return self.http.post(self.url, data=data, headers={"Content-Type": content_type}, timeout=60)


def open_websocket(url: str, revision: int = 4, path: str = "/engine.io/", sid: str = "") -> websocket.WebSocket:
    """A WebSocket to the server; with `sid` one that wants to take a session over."""
    query = f"?EIO={revision}&transport=websocket" + (f"&sid={sid}" if sid else "")
    return websocket.create_connection(url.replace("http", "ws", 1) + path + query, timeout=60)


def receive(connection: websocket.WebSocket) -> str | bytes:
    """The next message that is no heartbeat, which is answered."""
    while True:
        message = connection.recv()
        if message != "2":
            return message
        connection.send("3")


def is_closed(connection: websocket.WebSocket) -> bool:
    """Whether the server closes the connection."""
    try:
        while True:
            opcode, _ = connection.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return True
    except (websocket.WebSocketConnectionClosedException, ConnectionError):
        return True
    except websocket.WebSocketTimeoutException:
        return False


def exchange(port: int, request: bytes, pieces: int = 1) -> bytes:
    """Sends bytes over TCP, in so many pieces, and returns everything that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = max(1, -(-len(request) // pieces))
        try:
            for start in range(0, len(request), size):
                connection.sendall(request[start:start + size])
        except ConnectionError:
            pass
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionError, TimeoutError):
            pass
        return answer
