#include "sys/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
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

// A descriptor of our own, closed at the end.
class Handle {
 public:
  Handle() = default;
  explicit Handle(int fd) : fd_(fd) {}
  Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Handle() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
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
  // What a library opened without O_CLOEXEC is not the child's.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
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

// None for an empty path.
Result<Handle> OpenForAppend(const std::filesystem::path& file) {
  if (file.empty()) return Handle();
  Handle handle(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (handle.get() < 0) return FromErrno(errno, fmt::format("cannot write `{}`", file.string()));
  return handle;
}

// A file in memory that holds `input` and cannot change any more, to be read from its start. A pipe
// would hold 64 KiB, or one page where the user has many, and block us for the rest.
Result<Handle> HoldInput(std::string_view input, const std::string& doing) {
  Handle memory(memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (memory.get() < 0) return FromErrno(errno, doing);
  while (!input.empty()) {
    const ssize_t count = write(memory.get(), input.data(), input.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return FromErrno(errno, doing);
    input.remove_prefix(static_cast<size_t>(count));
  }
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0 || lseek(memory.get(), 0, SEEK_SET) != 0)
    return FromErrno(errno, doing);
  return memory;
}

Handle OpenCgroup(const std::filesystem::path& procs) {
  return procs.empty() ? Handle() : Handle(open(procs.c_str(), O_WRONLY | O_CLOEXEC));
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
  TRY_ASSIGN(Launch launch, MakeLaunch(request.argv, request.folder, request.environment));
  const bool to_files = request.output_fd < 0;
  TRY_ASSIGN(const Handle out, OpenForAppend(to_files ? request.out : ""));
  TRY_ASSIGN(const Handle err, OpenForAppend(to_files ? request.err : ""));
  const Handle cgroup = OpenCgroup(request.cgroup_procs);
  launch.out = to_files ? out.get() : request.output_fd;
  launch.err = to_files ? err.get() : request.output_fd;
  if (request.error_fd >= 0) launch.err = request.error_fd;
  launch.cgroup = cgroup.get();
  launch.own_session = request.own_session;
  Handle in;
  if (!request.input.empty()) {
    TRY_ASSIGN(in, HoldInput(request.input, Doing(request.argv)));
  }
  launch.in = request.input_fd >= 0 ? request.input_fd : in.get();
  return Fork(launch);
}

namespace {

// What the middle process of StartDetached says: the child's pid, or why there is none; the error's
// message, hint and contexts follow, each with a final NUL.
struct Answer {
  int pid = -1;
  ErrorKind kind = ErrorKind::kUnavailable;
};

void SayAnswer(int fd, const Result<int>& pid) {
  const Answer answer = pid.ok() ? Answer{*pid, {}} : Answer{-1, pid.error().kind()};
  std::string bytes(reinterpret_cast<const char*>(&answer), sizeof answer);
  if (!pid.ok()) {
    bytes += pid.error().message() + '\0' + pid.error().hint() + '\0';
    for (const std::string& context : pid.error().contexts()) bytes += context + '\0';
  }
  [[maybe_unused]] const ssize_t written = write(fd, bytes.data(), bytes.size());
}

std::string ReadToEnd(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(fd, buffer, sizeof buffer)) != 0;) {
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
    if (count < 0 && errno != EINTR) break;
  }
  return text;
}

Result<int> PidOf(std::string_view bytes) {
  Answer answer;
  if (bytes.size() < sizeof answer) return Unavailable("a process between ended without a word");
  std::memcpy(&answer, bytes.data(), sizeof answer);
  if (answer.pid > 0) return answer.pid;
  const std::vector<std::string> texts = Split(bytes.substr(sizeof answer), '\0');
  Error error(answer.kind, texts[0]);
  if (texts.size() > 1 && !texts[1].empty()) error = std::move(error).WithHint(texts[1]);
  for (size_t i = 2; i + 1 < texts.size(); ++i) error = std::move(error).While(texts[i]);
  return error;
}

}  // namespace

Result<int> StartDetached(const ChildRequest& request) {
  Pipe answer;
  if (!answer.Open()) return FromErrno(errno, Doing(request.argv));
  // A middle process starts the child and ends at once, so that the child belongs to init.
  const pid_t middle = fork();
  if (middle < 0) return FromErrno(errno, Doing(request.argv));
  if (middle == 0) {
    SayAnswer(answer.write_end(), StartChild(request));
    _exit(0);
  }
  answer.CloseWrite();
  const std::string bytes = ReadToEnd(answer.read_end());
  while (waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
  }
  return PidOf(bytes);
}

}  // namespace curbstop
