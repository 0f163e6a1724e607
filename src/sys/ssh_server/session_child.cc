#include "sys/ssh_server/session_child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr int kPipeBytes = 256 << 10;
constexpr const char* kDoing = "cannot start a session";

// Three pipes, or a terminal in `near[0]` and `far[0]`; what nobody took is closed.
struct Ends {
  std::array<int, 3> near{-1, -1, -1};  // ours
  std::array<int, 3> far{-1, -1, -1};   // the child's

  Ends() = default;
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    for (const int fd : near) Close(fd);
    for (const int fd : far) Close(fd);
  }
  static void Close(int fd) {
    if (fd >= 0) close(fd);
  }
};

Status OpenPipes(Ends& ends) {
  for (size_t i = 0; i < 3; ++i) {
    std::array<int, 2> made{-1, -1};
    if (pipe2(made.data(), O_CLOEXEC) != 0) return FromErrno(errno, kDoing);
    fcntl(made[0], F_SETPIPE_SZ, kPipeBytes);  // faster where it is allowed
    ends.near[i] = made[i == 0 ? 1 : 0];
    ends.far[i] = made[i == 0 ? 0 : 1];
    fcntl(ends.near[i], F_SETFL, O_NONBLOCK);
  }
  return {};
}

winsize SizeOf(const TerminalShape& shape) {
  const auto narrow = [](int value) {
    return static_cast<unsigned short>(value < 0 || value > 0xffff ? 0 : value);
  };
  return {.ws_row = narrow(shape.rows),
          .ws_col = narrow(shape.columns),
          .ws_xpixel = narrow(shape.pixels_wide),
          .ws_ypixel = narrow(shape.pixels_high)};
}

Status OpenTerminal(const TerminalShape& shape, Ends& ends) {
  const winsize size = SizeOf(shape);
  if (openpty(&ends.near[1], &ends.far[0], nullptr, nullptr, &size) != 0)
    return FromErrno(errno, kDoing);
  for (const int fd : {ends.near[1], ends.far[0]}) fcntl(fd, F_SETFD, FD_CLOEXEC);
  ends.near[0] = fcntl(ends.near[1], F_DUPFD_CLOEXEC, 3);
  if (ends.near[0] < 0) return FromErrno(errno, kDoing);
  fcntl(ends.near[1], F_SETFL, O_NONBLOCK);  // one open file: both do not block
  return {};
}

std::vector<char*> PointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void TakeStandardStreams(const Ends& ends, bool is_terminal) {
  setsid();
  if (is_terminal) ioctl(ends.far[0], TIOCSCTTY, 0);
  for (int i = 0; i < 3; ++i) dup2(is_terminal ? ends.far[0] : ends.far[static_cast<size_t>(i)], i);
}

[[noreturn]] void BecomeChild(const SessionRequest& request, const Ends& ends) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGCHLD, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2})
    signal(number, SIG_DFL);
  TakeStandardStreams(ends, request.terminal.has_value());
  if (chdir(request.folder.c_str()) != 0 && chdir("/") != 0) _exit(127);
  std::vector<std::string> argv = request.argv;
  if (!request.name.empty()) argv[0] = request.name;
  std::vector<std::string> environment;
  for (const auto& [name, value] : request.environment) environment.push_back(name + "=" + value);
  execve(request.argv[0].c_str(), PointersTo(argv).data(), PointersTo(environment).data());
  _exit(127);
}

}  // namespace

Result<SessionChild> StartSessionChild(const SessionRequest& request) {
  Ends ends;
  TRY(request.terminal ? OpenTerminal(*request.terminal, ends) : OpenPipes(ends));
  const pid_t pid = fork();
  if (pid < 0) return FromErrno(errno, kDoing);
  if (pid == 0) BecomeChild(request, ends);
  return SessionChild{.pid = pid,
                      .in = std::exchange(ends.near[0], -1),
                      .out = std::exchange(ends.near[1], -1),
                      .err = std::exchange(ends.near[2], -1)};
}

void ReshapeTerminal(int master, const TerminalShape& shape) {
  const winsize size = SizeOf(shape);
  ioctl(master, TIOCSWINSZ, &size);
}

}  // namespace curbstop
