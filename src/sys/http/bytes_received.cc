#include "sys/http/bytes_received.h"

#include <linux/in.h>
#include <linux/tcp.h>
#include <sys/socket.h>

namespace curbstop {

uint64_t BytesReceived(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received
                                                                      : 0;
}

}  // namespace curbstop
