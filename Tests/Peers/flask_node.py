"""A server of Flask-SocketIO on gevent, joined to others by a queue, for what Scripts/measure compares: PORT QUEUE."""
from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, join_room  # noqa: E402

app = Flask(__name__)
io = SocketIO(app, message_queue=sys.argv[2], async_mode="gevent", cors_allowed_origins="*")


@io.on("emit")
def emit(rooms, skipped, event, *arguments):
    for room in rooms or [None]:
        io.emit(event, tuple(arguments), to=room, skip_sid=skipped or None)


@io.on("join")
def join(room):
    join_room(room)
    return True


print("ready", flush=True)
io.run(app, host="127.0.0.1", port=int(sys.argv[1]))
