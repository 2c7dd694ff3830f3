"use strict";
const element = (id) => document.getElementById(id);
const socket = io({ autoConnect: false, transports: new URLSearchParams(location.search).get("transports")?.split(",") });
let me = null;
let typingTimer = null;
const typists = new Set();

function showTransport() {
  const name = socket.connected ? socket.io.engine.transport.name : "none";
  document.body.dataset.transport = name;
  element("link").textContent = { websocket: "WebSocket", polling: "long-polling", none: "not connected" }[name] ?? name;
}

// The upgrade may be over before the answer to the connection has come.
socket.io.on("open", () => {
  socket.io.engine.once("upgrade", () => {
    document.body.dataset.upgraded = "true";
    showTransport();
  });
});
socket.on("connect", () => {
  showTransport();
  enter();
});
socket.on("disconnect", showTransport);
socket.on("connect_error", (error) => { element("problem").textContent = "No connection: " + error.message; });

function enter() {
  socket.emit("join", element("name").value, element("room").value, (answer) => {
    if (answer.error) { element("problem").textContent = answer.error; return; }
    me = answer.name;
    element("here").textContent = answer.room;
    element("messages").replaceChildren();
    for (const message of answer.history) show(message, true);
    showPeople();
    document.body.dataset.state = "inside";
    element("message").focus();
  });
}

function face(name) {
  const badge = document.createElement("span");
  badge.className = "face";
  badge.textContent = name.slice(0, 1).toUpperCase();
  let hue = 0;
  for (const character of name) hue = (hue * 31 + character.codePointAt(0)) % 360;
  badge.style.setProperty("--hue", hue);
  return badge;
}

function show(message, isOld) {
  const item = document.createElement("li");
  item.className = "message" + (message.author === me && !isOld ? " mine" : "");
  item.dataset.number = message.number;
  const author = document.createElement("span");
  author.className = "author";
  author.textContent = message.author;
  item.append(face(message.author), author);
  if (message.image) {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    const url = URL.createObjectURL(new Blob([message.image], { type: message.imageType }));
    image.onload = () => { URL.revokeObjectURL(url); scroll(); };
    image.src = url;
    image.alt = "An image from " + message.author;
    figure.append(image);
    item.append(figure);
  } else {
    const text = document.createElement("p");
    text.className = "text";
    text.textContent = message.text;
    item.append(text);
  }
  element("messages").append(item);
  scroll();
}

function scroll() { element("messages").scrollTop = element("messages").scrollHeight; }

function delivered(answer) {
  if (answer.error) { notice(answer.error); return; }
  const item = element("messages").querySelector(`[data-number="${answer.number}"]`);
  if (item) item.dataset.delivered = "true";
}

function notice(text) {
  const item = document.createElement("li");
  item.className = "notice";
  item.textContent = text;
  element("messages").append(item);
  scroll();
}

socket.on("message", (message) => show(message, false));
socket.on("notice", notice);
let names = [];
socket.on("people", (present) => { names = present; showPeople(); });

function showPeople() {
  element("people").replaceChildren(...names.map((name) => {
    const item = document.createElement("li");
    item.append(face(name), name === me ? name + " (you)" : name);
    return item;
  }));
}

socket.on("typing", (name, isTyping) => {
  if (isTyping) typists.add(name); else typists.delete(name);
  const writing = [...typists];
  element("typing").textContent = writing.length === 0 ? "" :
    writing.length === 1 ? `${writing[0]} is writing…` : `${writing.slice(0, 3).join(", ")} are writing…`;
});

element("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  element("problem").textContent = "";
  if (socket.connected) enter(); else socket.connect();
});
element("leave").addEventListener("click", () => { document.body.dataset.state = "outside"; });

function setTyping(isTyping) {
  if (isTyping !== (typingTimer !== null)) socket.emit("typing", isTyping);
  clearTimeout(typingTimer);
  typingTimer = isTyping ? setTimeout(() => setTyping(false), 3000) : null;
}

element("message").addEventListener("input", () => setTyping(element("message").value !== ""));
element("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("message").value;
  if (text.trim() === "") return;
  socket.emit("post", { text }, delivered);
  element("message").value = "";
  setTyping(false);
});
element("image").addEventListener("change", async () => {
  const file = element("image").files[0];
  element("image").value = "";
  if (!file) return;
  if (file.size > 900000) { notice("The image is larger than 900 kB."); return; }
  socket.emit("post", { image: await file.arrayBuffer(), imageType: file.type }, delivered);
});
