"use strict";
const socket = io();
const byId = (id) => document.getElementById(id);

const show = (place, session) => {
  document.querySelector(`#${place} .user`).textContent = session.user;
  document.querySelector(`#${place} .value`).textContent = session.value;
};
const overHTTP = async (change) => {
  const answer = await fetch("/session", change ? { method: "POST", body: JSON.stringify(change) } : {});
  if (answer.ok) show("http", await answer.json());
};
socket.on("refresh-session", (session) => show("socket", session));
socket.on("connect", () => socket.emit("get-session"));

const submit = (id, action) => byId(id).addEventListener("submit", (event) => {
  event.preventDefault();
  action(Object.fromEntries(new FormData(event.target)));
});
// A copy of the session is made when a client connects: who logs in connects anew.
const again = () => socket.disconnect().connect();
submit("http-value", (values) => overHTTP({ value: values.value }));
submit("login", (values) => overHTTP({ user: values.user }).then(again));
submit("logout", () => overHTTP({ user: null }).then(again));
submit("socket-value", (values) => socket.emit("set-session", values.value));
submit("socket-get", () => socket.emit("get-session"));
overHTTP();
