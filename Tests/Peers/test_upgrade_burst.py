"""A burst of events across the moment of the upgrade arrives complete, once and in order, in both directions."""
import threading

from raw import Polling, open_websocket, receive
from servers import Server

EVENTS = 10_000
POSTED = 4_000


def test_burst(patient_server: Server) -> None:
    session = Polling(patient_server.url, path="/socket.io/")
    assert session.post("40").text == "ok"
    received: list[int] = []

    def take(packets: str) -> None:
        for packet in packets.split("\x1e"):
            if packet.startswith('42["message-back",'):
                received.append(int(packet.split(",")[1].rstrip("]")))

    posted = threading.Event()

    def post() -> None:
        for start in range(0, POSTED, 100):
            body = "\x1e".join(f'42["message",{number}]' for number in range(start, start + 100))
            assert session.post(body).text == "ok"
        posted.set()

    thread = threading.Thread(target=post)
    thread.start()
    poller = Polling.__new__(Polling)
    poller.__dict__.update(session.__dict__)
    poller.http = type(session.http)()
    while len(received) < POSTED // 4:
        packets = poller.get().text
        take(packets)
        if "2" in packets.split("\x1e"):
            poller.post("3")
    # The probe comes while the POSTs go on, and the answers wait in both directions.
    connection = open_websocket(patient_server.url, path="/socket.io/", sid=session.sid)
    connection.send("2probe")
    assert connection.recv() == "3probe"
    thread.join(30)
    assert posted.is_set()
    connection.send("5")
    for number in range(POSTED, EVENTS):
        connection.send(f'42["message",{number}]')
        if number % 50 == 0:
            take(str(receive(connection)))
    while len(received) < EVENTS:
        take(str(receive(connection)))
    assert received == list(range(EVENTS))
    connection.close()
