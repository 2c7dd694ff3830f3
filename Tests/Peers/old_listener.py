"""A client of python-socketio 4 that prints what it hears and sends what it is told: old_listener.py URL [NAME=VALUE],
with a header field."""
import ast
import sys
import threading

import socketio

client = socketio.Client(reconnection=False)
lock = threading.Lock()


def say(text):
    with lock:
        print(text, flush=True)


class Everything(socketio.ClientNamespace):
    def trigger_event(self, event, *arguments):
        if event == "disconnect":
            say("disconnected")
        elif event != "connect":
            say("%s %r" % (event, list(arguments)))
            if event == "question":
                return ("answer",) + arguments


client.register_namespace(Everything("/"))
headers = dict(field.split("=", 1) for field in sys.argv[2:])
# Over polling it would send them with its first request only.
client.connect(sys.argv[1], transports=["websocket" if headers else "polling"], headers=headers)
client.emit("id", callback=lambda sid: say("id " + sid))
for line in sys.stdin:
    event, _, rest = line.rstrip("\n").partition(" ")
    try:
        arguments = ast.literal_eval("(" + rest + ",)") if rest else ()
    except (SyntaxError, ValueError):
        arguments = (rest,)
    client.emit(event, arguments)
