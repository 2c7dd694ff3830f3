"""A client of protocol 4; runs with python-socketio 4.x: old_client.py URL TRANSPORT... | old_client.py URL listen"""
import sys
import threading

import socketio


def listen(url: str) -> None:
    client = socketio.Client(reconnection=False)
    client.on("broadcast", lambda data: print("broadcast", data["from"], flush=True))
    client.connect(url)
    print("connected", flush=True)
    sys.stdin.readline()
    client.disconnect()


def check(url: str, transports: list) -> None:
    client = socketio.Client(reconnection=False)
    heard = {name: threading.Event() for name in ("message-back", "answer", "room", "kicked")}
    seen = {}

    def note(name):
        def handler(*data):
            seen[name] = data
            heard[name].set()
        return handler

    for name in ("message-back", "answer", "room"):
        client.on(name, note(name))
    client.on("question", lambda data: (data, b"\x01"))
    client.on("disconnect", note("kicked"), namespace="/custom")
    client.connect(url, transports=transports, namespaces=["/custom"])
    values = ("text", 1, [True, {"deep": b"\x00\xff"}], b"blob")
    answer = client.call("message-with-ack", values)
    assert tuple(answer) == values, answer
    client.emit("message", values)
    assert heard["message-back"].wait(60) and seen["message-back"] == values, seen
    client.emit("ask", "how")
    assert heard["answer"].wait(60) and seen["answer"] == ("how", b"\x01"), seen
    client.call("join", "old room")
    client.emit("room", ("old room", "hello"))
    assert heard["room"].wait(60) and seen["room"] == ("hello",), seen
    assert client.call("message-with-ack", "c", namespace="/custom") == "c"
    client.emit("kick", namespace="/custom")
    assert heard["kicked"].wait(60)
    if len(transports) == 2:
        assert client.transport() == "websocket", client.transport()
    client.disconnect()


if sys.argv[2] == "listen":
    listen(sys.argv[1])
else:
    check(sys.argv[1], sys.argv[2:])
