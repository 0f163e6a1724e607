#include "cloud/practice/machines/machine_place.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgramInside = "/run/curbstop-machine";
constexpr int kTrialSeconds = 20;

// Of the host's, where it has them: programs and what they need to start. No private keys.
constexpr std::array kLinkedFolders = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
constexpr std::array kSharedSettings = {
    "/etc/alternatives",        "/etc/ld.so.cache",     "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/ssl/certs",           "/etc/ssl/openssl.cnf", "/etc/localtime",  "/etc/resolv.conf",
    "/etc/ca-certificates",     "/etc/hosts",           "/etc/protocols",  "/etc/services",
    "/etc/ca-certificates.conf"};

// Where the practice cloud runs as the real root these would be open for writing, whatever the
// namespaces: the kernel asks for the user alone.
constexpr std::array kKernelSettings = {
    "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/mtrr"};

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
constexpr const char* kGroup = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";

void AddLinkedFolders(std::vector<std::string>& argv) {
  for (const char* folder : kLinkedFolders) {
    std::error_code none;
    const fs::path target = fs::read_symlink(folder, none);
    if (!none) argv.insert(argv.end(), {"--symlink", target.string(), folder});
    else if (IsFolder(folder)) argv.insert(argv.end(), {"--ro-bind", folder, folder});
  }
}

// Replaced whole, so that a half-written one is never seen; it is no file of the user's.
Status WriteSetting(const fs::path& file, std::string_view text) {
  if (Exists(file)) return {};
  return AppendQuickly(file, text);
}

}  // namespace

std::string_view NameOf(MachinePlaceKind kind) {
  return kind == MachinePlaceKind::kBubblewrap ? "bubblewrap" : "plain";
}

Status MakePlaceFolders(const PlaceFolders& folders) {
  TRY(MakeFolders(folders.disk, true));
  TRY(MakeFolders(folders.etc, true));
  for (const char* name : kOwnFolders) TRY(MakeFolders(folders.disk / name));
  for (const char* name : {"var/log", "var/lib", "var/tmp", "var/cache"})
    TRY(MakeFolders(folders.disk / name));
  chmod((folders.disk / "tmp").c_str(), 01777);
  chmod((folders.disk / "root").c_str(), 0700);
  TRY(WriteSetting(folders.etc / "passwd", kPasswd));
  TRY(WriteSetting(folders.etc / "group", kGroup));
  return WriteSetting(folders.etc / "hostname", folders.host_name + "\n");
}

std::vector<std::string> BubblewrapCommand(const PlaceFolders& folders, const fs::path& program,
                                           const std::vector<std::string>& words) {
  std::vector<std::string> argv = {"bwrap",
                                   "--unshare-user",
                                   "--uid",
                                   "0",
                                   "--gid",
                                   "0",
                                   "--unshare-pid",
                                   "--unshare-ipc",
                                   "--unshare-uts",
                                   "--hostname",
                                   folders.host_name,
                                   "--as-pid-1",
                                   "--new-session",
                                   "--cap-drop",
                                   "ALL",
                                   "--ro-bind",
                                   "/usr",
                                   "/usr"};
  AddLinkedFolders(argv);
  for (const char* path : kSharedSettings) argv.insert(argv.end(), {"--ro-bind-try", path, path});
  for (const char* name : {"passwd", "group", "hostname"})
    argv.insert(argv.end(),
                {"--ro-bind", (folders.etc / name).string(), fmt::format("/etc/{}", name)});
  argv.insert(argv.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run"});
  for (const char* path : kKernelSettings) argv.insert(argv.end(), {"--ro-bind-try", path, path});
  // What the machine can write to is bound at places that it cannot replace: a link of its making
  // is never followed while the next boot is prepared.
  for (const char* name : kOwnFolders)
    argv.insert(argv.end(), {"--bind", (folders.disk / name).string(), fmt::format("/{}", name)});
  argv.insert(argv.end(), {"--ro-bind", program.string(), kProgramInside, "--remount-ro", "/",
                           "--chdir", "/root", kProgramInside});
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

PlaceChoice ChoosePlace(ProcessRunner& processes, const fs::path& program,
                        const fs::path& scratch) {
  const auto plain = [](std::string why) {
    return PlaceChoice{.kind = MachinePlaceKind::kPlain, .why = std::move(why)};
  };
  if (FindProgram("bwrap").empty()) return plain("bubblewrap is not installed");
  const PlaceFolders folders{
      .disk = scratch / "disk", .etc = scratch / "etc", .host_name = "practice"};
  if (const Status made = MakePlaceFolders(folders); !made.ok())
    return plain(made.error().OneLine());
  const Result<ProcessOutcome> tried =
      processes.Run({.argv = BubblewrapCommand(folders, program, {"--version"}),
                     .timeout = std::chrono::seconds(kTrialSeconds)});
  [[maybe_unused]] const Status removed = RemoveTree(scratch);
  if (!tried.ok()) return plain(tried.error().OneLine());
  if (tried->exit_code == 0) return {.kind = MachinePlaceKind::kBubblewrap, .why = ""};
  const std::string said = Printable(Trim(tried->err));
  return plain(fmt::format("bubblewrap does not work here: {}",
                           said.empty() ? fmt::format("exit code {}", tried->exit_code) : said));
}

}  // namespace curbstop
