#include "sys/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

class Pipe {
 public:
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { CloseRead(), CloseWrite(); }
  bool Open() { return pipe2(ends_.data(), O_CLOEXEC) == 0; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void CloseRead() { Close(ends_[0]); }
  void CloseWrite() { Close(ends_[1]); }

 private:
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentTexts(const EnvironmentList& environment) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
  return texts;
}

// Everything a child needs, made before fork: after it only async-signal-safe calls are allowed.
struct Launch {
  std::string program;
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string folder;
  bool own_session = false;
  int in = -1, out = -1, err = -1;  // -1: /dev/null
  int cgroup = -1;                  // a `cgroup.procs`, or none
};

[[noreturn]] void RunChild(const Launch& launch, char* const* argv, char* const* environment,
                           int error_pipe) {
  const auto fail = [&](int error) {
    [[maybe_unused]] const ssize_t written = write(error_pipe, &error, sizeof error);
    _exit(127);
  };
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  for (const int signal_number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) signal(signal_number, SIG_DFL);
  // 0 stands for the writer. Where it may not enter, it stays where we are.
  [[maybe_unused]] const ssize_t entered = launch.cgroup < 0 ? 0 : write(launch.cgroup, "0", 1);
  if (launch.own_session) setsid();
  if (!launch.folder.empty() && chdir(launch.folder.c_str()) != 0) fail(errno);
  // Above 2 first: where our own stdin was closed, one of these may be the place of another.
  const auto above = [&](int from) {
    const int fd = from < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : from;
    const int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (moved < 0) fail(errno);
    return moved;
  };
  const int in = above(launch.in);
  const int out = above(launch.out);
  const int err = above(launch.err);
  error_pipe = above(error_pipe);
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) fail(errno);
  execve(launch.program.c_str(), argv, environment);
  fail(errno);
  _exit(127);
}

std::string Doing(const std::vector<std::string>& argv) {
  return fmt::format("cannot start `{}`", argv.empty() ? "" : Printable(argv[0]));
}

// Forks; a failure in the child before exec comes back as our error.
Result<int> Fork(Launch& launch) {
  Pipe errors;
  if (!errors.Open()) return FromErrno(errno, Doing(launch.argv));
  const std::vector<char*> argv = Pointers(launch.argv);
  const std::vector<char*> environment = Pointers(launch.environment);
  const pid_t pid = fork();
  if (pid < 0) return FromErrno(errno, Doing(launch.argv));
  if (pid == 0) RunChild(launch, argv.data(), environment.data(), errors.write_end());
  errors.CloseWrite();
  int error = 0;
  ssize_t count = 0;
  while ((count = read(errors.read_end(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (count == 0) return pid;
  waitpid(pid, nullptr, 0);
  return FromErrno(error, Doing(launch.argv));
}

Result<Launch> MakeLaunch(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                          const EnvironmentList& environment) {
  CHECK(!argv.empty());
  Launch launch;
  launch.program = FindProgram(argv[0]);
  if (launch.program.empty()) {
    return NotFound("no such program in PATH").While(Doing(argv));
  }
  if (!folder.empty() && !IsFolder(folder)) {
    return NotFound(fmt::format("there is no folder `{}`", Printable(folder.string())))
        .While(Doing(argv));
  }
  launch.argv = argv;
  launch.folder = folder;
  launch.environment = EnvironmentTexts(environment);
  return launch;
}

Result<int> OpenForAppend(const std::filesystem::path& file) {
  if (file.empty()) return -1;
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return FromErrno(errno, fmt::format("cannot write `{}`", file.string()));
  return fd;
}

int ExitCodeOfWait(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Moves bytes between us and the child until it has ended or time is up. What its own children
// still write afterwards is not waited for.
class Conversation {
 public:
  Conversation(pid_t pid, Pipe& in, Pipe& out, Pipe& err, const ProcessRequest& request)
      : pid_(pid),
        pid_fd_(OpenPidFd(pid)),
        in_(in),
        out_(out),
        err_(err),
        request_(request),
        left_(request.input) {
    for (const Pipe* pipe : {&out, &err}) fcntl(pipe->read_end(), F_SETFL, O_NONBLOCK);
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() {
    if (pid_fd_ >= 0) close(pid_fd_);
  }

  // False when the time was up.
  bool Hold(ProcessOutcome& outcome) {
    const RealClock clock;
    const Ticks end = clock.Awake() + request_.timeout;
    if (left_.empty()) in_.CloseWrite();
    while (!HasEnded()) {
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - clock.Awake());
      if (rest.count() <= 0) return false;
      Exchange(rest, outcome);
    }
    while (Drain(out_, outcome.out)) continue;
    while (Drain(err_, outcome.err)) continue;
    return true;
  }

 private:
  // -1 on kernels before 5.3 and in sandboxes: then we look every few milliseconds.
  static int OpenPidFd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

  // Leaves the child to be reaped.
  bool HasEnded() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == pid_;
  }

  void Exchange(std::chrono::milliseconds rest, ProcessOutcome& outcome) {
    constexpr int64_t kMostBlind = 10;
    constexpr int64_t kMost = 3'600'000;
    const int64_t wait = std::min(rest.count(), pid_fd_ < 0 ? kMostBlind : kMost);
    pollfd fds[] = {{in_.write_end(), POLLOUT, 0},
                    {out_.read_end(), POLLIN, 0},
                    {err_.read_end(), POLLIN, 0},
                    {pid_fd_, POLLIN, 0}};
    if (poll(fds, std::size(fds), static_cast<int>(wait)) <= 0) return;
    if (fds[0].revents != 0) Feed();
    if (fds[1].revents != 0) Drain(out_, outcome.out);
    if (fds[2].revents != 0) Drain(err_, outcome.err);
  }

  void Feed() {
    const ssize_t count =
        write(in_.write_end(), left_.data(), std::min<size_t>(left_.size(), 4096));
    if (count > 0) left_.remove_prefix(static_cast<size_t>(count));
    if (left_.empty() || (count < 0 && errno != EINTR && errno != EAGAIN)) in_.CloseWrite();
  }

  // False when nothing is there to be read now.
  bool Drain(Pipe& pipe, std::string& kept) const {
    if (pipe.read_end() < 0) return false;
    char buffer[65536];
    const ssize_t count = read(pipe.read_end(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return true;
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
      pipe.CloseRead();
      return false;
    }
    const auto room = static_cast<size_t>(request_.most_output) - kept.size();
    kept.append(buffer, std::min(room, static_cast<size_t>(count)));
    return true;
  }

  pid_t pid_;
  int pid_fd_;
  Pipe& in_;
  Pipe& out_;
  Pipe& err_;
  const ProcessRequest& request_;
  std::string_view left_;
};

bool IsProgram(const std::filesystem::path& file) {
  struct stat info{};
  return stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::filesystem::path FindProgram(const std::string& name) {
  if (name.find('/') != name.npos) return name;
  for (const std::string& folder : Split(ReadVariable("PATH"), ':')) {
    const std::filesystem::path candidate =
        std::filesystem::path(folder.empty() ? "." : folder) / name;
    if (IsProgram(candidate)) return candidate;
  }
  return {};
}

Result<ProcessOutcome> RealProcessRunner::Run(const ProcessRequest& request) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (!in.Open() || !out.Open() || !err.Open()) return FromErrno(errno, Doing(request.argv));
  TRY_ASSIGN(Launch launch,
             MakeLaunch(request.argv, request.folder,
                        request.environment ? *request.environment : ReadEnvironment()));
  launch.in = in.read_end(), launch.out = out.write_end(), launch.err = err.write_end();
  launch.own_session = true;
  signal(SIGPIPE, SIG_IGN);
  TRY_ASSIGN(const int pid, Fork(launch));
  in.CloseRead(), out.CloseWrite(), err.CloseWrite();
  ProcessOutcome outcome;
  outcome.timed_out = !Conversation(pid, in, out, err, request).Hold(outcome);
  if (outcome.timed_out) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.exit_code = ExitCodeOfWait(status);
  return outcome;
}

Result<int> StartChild(const ChildRequest& request) {
  Pipe in;
  if (!in.Open()) return FromErrno(errno, Doing(request.argv));
  TRY_ASSIGN(Launch launch, MakeLaunch(request.argv, request.folder, request.environment));
  if (request.output_fd >= 0) {
    launch.out = launch.err = request.output_fd;
  } else {
    TRY_ASSIGN(launch.out, OpenForAppend(request.out));
    TRY_ASSIGN(launch.err, OpenForAppend(request.err));
  }
  launch.own_session = request.own_session;
  if (!request.cgroup_procs.empty())
    launch.cgroup = open(request.cgroup_procs.c_str(), O_WRONLY | O_CLOEXEC);
  if (!request.input.empty()) {
    CHECK(request.input.size() <= 65536);
    CHECK(write(in.write_end(), request.input.data(), request.input.size()) ==
          static_cast<ssize_t>(request.input.size()));
    launch.in = in.read_end();
  }
  Result<int> pid = Fork(launch);
  if (request.output_fd < 0 && launch.out >= 0) close(launch.out);
  if (request.output_fd < 0 && launch.err >= 0) close(launch.err);
  if (launch.cgroup >= 0) close(launch.cgroup);
  return pid;
}

Result<int> StartDetached(const ChildRequest& request) {
  Pipe answer;
  if (!answer.Open()) return FromErrno(errno, Doing(request.argv));
  // A middle process starts the child and ends at once, so that the child belongs to init.
  const pid_t middle = fork();
  if (middle < 0) return FromErrno(errno, Doing(request.argv));
  if (middle == 0) {
    const Result<int> pid = StartChild(request);
    const int report = pid.ok() ? *pid : -1;
    [[maybe_unused]] const ssize_t written = write(answer.write_end(), &report, sizeof report);
    if (!pid.ok()) {
      const std::string why = pid.error().Text();
      [[maybe_unused]] const ssize_t more = write(answer.write_end(), why.data(), why.size());
    }
    _exit(0);
  }
  answer.CloseWrite();
  int pid = -1;
  const bool answered = read(answer.read_end(), &pid, sizeof pid) == sizeof pid;
  char why[512] = {};
  const ssize_t length = pid > 0 ? 0 : read(answer.read_end(), why, sizeof why - 1);
  waitpid(middle, nullptr, 0);
  if (answered && pid > 0) return pid;
  return Unavailable(length > 0 ? why : "the new process did not answer")
      .While(Doing(request.argv));
}

}  // namespace curbstop
