// An echo server on libuv, and a load for echo servers: what Scripts/tcp-echo/run holds the runtimes against.
//
//   echo serve PORT                              sends back what comes, with uv_try_write first
//   echo load PORT CONNECTIONS BYTES SECONDS     each connection sends, waits until it is all back, and sends again
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

static char slab[65536];

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *buffer) { *buffer = uv_buf_init(slab, sizeof slab); }
static void closed(uv_handle_t *handle) { free(handle); }
static void written(uv_write_t *request, int status) { free(request->data); free(request); }

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  if (count < 0) { uv_close((uv_handle_t *)stream, closed); return; }
  if (count == 0) return;
  uv_buf_t out = uv_buf_init(buffer->base, count);
  int taken = uv_try_write(stream, &out, 1);
  if (taken == count) return;
  if (taken < 0) taken = 0;
  uv_write_t *request = malloc(sizeof *request);
  request->data = malloc(count - taken);
  memcpy(request->data, buffer->base + taken, count - taken);
  out = uv_buf_init(request->data, count - taken);
  uv_write(request, stream, &out, 1, written);
}

static void connected(uv_stream_t *server, int status) {
  uv_tcp_t *client = malloc(sizeof *client);
  uv_tcp_init(server->loop, client);
  if (uv_accept(server, (uv_stream_t *)client)) { uv_close((uv_handle_t *)client, closed); return; }
  uv_tcp_nodelay(client, 1);
  uv_read_start((uv_stream_t *)client, allocate, received);
}

static int serve(int port) {
  struct sockaddr_in address;
  uv_tcp_t server;
  uv_loop_t *loop = uv_default_loop();
  uv_ip4_addr("127.0.0.1", port, &address);
  uv_tcp_init(loop, &server);
  if (uv_tcp_bind(&server, (struct sockaddr *)&address, 0) || uv_listen((uv_stream_t *)&server, 1024, connected)) return 1;
  printf("ready\n");
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int load(int port, int connections, int bytes, double seconds) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct epoll_event events[256];
  int epoll = epoll_create1(0), one = 1, *missing = calloc(65536, sizeof *missing);
  char *message = calloc(1, bytes);
  for (int i = 0; i < connections; i++) {
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(socket_, (struct sockaddr *)&address, sizeof address)) { perror("connect"); return 1; }
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = socket_};
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &event);
    missing[socket_] = bytes;
    if (write(socket_, message, bytes) != bytes) { perror("write"); return 1; }
  }
  double warm = now() + seconds / 5, end = warm + seconds;
  long count = 0;
  for (int isCounting = 0;;) {
    double time = now();
    if (time >= end) break;
    if (!isCounting && time >= warm) { isCounting = 1; count = 0; }
    int ready = epoll_wait(epoll, events, 256, 1000);
    for (int i = 0; i < ready; i++) {
      int socket_ = events[i].data.fd;
      ssize_t got = read(socket_, slab, sizeof slab);
      if (got <= 0) { fprintf(stderr, "the server closed a connection\n"); return 1; }
      if ((missing[socket_] -= got) > 0) continue;
      missing[socket_] = bytes;
      count++;
      if (write(socket_, message, bytes) != bytes) { perror("write"); return 1; }
    }
  }
  printf("%.0f\n", count / seconds);
  return 0;
}

int main(int count, char **words) {
  if (count == 3 && !strcmp(words[1], "serve")) return serve(atoi(words[2]));
  if (count == 6 && !strcmp(words[1], "load")) return load(atoi(words[2]), atoi(words[3]), atoi(words[4]), atof(words[5]));
  fprintf(stderr, "usage: echo serve PORT | echo load PORT CONNECTIONS BYTES SECONDS\n");
  return 64;
}
