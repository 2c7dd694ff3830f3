"""Socket.IO packets by hand: what is malformed ends the connection, and nobody else notices."""
import pytest
import websocket

from raw import is_closed, open_websocket, receive
from servers import Server


def connect(server: Server, revision: int = 4) -> websocket.WebSocket:
    connection = open_websocket(server.url, revision, "/socket.io/")
    assert str(receive(connection)).startswith("0{")
    if revision == 4:
        connection.send('40{"token":"x"}')
        assert str(receive(connection)).startswith('40{"sid":"')
        assert receive(connection) == '42["auth",{"token":"x"}]'
    else:
        assert receive(connection) == "40"
    return connection


MALFORMED = [
    "4", "47", "4x", "42", "42{}", "42[]", "42[1]", '42["a"', '42["a",]', '42["a",01]', '42["a",nul]', '42["a"]x',
    '42["connect"]', '42["disconnect"]', '42["connect_error"]', '42["newListener"]', '42["a","\\x"]', '42["a","\t"]',
    '4299999999999999999["a"]', '42-1["a"]', "43[]", "431{}", '41{"a":1}', "44{}", '40"a"', "40[]", "40",
    '45["a"]', '45-["a"]', '451000000-["a"]', '4511-["a"]', '42/unknown,["a"]', '42["a",' + "[" * 200 + "]" * 200 + "]",
]


@pytest.mark.parametrize("packet", MALFORMED)
def test_malformed_packet_ends_the_connection(server: Server, packet: str) -> None:
    bystander = connect(server)
    offender = connect(server)
    offender.send(packet)
    assert is_closed(offender), packet
    bystander.send('421["message-with-ack","still here"]')
    assert receive(bystander) == '431["still here"]'
    bystander.close()


@pytest.mark.parametrize("packets", [
    ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    [b"\x01"],
    ['451-["message",{"_placeholder":true,"num":1}]', b"\x01"],
    ['451-["message",{"_placeholder":true,"num":-1}]', b"\x01"],
    ['451-["message",{"_placeholder":true,"num":"0"}]', b"\x01"],
    ['451-["message",{"_placeholder":true}]', b"\x01"],
])
def test_wrong_attachments_end_the_connection(server: Server, packets: list[str | bytes]) -> None:
    offender = connect(server)
    for packet in packets:
        if isinstance(packet, bytes):
            offender.send_binary(packet)
        else:
            offender.send(packet)
    assert is_closed(offender)


def test_nothing_before_connect(server: Server) -> None:
    connection = open_websocket(server.url, path="/socket.io/")
    receive(connection)
    connection.send('42["message"]')
    assert is_closed(connection)


def test_connect_timeout(server: Server) -> None:
    connection = open_websocket(server.url, path="/socket.io/")
    receive(connection)
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        for _ in range(100):
            if receive(connection) == "":
                raise ConnectionError


@pytest.mark.parametrize("revision,refused,invalid", [
    (4, '44/reject,{"message":"nope","data":{"code":42}}', '44/nowhere,{"message":"Invalid namespace"}'),
    (3, '44/reject,{"code":42}', '44/nowhere,"Invalid namespace"'),
])
def test_refused_namespaces(server: Server, revision: int, refused: str, invalid: str) -> None:
    connection = connect(server, revision)
    connection.send("40/reject,")
    assert receive(connection) == refused
    connection.send("40/nowhere")
    assert receive(connection) == invalid
    connection.send('427["message-with-ack"]')
    assert receive(connection) == "437[]"
    connection.close()


def test_namespaces_and_kick(server: Server) -> None:
    connection = connect(server)
    connection.send("40/custom")
    assert str(receive(connection)).startswith('40/custom,{"sid":"')
    assert receive(connection) == '42/custom,["auth",{}]'
    connection.send('42/custom,0["message-with-ack",1,"2",{"3":[false]}]')
    assert receive(connection) == '43/custom,0[1,"2",{"3":[false]}]'
    connection.send('42/custom,["kick"]')
    assert receive(connection) == "41/custom,"
    connection.send('42["message","alive"]')
    assert receive(connection) == '42["message-back","alive"]'
    connection.send('42["kick-transport"]')
    assert is_closed(connection)


def test_failing_handlers_do_no_harm(server: Server) -> None:
    connection = connect(server)
    connection.send('42["fail",1]')
    connection.send('42["join",{"not":"a room"}]')
    connection.send('42["nobody handles this"]')
    connection.send('421["message-with-ack","next"]')
    assert receive(connection) == '431["next"]'
    connection.close()


def test_both_generations_in_one_room(server: Server) -> None:
    old, new = connect(server, 3), connect(server, 4)
    for connection in (old, new):
        connection.send('421["join","both"]')
        assert receive(connection) == "431[]"
    old.send('42["room","both","from old"]')
    assert receive(old) == receive(new) == '42["room","from old"]'
    new.send('42["others","from new"]')
    assert receive(old) == '42["others","from new"]'
    new.send('451-["room","both",{"_placeholder":true,"num":0}]')
    new.send_binary(b"\x07\x08")
    expected = '451-["room",{"_placeholder":true,"num":0}]'
    assert receive(old) == receive(new) == expected
    assert (receive(old), receive(new)) == (b"\x04\x07\x08", b"\x07\x08")
    old.close()
    new.close()
