#include "sys/ssh/testing/loopback_sshd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "sys/clock.h"
#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/ssh/ssh_folder.h"
#include "sys/ssh/ssh_key.h"
#include "sys/ssh/ssh_options.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr char kServer[] = "/usr/sbin/sshd";

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool Listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool listens =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return listens;
}

Status MakeHostKey(const fs::path& folder) {
  RealProcessRunner processes;
  TRY(MakeFolders(folder, true));
  const Result<SshKey> key = MakeSshKey(folder, "host", processes);
  return key.ok() ? Status() : Status(key.error());
}

std::string ConfigText(const fs::path& folder, int port) {
  return fmt::format(
      "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n"
      "UsePAM no\nStrictModes no\nPasswordAuthentication no\nMaxStartups 100\nMaxSessions 20\n"
      "Subsystem sftp internal-sftp\n",
      port, (folder / "host/ssh-key").string(), (folder / "user/ssh-key.pub").string());
}

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  CHECK(bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

std::string UserName() {
  const passwd* user = getpwuid(geteuid());  // NOLINT(concurrency-mt-unsafe)
  CHECK(user != nullptr);
  return user->pw_name;
}

Result<LoopbackSshd> LoopbackSshd::Start(const fs::path& folder) {
  if (!Exists(kServer)) return NotFound("no sshd here (package openssh-server)");
  if (geteuid() == 0) mkdir("/run/sshd", 0755);  // which sshd wants, and a container lacks
  TRY(MakeHostKey(folder / "host"));
  TRY(MakeHostKey(folder / "user"));
  LoopbackSshd server(folder, FreePort(), -1);
  TRY(server.Launch());
  return server;
}

Status LoopbackSshd::Launch() {
  RealFileStore files;
  const fs::path config = folder_ / "sshd_config";
  TRY(files.Write(config, ConfigText(folder_, port_), 0600));
  ChildRequest request;
  request.argv = {kServer, "-D", "-e", "-f", config.string()};
  request.environment = ReadEnvironment();
  request.out = request.err = folder_ / "sshd.log";
  TRY_ASSIGN(pid_, StartChild(request));
  RealClock clock;
  for (int i = 0; i < 1000; ++i) {
    if (Listens(port_)) return {};
    clock.Wait(Millis(10));
  }
  return Unavailable("sshd does not listen; see " + (folder_ / "sshd.log").string());
}

LoopbackSshd::LoopbackSshd(LoopbackSshd&& other) noexcept
    : folder_(std::move(other.folder_)), port_(other.port_), pid_(std::exchange(other.pid_, -1)) {}

void CloseSsh(SshTarget target) {
  if (target.control_folder.empty()) {
    Result<std::filesystem::path> folder = MakeControlFolder(ReadVariable("XDG_RUNTIME_DIR"));
    if (!folder.ok()) return;
    target.control_folder = *std::move(folder);
  }
  ProcessRequest request;
  request.argv = SessionArguments(target);
  request.argv.insert(request.argv.end(), {"-O", "exit", "--", DestinationOf(target)});
  request.timeout = Millis(5'000);
  [[maybe_unused]] const Result<ProcessOutcome> outcome = RealProcessRunner().Run(request);
}

LoopbackSshd::~LoopbackSshd() {
  if (pid_ <= 0) return;
  CloseSsh(Target());
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

SshTarget LoopbackSshd::Target(int port) const {
  SshTarget target;
  target.host = "127.0.0.1";
  target.port = port == 0 ? port_ : port;
  target.user = UserName();
  target.identity = folder_ / "user/ssh-key";
  target.known_hosts = folder_ / "known_hosts";
  target.pinned_as = "machine-1";
  return target;
}

Status LoopbackSshd::ChangeHostKey() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  TRY(RemoveTree(folder_ / "host"));
  TRY(MakeHostKey(folder_ / "host"));
  return Launch();
}

}  // namespace curbstop
