"""What an operator asks a server."""
import re

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from nats_server import NATS
from raw import Polling, open_websocket
from servers import MODES, Server
from waiting import until


def figures(server: Server) -> dict[str, float]:
    """Every figure by its name and labels."""
    answer = requests.get(server.url + "/metrics", timeout=30)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation and family.type in ("gauge", "counter", "histogram")
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            key = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert key not in found
            found[key] = sample.value
    return found


@pytest.mark.parametrize("mode", MODES)
def test_figures_and_health(mode: str) -> None:
    broker = NATS()
    try:
        server = Server("cluster-node", "--async-mode", mode, "--executors", "2", "--probe", "300", "--queue", broker.url)
        server.wait_ready()
        assert requests.get(server.url + "/healthz", timeout=30).text == "ok\n"
        until(lambda: requests.get(server.url + "/readyz", timeout=30).status_code == 200, "the server to be ready")
        assert requests.head(server.url + "/metrics", timeout=30).status_code == 200
        assert requests.post(server.url + "/metrics", timeout=30).status_code == 405
        assert requests.get(server.url + "/metricsx", timeout=30).status_code == 404

        old = open_websocket(server.url, 3, "/socket.io/")
        new = Polling(server.url, path="/socket.io/")
        new.post("40")
        # The client that is refused had a packet that no client sends.
        bad = Polling(server.url, path="/socket.io/")
        bad.post("49")
        until(lambda: figures(server)["socketio_clients{namespace=/}"] == 2, "both clients")
        seen = figures(server)
        assert seen["socketio_sessions{revision=3,transport=websocket}"] == 1
        assert seen["socketio_sessions{revision=4,transport=polling}"] == 1
        assert seen["socketio_sessions{revision=3,transport=polling}"] == 0
        assert seen["socketio_opened_sessions_total"] == 3
        assert seen["socketio_malformed_packets_total"] == seen["socketio_protocol_errors_total"] == 1
        assert seen["socketio_queue_connected"] == 1
        # What a poll has not fetched waits, and is seen.
        assert 0 < seen["socketio_outgoing_bytes_largest"] <= seen["socketio_outgoing_bytes"]
        assert seen["socketio_outgoing_bytes"] < seen["socketio_outgoing_bytes_limit"]
        assert seen["socketio_limit_use{limit=connections}"] >= 2 and seen["socketio_limit{limit=connections}"] > 1000
        assert seen["socketio_limit_use{limit=namespaces}"] == 1 and seen["socketio_limit_use{limit=rooms}"] == 0
        new.post('420["id"]')
        until(lambda: figures(server)["socketio_received_events_total"] == 1, "the event")
        assert new.get().status_code == 200
        # How long the handler took, and what came and went.
        handler = "event=id,namespace=/"
        until(lambda: figures(server).get(f"socketio_handler_seconds_count{{{handler}}}") == 1, "the handler to be measured")
        seen = figures(server)
        assert seen[f"socketio_handler_seconds_bucket{{event=id,le=+Inf,namespace=/}}"] == 1
        assert 0 < seen[f"socketio_handler_seconds_sum{{{handler}}}"] < 30
        assert seen["socketio_received_packets_total"] >= 3 and seen["socketio_received_bytes_total"] >= len('420["id"]') + 4
        assert seen["socketio_sent_packets_total"] >= 3 and seen["socketio_sent_bytes_total"] > 50
        until(lambda: figures(server)["socketio_outgoing_bytes"] == 0, "the answer to be fetched")
        old.close()
        until(lambda: figures(server)["socketio_sessions{revision=3,transport=websocket}"] == 0, "the end of the old client")

        broker.kill()
        until(lambda: requests.get(server.url + "/readyz", timeout=30).status_code == 503, "the loss")
        answer = requests.get(server.url + "/readyz", timeout=30)
        assert re.fullmatch(r"the message queue is .*reconnecting.*\n", answer.text)
        assert requests.get(server.url + "/healthz", timeout=30).status_code == 200
        assert figures(server)["socketio_queue_connected"] == 0
        broker.start()
        until(lambda: requests.get(server.url + "/readyz", timeout=30).status_code == 200, "the server to be ready again")
        assert figures(server)["socketio_queue_losses_total"] == 1
        assert server.stop() == 0
    finally:
        broker.close()
