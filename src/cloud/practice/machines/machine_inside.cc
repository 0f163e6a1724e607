#include "cloud/practice/machines/machine_inside.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "cloud/practice/machines/machine_disk.h"
#include "cloud/practice/machines/machine_order.h"
#include "cloud/practice/machines/machine_place.h"
#include "sys/environment.h"
#include "sys/ssh_server/ssh_connection.h"

namespace curbstop {
namespace {

constexpr size_t kMostConnections = 200;
constexpr int64_t kLongestOrder = 4 << 20;

std::string ReadStandardInput() {
  std::string text;
  std::array<char, 64 << 10> bytes;
  ssize_t count = 0;
  while ((count = read(0, bytes.data(), bytes.size())) > 0 &&
         static_cast<int64_t>(text.size()) < kLongestOrder)
    text.append(bytes.data(), static_cast<size_t>(count));
  return text;
}

// From here on nobody in the machine can read the order at this process's stdin.
void DropStandardInput() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) dup2(null, 0);
}

// Below which lies what a machine can write to.
std::vector<std::filesystem::path> DiskFolders(const MachineOrder& order) {
  if (order.is_plain) return {std::filesystem::path(order.home).parent_path()};
  std::vector<std::filesystem::path> folders;
  for (const char* name : kOwnFolders) folders.push_back(std::filesystem::path("/") / name);
  return folders;
}

// What process 1 and the namespaces do in a place of its own.
void LimitPlain() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
}

std::string SystemShell() { return access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"; }

// Sessions see no variable of the container, as with the providers; a plain process has no
// /proc/1/environ to read its key from and gets all.
EnvironmentList SessionEnvironment(bool is_plain) {
  constexpr std::array kPassedOn = {"PATH", "HOME", "USER", "LOGNAME", "CURBSTOP_PRACTICE_MACHINE"};
  EnvironmentList environment;
  for (const auto& [name, value] : ReadEnvironment()) {
    const bool passed = std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end();
    if (is_plain || passed) environment.emplace_back(name, value);
  }
  environment.emplace_back("SHELL", SystemShell());
  return environment;
}

class Machine {
 public:
  explicit Machine(const MachineOrder& order)
      : order_(order),
        setup_{.host_key = order.host_key,
               .authorized_keys = std::filesystem::path(order.home) / ".ssh/authorized_keys",
               .home = order.home,
               .shell = SystemShell(),
               .environment = SessionEnvironment(order.is_plain)} {}

  Status Live();

 private:
  void Start();
  void Accept();
  void Hear();
  void Reap();
  void SetReach(bool reachable);
  [[noreturn]] void Serve(int socket);

  const MachineOrder& order_;
  RealClock clock_;
  SshSetup setup_;
  int signals_ = -1;
  int listener_ = -1;
  bool reachable_ = true;
  bool over_ = false;
  std::set<pid_t> connections_;
};

sigset_t HeardSignals() {
  sigset_t heard;
  sigemptyset(&heard);
  for (const int number : {SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2}) sigaddset(&heard, number);
  return heard;
}

void Machine::Start() {
  if (order_.start.empty() || fork() != 0) return;
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int log = open(order_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (log >= 0) {
    dup2(log, 1);
    dup2(log, 2);
  }
  execl("/bin/sh", "sh", "-c", order_.start.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

void Machine::Serve(int socket) {
  close(signals_);
  close(listener_);
  const Status served = ServeSshConnection(socket, setup_);
  _exit(served.ok() ? 0 : 1);
}

void Machine::Accept() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const pid_t pid = connections_.size() < kMostConnections ? fork() : -1;
    if (pid == 0) Serve(socket);
    if (pid > 0) connections_.insert(pid);
    close(socket);
  }
}

void Machine::Reap() {
  pid_t pid = 0;
  while ((pid = waitpid(-1, nullptr, WNOHANG)) > 0) connections_.erase(pid);
}

void Machine::SetReach(bool reachable) {
  reachable_ = reachable;
  for (const pid_t pid : connections_) kill(pid, reachable ? SIGCONT : SIGSTOP);
}

void Machine::Hear() {
  signalfd_siginfo heard;
  while (read(signals_, &heard, sizeof heard) == sizeof heard) {
    if (heard.ssi_signo == SIGTERM) over_ = true;
    if (heard.ssi_signo == SIGUSR1) SetReach(false);
    if (heard.ssi_signo == SIGUSR2) SetReach(true);
  }
  Reap();
}

Status Machine::Live() {
  const sigset_t heard = HeardSignals();
  sigprocmask(SIG_BLOCK, &heard, nullptr);
  signals_ = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) return FromErrno(errno, "cannot hear signals");
  if (order_.is_plain) LimitPlain();
  MachineDisk disk(DiskFolders(order_), order_.disk_bytes, clock_);
  Start();
  TRY_ASSIGN(listener_, ListenOnLoopback(order_.port));
  while (!over_) {
    std::array<pollfd, 2> polls = {pollfd{.fd = signals_, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = listener_, .events = POLLIN, .revents = 0}};
    poll(polls.data(), reachable_ ? 2 : 1, static_cast<int>(disk.Look().count()));
    Hear();
    if (reachable_) Accept();
  }
  return {};
}

}  // namespace

Status LiveInMachine() {
  TRY_ASSIGN(const MachineOrder order, ReadMachineOrder(ReadStandardInput()));
  DropStandardInput();
  umask(022);
  if (chdir(order.home.c_str()) != 0)
    return FromErrno(errno, fmt::format("no home `{}`", Printable(order.home)));
  Machine machine(order);
  return machine.Live();
}

}  // namespace curbstop
