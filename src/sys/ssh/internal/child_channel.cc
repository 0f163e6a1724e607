#include "sys/ssh/internal/child_channel.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/process.h"

namespace curbstop {
namespace {

constexpr size_t kMostErrorText = 16 << 10;
constexpr size_t kPiece = 64 << 10;

void CloseFd(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

struct Ends {
  int ours = -1;
  int theirs = -1;
  ~Ends() { CloseFd(ours), CloseFd(theirs); }

  Status Open(bool ours_reads) {
    int both[2];
    if (pipe2(both, O_CLOEXEC) != 0) return FromErrno(errno, "cannot make a pipe");
    ours = both[ours_reads ? 0 : 1], theirs = both[ours_reads ? 1 : 0];
    fcntl(ours, F_SETFL, O_NONBLOCK);
    return {};
  }
  int Take() { return std::exchange(ours, -1); }
};

}  // namespace

Result<std::unique_ptr<ChildChannel>> ChildChannel::Start(const std::vector<std::string>& argv) {
  signal(SIGPIPE, SIG_IGN);
  Ends in;
  Ends out;
  Ends err;
  TRY(in.Open(false));
  TRY(out.Open(true));
  TRY(err.Open(true));
  ChildRequest request;
  request.argv = argv;
  request.environment = ReadEnvironment();
  request.input_fd = in.theirs, request.output_fd = out.theirs, request.error_fd = err.theirs;
  TRY_ASSIGN(const int pid, StartChild(request));
  return std::unique_ptr<ChildChannel>(
      new ChildChannel(pid, in.Take(), out.Take(), err.Take()));  // NOLINT(*-owning-memory)
}

ChildChannel::ChildChannel(int pid, int in, int out, int err)
    : pid_(pid),
      pid_fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))),
      in_(in),
      out_(out),
      err_(err) {}

ChildChannel::~ChildChannel() {
  Kill();
  for (int* fd : {&in_, &out_, &err_, &pid_fd_}) CloseFd(*fd);
  int status = 0;
  while (!exit_code_ && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

Result<std::string> ChildChannel::Read(size_t most) {
  DrainErrors();
  std::string bytes;
  if (out_ < 0) return bytes;
  bytes.resize(std::min(most, kPiece));
  const ssize_t count = read(out_, bytes.data(), bytes.size());
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) CloseFd(out_);
  return bytes;
}

Result<size_t> ChildChannel::Write(std::string_view bytes) {
  if (in_ < 0) return Unavailable("the other side has closed its input");
  if (bytes.empty()) return size_t{0};
  const ssize_t count = write(in_, bytes.data(), std::min(bytes.size(), kPiece));
  if (count >= 0) return static_cast<size_t>(count);
  if (errno == EINTR || errno == EAGAIN) return size_t{0};
  CloseFd(in_);
  return Unavailable("the other side has closed its input");
}

void ChildChannel::CloseInput() { CloseFd(in_); }

void ChildChannel::Wait(bool to_write, Millis limit) {
  // A process without pidfd (kernels before 5.3, sandboxes) is looked at every few milliseconds.
  const bool blind = pid_fd_ < 0;
  const bool ended = exit_code_.has_value();
  if (ended && out_ < 0) return;
  pollfd fds[] = {{to_write ? in_ : -1, POLLOUT, 0},
                  {out_, POLLIN, 0},
                  {err_, POLLIN, 0},
                  {ended ? -1 : pid_fd_, POLLIN, 0}};
  const auto most = std::min<int64_t>(limit.count(), blind ? 10 : 3'600'000);
  poll(fds, std::size(fds), static_cast<int>(std::max<int64_t>(most, 0)));
  if (fds[2].revents != 0) DrainErrors();
}

void ChildChannel::DrainErrors() {
  char buffer[4096];
  // A flood of errors must not keep us from reading the answer.
  for (int i = 0; err_ >= 0 && i < 16; ++i) {
    const ssize_t count = read(err_, buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return CloseFd(err_);
    error_text_.append(buffer, static_cast<size_t>(count));
    if (error_text_.size() > kMostErrorText) {
      error_text_.erase(0, error_text_.size() - kMostErrorText);
    }
  }
}

std::optional<int> ChildChannel::ExitCode() {
  if (exit_code_) return exit_code_;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return exit_code_;
  exit_code_ = ended < 0 ? 255 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  DrainErrors();
  return exit_code_;
}

void ChildChannel::Kill() {
  if (ExitCode()) return;
  kill(-pid_, SIGKILL);  // its session: own_session
}

std::string ChildChannel::ErrorText() {
  DrainErrors();
  return error_text_;
}

}  // namespace curbstop
