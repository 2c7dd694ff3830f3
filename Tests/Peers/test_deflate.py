"""permessage-deflate of Engine.IO sessions: with Python's `websockets`, with Chromium, and frame by frame."""
import base64
import os
import random
import socket
import struct
import zlib

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect

from option_server import Start, counters
from servers import Server
from test_browser import make_browser

ON = {"deflate__threshold": 1024, "pingInterval": 20_000}
TEXT = "".join(random.Random(7).choices("abcdefgh \U0001F389", k=20_000))


class Frames:
    """A WebSocket whose frames can be looked at."""

    def __init__(self, server: Server, offer: str | None = "permessage-deflate", revision: int = 4):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        extension = f"Sec-WebSocket-Extensions: {offer}\r\n" if offer else ""
        self.socket.sendall(
            f"GET /engine.io/?EIO={revision}&transport=websocket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{extension}"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.head = head.decode().lower()
        self.extension = next((line.split(": ", 1)[1] for line in self.head.split("\r\n")
                               if line.startswith("sec-websocket-extensions")), None)
        opcode, compressed, payload = self.receive()
        assert opcode == 1 and not compressed and payload.startswith(b"0{")

    def _more(self) -> bytes:
        chunk = self.socket.recv(1 << 20)
        assert chunk, "the server closed the connection"
        return chunk

    def take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.buffer += self._more()
        result, self.buffer = self.buffer[:count], self.buffer[count:]
        return result

    def receive(self) -> tuple[int, bool, bytes]:
        """Opcode, whether the frame is compressed, and its payload as it is."""
        first, length = self.take(2)
        if length == 126:
            length, = struct.unpack("!H", self.take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.take(8))
        return first & 15, first & 0x40 != 0, self.take(length)

    def send(self, payload: bytes, compressed: bool = False, opcode: int = 1) -> None:
        header = bytes([0x80 | opcode | (0x40 if compressed else 0)])
        if len(payload) < 126:
            header += bytes([0x80 | len(payload)])
        elif len(payload) < 65536:
            header += bytes([0x80 | 126]) + struct.pack("!H", len(payload))
        else:
            header += bytes([0x80 | 127]) + struct.pack("!Q", len(payload))
        self.socket.sendall(header + bytes(4) + payload)


def deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(data: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(data + b"\0\0\xff\xff")


def test_off_by_default(start: Start) -> None:
    frames = Frames(start())
    assert frames.extension is None
    frames.send(b"4" + b"a" * 5000)
    assert frames.receive() == (1, False, b"4" + b"a" * 5000)
    frames.socket.close()


def test_threshold_and_sharing(start: Start) -> None:
    server = start(**ON)
    frames = Frames(server, offer=None)
    assert frames.extension is None, "who does not offer it does not get it"
    frames.socket.close()
    frames = Frames(server)
    assert frames.extension == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    frames.send(b"4" + b"a" * 1022)
    assert frames.receive() == (1, False, b"4" + b"a" * 1022)
    for _ in range(2):
        frames.send(deflate(b"4" + b"a" * 1023), compressed=True)
        opcode, compressed, payload = frames.receive()
        # Without a window that is kept the second frame cannot refer to the first.
        assert (opcode, compressed, inflate(payload)) == (1, True, b"4" + b"a" * 1023)
    # Binary messages go the way of shared frames.
    frames.send(b"\1" * 2000, opcode=2)
    opcode, compressed, payload = frames.receive()
    assert (opcode, compressed, inflate(payload)) == (2, True, b"\1" * 2000)
    frames.socket.close()


def test_bomb(start: Start) -> None:
    server = start(**ON, maxPayload=100_000)
    frames = Frames(server)
    bomb = deflate(b"4" + b"a" * 50_000_000)
    assert len(bomb) < 60_000
    frames.send(bomb, compressed=True)
    opcode, _, payload = frames.receive()
    assert (opcode, payload[:2]) == (8, struct.pack("!H", 1009))
    frames.socket.close()
    # At the limit it is taken.
    frames = Frames(server)
    frames.send(deflate(b"4" + b"a" * 100_000), compressed=True)
    assert inflate(frames.receive()[2]) == b"4" + b"a" * 100_000
    frames.send(b"\xff\xff\xff", compressed=True)
    opcode, _, payload = frames.receive()
    assert (opcode, payload[:2]) == (8, struct.pack("!H", 1007))
    frames.socket.close()


def test_memory_is_bounded(start: Start) -> None:
    server = start(**ON, deflate__takeover=3, deflate__maxContextBytes=700_000)
    opened = [Frames(server) for _ in range(4)]
    assert [frames.extension for frames in opened] == ["permessage-deflate"] * 2 + [None] * 2
    assert counters(server)["uncompressedWebSockets"] == 2
    opened[3].send(b"4" + b"a" * 5000)
    assert opened[3].receive()[1] is False
    for frames in opened:
        frames.socket.close()
    server = start(**ON, deflate__takeover=0, deflate__maxContextBytes=0)
    frames = Frames(server)
    assert frames.extension
    frames.socket.close()


@pytest.mark.parametrize("revision", [4, 3])
@pytest.mark.parametrize("settings,offer", [
    ({}, {}), ({"deflate__takeover": 3}, {}), ({"deflate__takeover": 3}, {"server_no_context_takeover": True}),
    ({"deflate__takeover": 1, "deflate__serverMaxWindowBits": 9, "deflate__clientMaxWindowBits": 9, "deflate__level": 1,
      "deflate__memoryLevel": 1}, {"client_max_window_bits": True}),
    ({}, {"server_max_window_bits": 10, "client_max_window_bits": 10, "client_no_context_takeover": True}),
])
def test_websockets(start: Start, revision: int, settings: dict, offer: dict) -> None:
    server = start(**{**ON, **settings})
    url = server.url.replace("http", "ws", 1) + f"/engine.io/?EIO={revision}&transport=websocket"
    with connect(url, extensions=[ClientPerMessageDeflateFactory(**offer)], max_size=None) as connection:
        extension, = connection.protocol.extensions
        assert extension.name == "permessage-deflate"
        assert extension.remote_max_window_bits == min(
            settings.get("deflate__serverMaxWindowBits", 15), offer.get("server_max_window_bits", 15))
        assert connection.recv().startswith("0{")
        for text in (TEXT, "short", TEXT[::-1], TEXT, "a" * 900_000):
            connection.send("4" + text)
            assert connection.recv() == "4" + text
        for size in (10, 5000, 200_000):
            data = random.Random(size).randbytes(size // 2) * 2
            prefix = b"\4" if revision == 3 else b""
            connection.send(prefix + data)
            assert connection.recv() == prefix + data


def test_chromium(start: Start) -> None:
    server = start(**ON, deflate__takeover=3)
    browser = make_browser()
    try:
        browser.get(server.url + "/counters")
        browser.set_script_timeout(60)
        result = browser.execute_async_script("""
            const [url, text, done] = arguments;
            const socket = new WebSocket(url), messages = [];
            socket.binaryType = "arraybuffer";
            socket.onmessage = ({ data }) => {
              messages.push(typeof data === "string" ? data : data.byteLength);
              if (messages.length === 1) {
                socket.send("4" + text);
                socket.send("4short");
                socket.send("4" + text);
                socket.send(new Uint8Array(100000));
              }
              if (messages.length === 5) done([socket.extensions, ...messages]);
            };
            socket.onclose = ({ code }) => done(["closed", code]);
        """, server.url.replace("http", "ws", 1) + "/engine.io/?EIO=4&transport=websocket", TEXT)
    finally:
        browser.quit()
    assert result[0].startswith("permessage-deflate")
    assert result[2:] == ["4" + TEXT, "4short", "4" + TEXT, 100_000]
