// What is left of a server if it does nothing but ask the kernel for bytes and give it others: an event loop that answers
// as a Socket.IO server would, by the first bytes of what comes. It keeps no state but what it answers with, checks
// nothing, and must not be shown to anybody but the load of this program.
#define _GNU_SOURCE
#include "CCompareModes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 1 << 17, BUFFER = 1 << 16, EVENTS = 512 };
static const char open_packet[] =
    "0{\"sid\":\"AAAAAAAAAAAAAAAAAAAA\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";
static const char connect_packet[] = "40{\"sid\":\"BBBBBBBBBBBBBBBBBBBB\"}";

struct peer {
  bool is_websocket;
  int place; // among the WebSockets
};
static struct peer peers[MAX_DESCRIPTORS];
static int websockets[MAX_DESCRIPTORS], websocket_count;
static char input[BUFFER], output[8 * BUFFER];
static size_t written;
// What is to be sent when everything that has come is read: whoever waits for it is woken once.
static struct answer {
  int descriptor;
  size_t offset, count;
} answers[EVENTS];
static int answer_count;

static void append(const char *bytes, size_t count) {
  if (written + count > sizeof output) return;
  memcpy(output + written, bytes, count);
  written += count;
}

static void append_head(size_t count) {
  char head[4] = {(char)0x81, (char)count};
  if (count > 125) head[1] = 126, head[2] = (char)(count >> 8), head[3] = (char)count;
  append(head, count > 125 ? 4 : 2);
}

static void append_frame(const char *bytes, size_t count) {
  append_head(count);
  append(bytes, count);
}

/// The acknowledgement of `42<id>["event",<argument>]` is `43<id>[<argument>]`: what it is made of.
struct acknowledgement {
  size_t head, rest, count;
  const char *value;
};
static struct acknowledgement find(const char *packet, size_t count) {
  const char *list = memchr(packet, '[', count), *comma = list ? memchr(list, ',', packet + count - list) : NULL;
  if (!comma) return (struct acknowledgement){0};
  size_t head = (size_t)(list - packet), rest = (size_t)(packet + count - comma - 1);
  return (struct acknowledgement){head, rest, head + 1 + rest, comma + 1};
}

static void append_acknowledgement(const char *packet, struct acknowledgement parts) {
  if (parts.count == 0) return;
  append(packet, parts.head);
  output[written - parts.head + 1] = '3';
  append("[", 1);
  append(parts.value, parts.rest);
}

static void answer_http(int descriptor, size_t count) {
  static char event[BUFFER];
  static size_t event_count;
  if (memmem(input, count, "transport=websocket", 19)) {
    static const char head[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    append(head, sizeof head - 1);
    append_frame(open_packet, sizeof open_packet - 1);
    peers[descriptor] = (struct peer){true, websocket_count};
    websockets[websocket_count++] = descriptor;
    return;
  }
  const char *body = open_packet;
  size_t body_count = sizeof open_packet - 1;
  if (input[0] == 'P') {
    const char *end = memmem(input, count, "\r\n\r\n", 4);
    size_t packet_count = end ? (size_t)(input + count - end - 4) : 0;
    if (packet_count > 4) {
      size_t before = written;
      append_acknowledgement(end + 4, find(end + 4, packet_count));
      event_count = written - before;
      memcpy(event, output + before, event_count);
      written = before;
    }
    body = "ok";
    body_count = 2;
  } else if (memmem(input, count, "sid=", 4)) {
    body = event_count ? event : connect_packet;
    body_count = event_count ? event_count : sizeof connect_packet - 1;
  }
  char head[128];
  int length = snprintf(
      head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", body_count);
  append(head, (size_t)length);
  append(body, body_count);
}

static void unmask(char *bytes, size_t count, const char *mask) {
  uint32_t key;
  memcpy(&key, mask, sizeof key);
  if (key == 0) return;
  uint64_t wide = (uint64_t)key << 32 | key, word;
  size_t i = 0;
  for (; i + sizeof word <= count; i += sizeof word) {
    memcpy(&word, bytes + i, sizeof word);
    word ^= wide;
    memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < count; i++) bytes[i] ^= mask[i & 3];
}

/// Returns whether what was written goes to all.
static bool answer_frames(size_t count) {
  bool is_broadcast = false;
  for (size_t offset = 0; offset + 6 <= count;) {
    size_t length = input[offset + 1] & 127, head = 6;
    if (length == 126) {
      length = (size_t)(unsigned char)input[offset + 2] << 8 | (unsigned char)input[offset + 3];
      head = 8;
    }
    if (offset + head + length > count) break;
    char *packet = input + offset + head;
    unmask(packet, length, packet - 4);
    offset += head + length;
    if (length < 2 || packet[0] != '4') continue;
    if (packet[1] == '0') append_frame(connect_packet, sizeof connect_packet - 1);
    if (packet[1] != '2') continue;
    if (packet[2] == '[') {
      append_frame(packet, length);
      is_broadcast = true;
    } else {
      struct acknowledgement parts = find(packet, length);
      append_head(parts.count);
      append_acknowledgement(packet, parts);
    }
  }
  return is_broadcast;
}

static void drop(int descriptor) {
  if (peers[descriptor].is_websocket) {
    int last = websockets[--websocket_count], place = peers[descriptor].place;
    websockets[place] = last;
    peers[last].place = place;
    peers[descriptor].is_websocket = false;
  }
  close(descriptor);
}

static void send_answers(void) {
  for (int i = 0; i < answer_count; i++) {
    send(answers[i].descriptor, output + answers[i].offset, answers[i].count, MSG_NOSIGNAL);
  }
  answer_count = 0;
  written = 0;
}

static void serve(int descriptor) {
  ssize_t count = recv(descriptor, input, sizeof input, 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) drop(descriptor);
    return;
  }
  // Room for whatever this one is answered with.
  if (sizeof output - written < 3 * BUFFER) send_answers();
  size_t offset = written;
  bool is_broadcast = false;
  if (peers[descriptor].is_websocket) {
    is_broadcast = answer_frames((size_t)count);
  } else {
    answer_http(descriptor, (size_t)count);
  }
  // One call of the system for everything that has come together.
  if (is_broadcast) {
    for (int i = 0; i < websocket_count; i++) send(websockets[i], output + offset, written - offset, MSG_NOSIGNAL);
    written = offset;
  } else if (written > offset) {
    answers[answer_count++] = (struct answer){descriptor, offset, written - offset};
  }
}

int compare_modes_floor(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) return errno;
  int poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
  for (;;) {
    int count = epoll_wait(poll, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) return errno;
    for (int i = 0; i < count; i++) {
      // Each event is answered once at most, so there is a place for its answer.
      if (events[i].data.fd != listener) {
        serve(events[i].data.fd);
        continue;
      }
      int descriptor;
      while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (descriptor >= MAX_DESCRIPTORS) {
          close(descriptor);
          continue;
        }
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peers[descriptor] = (struct peer){false, 0};
        wanted.data.fd = descriptor;
        epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &wanted);
      }
    }
    send_answers();
  }
}
