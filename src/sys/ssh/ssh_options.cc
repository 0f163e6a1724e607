#include "sys/ssh/ssh_options.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// FNV-1a, 64 bits: a short name that is the same in every process, and no secret.
std::string ShortName(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

// ssh_config(5) reads `%` and `~` in paths and splits values at blanks.
std::string PathValue(const std::filesystem::path& path) {
  std::string value = "\"";
  for (const char c : path.string()) {
    if (c == '%') value += '%';
    value += c;
  }
  return value + '"';
}

std::string_view HostKeyRule(const SshTarget& target) {
  const Result<std::string> known = ReadFile(target.known_hosts, 1 << 20);
  if (known.ok()) return HoldsKeyFor(*known, PinOf(target)) ? "yes" : "accept-new";
  return known.error().kind() == ErrorKind::kNotFound ? "accept-new" : "yes";
}

void Add(std::vector<std::string>& argv, const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    argv.emplace_back("-o");
    argv.push_back(option);
  }
}

// What every ssh of ours is told.
std::vector<std::string> Common(const SshTarget& target) {
  std::vector<std::string> argv = {"ssh", "-p", std::to_string(target.port)};
  Add(argv, {"IdentitiesOnly=yes",
             "IdentityAgent=none",
             "IdentityFile=" + PathValue(target.identity),
             "CertificateFile=none",
             "PreferredAuthentications=publickey",
             "GlobalKnownHostsFile=/dev/null",
             "UserKnownHostsFile=" + PathValue(target.known_hosts),
             fmt::format("StrictHostKeyChecking={}", HostKeyRule(target)),
             "HostKeyAlias=" + PinOf(target),
             "HashKnownHosts=no",
             "UpdateHostKeys=no",
             "CheckHostIP=no",
             "VerifyHostKeyDNS=no",
             "KnownHostsCommand=none",
             "ForwardAgent=no",
             "ForwardX11=no",
             "PermitLocalCommand=no",
             "ConnectTimeout=10",
             "ConnectionAttempts=1",
             "ServerAliveInterval=1",
             "ServerAliveCountMax=3",
             "TCPKeepAlive=yes",
             "ControlPath=" + PathValue(ControlPath(target))});
  return argv;
}

std::vector<std::string> Silent(const SshTarget& target) {
  std::vector<std::string> argv = Common(target);
  Add(argv, {"BatchMode=yes", "ClearAllForwardings=yes", "Tunnel=no", "RemoteCommand=none",
             "RequestTTY=no", "EscapeChar=none", "LogLevel=ERROR"});
  return argv;
}

struct Sign {
  std::string_view said;
  ErrorKind kind;
  std::string_view why;
  std::string_view hint;
};

constexpr std::string_view kForeignHint =
    "somebody may stand between you and the machine, or another machine has its address; end it and "
    "rent another";

// In the order in which they are looked for. Source: the messages of OpenSSH 9.2 and 10.0.
constexpr Sign kSigns[] = {
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", ErrorKind::kDenied,
     "its host key is not the one of the first contact", kForeignHint},
    {"Host key verification failed", ErrorKind::kDenied,
     "its host key is not the one of the first contact", kForeignHint},
    {"Bad configuration option", ErrorKind::kInvalidInput, "your ssh configuration has a mistake",
     "mend what ssh says below"},
    {"Bad owner or permissions", ErrorKind::kInvalidInput,
     "ssh does not trust your ssh configuration", "give the file to yourself alone: `chmod 600`"},
    {"Permission denied", ErrorKind::kDenied, "it does not take our key", ""},
    {"Too many authentication failures", ErrorKind::kDenied, "it does not take our key", ""},
    {"Connection refused", ErrorKind::kUnavailable, "nothing listens there yet", ""},
    {"Could not resolve", ErrorKind::kUnavailable, "its name is not known", ""},
    {"timed out", ErrorKind::kUnavailable, "it does not answer", ""},
};

std::string Excerpt(std::string_view said) {
  constexpr size_t kMost = 300;
  const std::string_view trimmed = Trim(said);
  return Printable(trimmed.substr(trimmed.size() > kMost ? trimmed.size() - kMost : 0));
}

bool IsPlainWord(std::string_view word) {
  return !word.empty() && word.size() <= 255 && word.front() != '-' &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == '_' || c == ':';
         });
}

}  // namespace

std::string PinOf(const SshTarget& target) {
  return target.pinned_as.empty() ? fmt::format("[{}]:{}", target.host, target.port)
                                  : target.pinned_as;
}

std::string DestinationOf(const SshTarget& target) { return target.user + "@" + target.host; }

std::filesystem::path ControlPath(const SshTarget& target) {
  return target.control_folder /
         ShortName(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", target.host, target.port, target.user,
                               target.identity.string(), target.known_hosts.string(),
                               PinOf(target)));
}

std::vector<std::string> MasterArguments(const SshTarget& target) {
  std::vector<std::string> argv = Silent(target);
  Add(argv, {"ControlMaster=yes", "ControlPersist=60"});
  argv.insert(argv.end(), {"-N", "-n", "--", DestinationOf(target)});
  return argv;
}

std::vector<std::string> ChannelArguments(const SshTarget& target, const std::string& command) {
  std::vector<std::string> argv = Silent(target);
  // Where the master is gone, ssh would connect by itself, beside the pin of the moment.
  Add(argv, {"ControlMaster=no", "ProxyJump=none", "ProxyCommand=false"});
  argv.insert(argv.end(), {"-T", "--", DestinationOf(target), command});
  return argv;
}

std::vector<std::string> SessionArguments(const SshTarget& target) {
  std::vector<std::string> argv = Common(target);
  Add(argv, {"ControlMaster=auto", "ControlPersist=60"});
  return argv;
}

bool HoldsKeyFor(std::string_view known_hosts, std::string_view name) {
  for (const std::string_view line : Lines(known_hosts)) {
    const std::string_view hosts = Trim(line).substr(0, Trim(line).find_first_of(" \t"));
    for (const std::string& host : Split(hosts, ',')) {
      if (host == name) return true;
    }
  }
  return false;
}

Error ConnectError(const SshTarget& target, std::string_view said) {
  const std::string doing =
      fmt::format("cannot reach `{}` port {} by ssh", Printable(target.host), target.port);
  for (const Sign& sign : kSigns) {
    if (!Has(said, sign.said)) continue;
    Error error(sign.kind, std::string(sign.why));
    if (sign.kind == ErrorKind::kInvalidInput) {
      error = Error(sign.kind, fmt::format("{}: {}", sign.why, Excerpt(said)));
    }
    if (!sign.hint.empty()) error = std::move(error).WithHint(std::string(sign.hint));
    return std::move(error).While(doing);
  }
  return Unavailable(said.empty() ? "ssh ended without a word" : "ssh says: " + Excerpt(said))
      .While(doing);
}

Status CheckTarget(const SshTarget& target) {
  if (!IsPlainWord(target.host)) {
    return InvalidInput(fmt::format("`{}` is no host name", Printable(target.host)));
  }
  if (!IsPlainWord(target.user)) {
    return InvalidInput(fmt::format("`{}` is no user name", Printable(target.user)));
  }
  if (!target.pinned_as.empty() && !IsPlainWord(target.pinned_as)) {
    return InvalidInput(fmt::format("`{}` is no machine's name", Printable(target.pinned_as)));
  }
  if (target.port < 1 || target.port > 65535) {
    return InvalidInput(fmt::format("{} is no port (1 to 65535)", target.port));
  }
  for (const std::filesystem::path& path : {target.identity, target.known_hosts}) {
    if (!path.is_absolute() || Has(path.string(), "\"") || Has(path.string(), "\n") ||
        Has(path.string(), "${")) {
      return InvalidInput(
          fmt::format("ssh cannot be told the path `{}` (absolute, no quote, no ${{)",
                      Printable(path.string())));
    }
  }
  return {};
}

}  // namespace curbstop
