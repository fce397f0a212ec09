// A WebSocket fan-out as fast as it gets: one thread, epoll, nothing stored, no room, no check.
// Every frame of a client is sent to all clients as it came. What is read in one turn of the loop
// leaves in one write for each client. The yardstick for fan-out, not a chat server.
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

struct Client {
  int fd;
  bool open = false;
  std::string in, out;
  size_t sent = 0;
};

static void appendFrame(std::string &to, const char *data, size_t size) {
  to.push_back(char(0x81));
  if (size < 126) {
    to.push_back(char(size));
  } else {
    to.push_back(126);
    to.push_back(char(size >> 8));
    to.push_back(char(size & 255));
  }
  to.append(data, size);
}

// Takes complete frames off the client's input and appends them, unmasked, to the turn's batch.
static void takeFrames(Client &c, std::string &batch) {
  size_t at = 0;
  for (;;) {
    const auto *p = reinterpret_cast<const uint8_t *>(c.in.data()) + at;
    const size_t have = c.in.size() - at;
    if (have < 6) break;
    size_t size = p[1] & 127, head = 2;
    if (size == 126) {
      if (have < 8) break;
      size = size_t(p[2]) << 8 | p[3];
      head = 4;
    }
    if (have < head + 4 + size) break;
    std::string text(reinterpret_cast<const char *>(p) + head + 4, size);
    for (size_t i = 0; i < size; i++) text[i] ^= p[head + (i & 3)];
    if ((p[0] & 15) == 1) appendFrame(batch, text.data(), size);
    at += head + 4 + size;
  }
  c.in.erase(0, at);
}

int main() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) || listen(listener, 4096)) return 1;
  socklen_t length = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length);
  printf("Peer is ready at http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  const int loop = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<epoll_event> events(4096);
  std::vector<char> buffer(1 << 18);
  for (;;) {
    const int n = epoll_wait(loop, events.data(), int(events.size()), -1);
    std::string batch;
    for (int i = 0; i < n; i++) {
      auto *c = static_cast<Client *>(events[i].data.ptr);
      if (!c) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (fd < 0) continue;
        const int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        clients.push_back(std::make_unique<Client>(Client{fd, false, {}, {}, 0}));
        epoll_event added{};
        added.events = EPOLLIN | EPOLLOUT | EPOLLET;
        added.data.ptr = clients.back().get();
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &added);
        continue;
      }
      for (;;) {
        const ssize_t got = read(c->fd, buffer.data(), buffer.size());
        if (got == 0) _exit(0);  // The first client that goes ends the measurement.
        if (got < 0) break;
        c->in.append(buffer.data(), size_t(got));
      }
      if (!c->open) {
        const size_t end = c->in.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        c->in.erase(0, end + 4);
        c->open = true;
        c->out += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: unchecked\r\n\r\n";
      }
      takeFrames(*c, batch);
    }
    for (auto &c : clients) {
      if (c->open) c->out += batch;
      while (c->sent < c->out.size()) {
        const ssize_t put = write(c->fd, c->out.data() + c->sent, c->out.size() - c->sent);
        if (put < 0) break;
        c->sent += size_t(put);
      }
      if (c->sent == c->out.size()) {
        c->out.clear();
        c->sent = 0;
      }
    }
  }
}
