/*
 * Loaded before the mock server: its sockets send at once, as those of a real server do. It switches that off for each of
 * them, so that the second of two answers waits for the acknowledgement of the first, 40 ms on a quiet machine.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int setsockopt(int socket, int level, int name, const void *value, socklen_t size) {
  int (*original)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
  int on = 1;
  if (level == IPPROTO_TCP && name == TCP_NODELAY) return original(socket, level, name, &on, sizeof on);
  return original(socket, level, name, value, size);
}
