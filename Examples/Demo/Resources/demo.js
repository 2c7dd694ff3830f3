"use strict";
const socket = io("/test");
const byId = (id) => document.getElementById(id);

const show = () => {
  byId("state").textContent = socket.connected ? "Connected" : "Disconnected";
  byId("transport").textContent = socket.io.engine ? socket.io.engine.transport.name : "nothing";
};
socket.on("connect", () => {
  show();
  socket.io.engine.on("upgrade", show);
});
socket.on("disconnect", show);

// The server waits for the confirmation before it lets a client go that has asked for that.
socket.on("my_response", (message, confirm) => {
  const line = document.createElement("li");
  line.dataset.count = message.count;
  line.textContent = message.data;
  byId("log").append(line);
  line.scrollIntoView({ block: "nearest" });
  if (confirm) confirm();
});

const times = [];
let sent = 0;
setInterval(() => {
  if (!socket.connected) return;
  sent = performance.now();
  socket.emit("my_ping");
}, 1000);
socket.on("my_pong", () => {
  times.push(performance.now() - sent);
  if (times.length > 30) times.shift();
  byId("latency").textContent = (times.reduce((sum, time) => sum + time, 0) / times.length).toFixed(1);
});

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    if (Object.keys(values).length > 0) socket.emit(form.dataset.event, values);
    else socket.emit(form.dataset.event);
  });
}
