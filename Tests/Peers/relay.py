"""A TCP relay whose connections a test can break off."""
import socket
import struct
import threading


class Relay:
    """Passes bytes on to a port of this machine, from a port of its own."""

    def __init__(self, target: int):
        self.target = target
        self.connections: list[socket.socket] = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.connections += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self) -> int:
        """Breaks every connection off: both sides get a reset. Returns how many there were."""
        with self.lock:
            broken, self.connections = self.connections, []
        for connection in broken:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A thread that reads holds the descriptor; what it reads ends with this.
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                pass
            connection.close()
        return len(broken) // 2

    def close(self) -> None:
        self.listener.close()
        self.reset()
