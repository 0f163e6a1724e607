// The link's parts as a program, for the end-to-end tests and the benchmark; not installed.
//
//   link-tool proxy TARGET_PORT BYTES_PER_S DELAY_MS      its port, serves until stdin ends; bytes
//   up link-tool sshd FOLDER                                 prints port and user, serves likewise
//   link-tool send|fetch PORT SSHD_FOLDER FAR LOCAL AGENT prints moved bytes
//   link-tool presign put|get PLACE NAME             prints the address
//   link-tool test-place PLACE
//   link-tool put curl|wget|python3|any FILE              the address by stdin
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

#include "store/places/named_place.h"
#include "store/transfer/put_by_tool.h"
#include "store/transfer/transfer.h"
#include "sys/ssh/testing/loopback_sshd.h"
#include "sys/ssh/testing/slow_proxy.h"
#include "sys/terminal.h"

namespace curbstop {
namespace {

using Words = std::vector<std::string>;

std::string ReadAll() {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

void Say(const std::string& line) { WriteOut(line + "\n"); }

Status Proxy(const Words& words) {
  const SlowProxy proxy(std::stoi(words[1]), {std::stoll(words[2]), Millis(std::stoll(words[3]))});
  Say(fmt::format("{}", proxy.port()));
  ReadAll();
  Say(fmt::format("{}", proxy.bytes_up()));
  return {};
}

Status Sshd(const Words& words) {
  TRY_ASSIGN(const LoopbackSshd server, LoopbackSshd::Start(words[1]));
  Say(fmt::format("{} {}", server.port(), UserName()));
  ReadAll();
  return {};
}

SshTarget TargetOf(const Words& words) {
  SshTarget target;
  target.host = "127.0.0.1", target.port = std::stoi(words[1]), target.user = UserName();
  target.identity = std::filesystem::path(words[2]) / "user/ssh-key";
  target.known_hosts = std::filesystem::path(words[2]) / "known_hosts";
  target.pinned_as = "machine-1";
  return target;
}

Status Transfer(const Words& words) {
  RealClock clock;
  TransferOptions options;
  options.agent = words[5];
  const SshTarget target = TargetOf(words);
  TRY_ASSIGN(const std::unique_ptr<SshClient> client, OpenSsh(target));
  const Result<TransferTotals> totals =
      words[0] == "send" ? SendFolder(*client, words[3], words[4], {}, options, clock)
                         : FetchFiles(*client, words[3], words[4], {}, options, clock);
  CloseSsh(target);
  if (!totals.ok()) return totals.error();
  Say(fmt::format("{}", totals->moved_bytes));
  return {};
}

Result<NamedPlace> PlaceOf(const std::string& text, Clock& clock) {
  return NamedPlace::Open(
      text,
      [](std::string_view name) {
        const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-*)
        return std::string(value == nullptr ? "" : value);
      },
      clock);
}

Status Presign(const Words& words) {
  RealClock clock;
  constexpr std::chrono::seconds kHour{3600};
  TRY_ASSIGN(const NamedPlace place, PlaceOf(words[2], clock));
  TRY_ASSIGN(const Secret address, words[1] == "put" ? place.PresignPut(words[3], kHour)
                                                     : place.PresignGet(words[3], kHour));
  Say(address.Reveal());
  return {};
}

Status TestPlace(const Words& words) {
  RealClock clock;
  RealHttpClient http;
  RealRandom random;
  TRY_ASSIGN(const NamedPlace place, PlaceOf(words[1], clock));
  return place.TestWriting(http, random);
}

Status Put(const Words& words) {
  RealProcessRunner processes;
  std::string text = ReadAll();
  while (text.ends_with('\n')) text.pop_back();
  const Secret address(std::move(text));
  constexpr Millis kLimit{60'000};
  for (const PutTool tool : {PutTool::kCurl, PutTool::kWget, PutTool::kPython}) {
    if (NameOf(tool) == words[1]) return PutBy(tool, words[2], address, kLimit, processes);
  }
  return PutByTool(words[2], address, kLimit, processes);
}

struct ToolCommand {
  std::string_view name;
  size_t words;
  Status (*run)(const Words& words);
};

constexpr ToolCommand kCommands[] = {{"proxy", 4, Proxy},     {"sshd", 2, Sshd},
                                     {"send", 6, Transfer},   {"fetch", 6, Transfer},
                                     {"presign", 4, Presign}, {"test-place", 2, TestPlace},
                                     {"put", 3, Put}};

int Main(const Words& words) {
  for (const ToolCommand& command : kCommands) {
    if (words.empty() || words[0] != command.name || words.size() != command.words) continue;
    const Status done = command.run(words);
    if (done.ok()) return 0;
    WriteErr(fmt::format("error: {}\n", done.error().Text()));
    return ExitCodeOf(done.error().kind());
  }
  WriteErr("usage: see link_tool.cc\n");
  return ExitCodeOf(ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) { return curbstop::Main({argv + 1, argv + argc}); }
