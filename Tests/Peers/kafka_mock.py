"""The mock cluster that comes with librdkafka, as a process: brokers that speak Kafka's protocol on real sockets.

    kafka_mock.py

Prints where it listens. Takes "down", "up" and "publish TOPIC BASE64" on standard input, and answers each with a line.
"""
import base64
import ctypes
import sys

library = ctypes.CDLL("librdkafka.so.1")
for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
    getattr(library, name).restype = ctypes.c_void_p
library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
library.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
library.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
library.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
for name in ("rd_kafka_mock_broker_set_down", "rd_kafka_mock_broker_set_up"):
    getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_int32]

error = ctypes.create_string_buffer(512)
client = library.rd_kafka_new(0, library.rd_kafka_conf_new(), error, 512)
cluster = library.rd_kafka_mock_cluster_new(client, 1)
print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
for name in ("rd_kafka_conf_set", "rd_kafka_topic_new"):
    getattr(library, name).restype = ctypes.c_void_p
library.rd_kafka_conf_set.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
library.rd_kafka_topic_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
library.rd_kafka_produce.argtypes = [
    ctypes.c_void_p, ctypes.c_int32, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
    ctypes.c_void_p]
library.rd_kafka_flush.argtypes = [ctypes.c_void_p, ctypes.c_int]
conf = library.rd_kafka_conf_new()
for name, value in ((b"bootstrap.servers", library.rd_kafka_mock_cluster_bootstraps(cluster)), (b"message.max.bytes", b"99000000")):
    library.rd_kafka_conf_set(conf, name, value, error, 512)
producer = library.rd_kafka_new(0, conf, error, 512)


def publish(topic: str, text: str = "") -> None:
    payload = base64.b64decode(text)
    copy = 2
    assert library.rd_kafka_produce(
        library.rd_kafka_topic_new(producer, topic.encode(), None), 0, copy, payload, len(payload), None, 0, None) == 0
    assert library.rd_kafka_flush(producer, 30_000) == 0


for line in sys.stdin:
    if line.startswith("publish"):
        publish(*line.split()[1:])
        print("done", flush=True)
        continue
    change = library.rd_kafka_mock_broker_set_down if line.strip() == "down" else library.rd_kafka_mock_broker_set_up
    change(cluster, 1)
    print("done", flush=True)
