"""A server of python-socketio in a cluster, for clients of its own generation; runs with the Python of either peer.

    mate.py PORT QUEUE CHANNEL

Clients send "emit" [rooms, event, *arguments], "call" [room, argument] (answered by the event "answer"), "join" room,
"kick" client and "close" room. Prints "ready" when it listens.
"""
import sys
import wsgiref.simple_server
from socketserver import ThreadingMixIn

import socketio

port, queue, channel = int(sys.argv[1]), sys.argv[2], sys.argv[3]
kind = socketio.KombuManager if queue.startswith("amqp") else socketio.RedisManager
manager = kind(queue, channel=channel)
server = socketio.Server(client_manager=manager, async_mode="threading", cors_allowed_origins="*")


@server.on("id")
def identify(sid):
    return sid


@server.on("join")
def join(sid, room):
    server.enter_room(sid, room)
    return True


@server.on("emit")
def emit(sid, rooms, event, *arguments):
    for room in rooms or [None]:
        server.emit(event, tuple(arguments), room=room)
    return True


@server.on("call")
def call(sid, room, argument):
    server.emit("question", argument, room=room, callback=lambda *answer: server.emit("answer", answer, room=sid))


@server.on("kick")
def kick(sid, client):
    server.disconnect(client)


@server.on("close")
def close(sid, room):
    server.close_room(room)


class Serving(ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


with wsgiref.simple_server.make_server(
        "127.0.0.1", port, socketio.WSGIApp(server), server_class=Serving, handler_class=Quiet) as serving:
    print("ready", flush=True)
    serving.serve_forever()
