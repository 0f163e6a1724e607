#include "run/away/far_machine.h"

#include <algorithm>
#include <charconv>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/transfer/transfer.h"
#include "sys/files.h"
#include "sys/hash/sha256.h"

namespace curbstop {
namespace {

constexpr Millis kShortCall{20'000};
constexpr Millis kReuse{600'000};
constexpr int64_t kMostAgent = 64 << 20;

// In the machine's own words, a line each; {} is the run. One question instead of five: each costs
// a way there and back.
constexpr std::string_view kGreet =
    R"sh(H=${{CURBSTOP_HOME:-/var/lib/curbstop}}; echo "$H"; uname -m
sha256sum "$H/bin/curbstop-agent" 2>/dev/null || echo none
cat "$H/lease" 2>/dev/null || echo none
if [ -s "$H/runs/{}/agent.events" ]; then echo yes; else echo no; fi)sh";

// The file for that processor; where none was built apart, this computer's own for its like.
// Errors: kNotFound.
Result<std::filesystem::path> AgentFor(const std::string& arch,
                                       const std::filesystem::path& agents) {
  const std::filesystem::path own = agents / "curbstop-agent";
  const std::filesystem::path built = agents / ("curbstop-agent-" + arch);
  struct utsname here{};
  if ((arch == "x86_64" || arch == "aarch64") && Exists(built)) return built;
  if (uname(&here) == 0 && arch == here.machine) return own;
  return NotFound(fmt::format("there is no agent for the processor `{}`", Printable(arch)))
      .WithHint(fmt::format("`{}` holds those that there are", agents.string()));
}

MachineProbe ProbeOf(const Json& json) {
  MachineProbe probe;
  probe.arch = json.StringOr("arch", "");
  probe.cpus = json.IntOr("cpus", 0);
  probe.memory = json.IntOr("memory_bytes", 0);
  probe.disk_free = json.IntOr("disk_free_bytes", 0);
  if (const Json* gpus = json.Find("gpus")) probe.gpus = static_cast<int64_t>(gpus->items().size());
  probe.uptime_s = json.IntOr("uptime_s", 0);
  if (const Json* end = json.Find("self_end")) {
    probe.ends_itself = end->BoolOr("ok", false);
    probe.end_error = end->StringOr("error", "");
  }
  probe.all = json;
  return probe;
}

}  // namespace

std::optional<int64_t> ParseCount(std::string_view text) {
  int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = failed == std::errc() && end == text.data() + text.size() && value >= 0;
  return whole ? std::optional(value) : std::nullopt;
}

namespace {

std::string ArchName(std::string_view arch) {
  return std::string(arch == "aarch64" ? "arm64" : arch);
}

std::string TooLittle(std::string_view what, int64_t has, int64_t needed) {
  return fmt::format("{} {}, {} were agreed on", BytesText({has}), what, BytesText({needed}));
}

}  // namespace

std::string WhyNotAsPromised(const MachineProbe& probe, const RentWish& wish, bool is_practice) {
  const Need& needs = wish.needs;
  if (!needs.arch.empty() && ArchName(probe.arch) != needs.arch)
    return fmt::format("its architecture is {}", Printable(probe.arch));
  if (needs.gpu && !is_practice && probe.gpus < needs.gpu->count)
    return fmt::format("it has {} of {} GPUs", probe.gpus, needs.gpu->count);
  // As sold: what the system itself takes is not counted.
  constexpr int64_t kPercent = 90;
  if (needs.memory && probe.memory < needs.memory->value / 100 * kPercent)
    return TooLittle("of memory", probe.memory, needs.memory->value);
  if (needs.disk && !is_practice && probe.disk_free < needs.disk->value / 100 * kPercent)
    return TooLittle("of disk", probe.disk_free, needs.disk->value);
  return "";
}

namespace {

// Errors: kUnavailable (its birth script has not come so far), kCorrupt.
Result<Greeting> GreetingOf(std::string_view said) {
  const std::vector<std::string_view> lines = Lines(said);
  if (lines.size() != 5) return Corrupt("the machine does not answer as asked");
  Greeting greeting{std::string(Trim(lines[0])), std::string(Trim(lines[1])), "", 0, false};
  if (lines[2] != "none") greeting.agent_sha256 = lines[2].substr(0, lines[2].find(' '));
  if (Trim(lines[3]) == "none") return Unavailable("the machine has no lease yet");
  const std::optional<int64_t> end = ParseCount(Trim(lines[3]));
  if (!end) return Corrupt("the machine's lease is no number of seconds");
  greeting.lease_end_s = *end;
  greeting.has_started = lines[4] == "yes";
  return greeting;
}

}  // namespace

Result<std::unique_ptr<FarMachine>> FarMachine::Reach(std::shared_ptr<SshClient> ssh,
                                                      const std::string& run, Clock& clock) {
  TRY_ASSIGN(const SshOutput said,
             ssh->Run(fmt::format(fmt::runtime(kGreet), run), {}, kShortCall));
  if (said.exit_code != 0)
    return Unavailable(fmt::format("the machine answered {}", Printable(said.err)));
  TRY_ASSIGN(Greeting greeting, GreetingOf(said.out));
  TRY_ASSIGN(FarPlaces places, FarPlacesAt(greeting.home, run));
  return std::unique_ptr<FarMachine>(
      new FarMachine(std::move(ssh), std::move(places), std::move(greeting), clock));
}

// ---- small calls ------------------------------------------------------------------------------

Result<std::string> FarMachine::Ask(const std::string& command, std::string_view input) {
  TRY_ASSIGN(SshOutput answer, ssh_->Run(command, input, kShortCall));
  if (answer.exit_code == 0) return std::move(answer.out);
  const std::string_view said = Trim(answer.err);
  if (answer.exit_code == ExitCodeOf(ErrorKind::kConflict)) return Conflict(Printable(said));
  return Unavailable(fmt::format("the machine refused with {}{}", answer.exit_code,
                                 said.empty() ? "" : ": " + Printable(said.substr(0, 500))));
}

Status FarMachine::Put(const std::string& path, std::string_view bytes, std::string_view mode) {
  TRY_ASSIGN([[maybe_unused]] const std::string nothing,
             Ask(PutCommand(path, bytes.size(), mode), bytes));
  return {};
}

Result<MachineProbe> FarMachine::ShipAndProbe(const std::filesystem::path& agents) {
  TRY_ASSIGN(const std::filesystem::path file, AgentFor(greeting_.arch, agents));
  TRY_ASSIGN(const std::string bytes, ReadFile(file, kMostAgent));
  const bool is_there = greeting_.agent_sha256 == Sha256Hex(bytes);
  const std::string probe = places_.Agent() + " probe";
  TRY_ASSIGN(const std::string said,
             is_there
                 ? Ask(probe)
                 : Ask("{ " + PutCommand(places_.Agent(), bytes.size(), "755") + "; } && " + probe,
                       bytes));
  Result<Json> json = ParseJson(said);
  if (!json.ok()) return Corrupt("the machine's probe is no JSON: " + json.error().OneLine());
  return ProbeOf(*json);
}

Result<int64_t> FarMachine::ReadLease() {
  TRY_ASSIGN(const std::string text, Ask(fmt::format("cat {}/lease", places_.home)));
  const std::optional<int64_t> end = ParseCount(Trim(text));
  if (!end) return Corrupt("the machine's lease is no number of seconds");
  return *end;
}

Status FarMachine::WriteLease(int64_t end_s) {
  TRY(Put(places_.home + "/lease", fmt::format("{}\n", end_s), "600"));
  TRY_ASSIGN(const int64_t now, ReadLease());
  return now == end_s ? Status() : Unavailable("the machine kept its earlier lease");
}

// ---- the step ---------------------------------------------------------------------------------

TransferOptions FarMachine::Options(const TransferWatch& watch) const {
  TransferOptions options;
  options.agent = places_.Agent();
  options.progress = watch.progress;
  options.stop = watch.stop;
  return options;
}

namespace {

// Names for `xargs -0`, by the folder that they are to be copied into below the work folder.
using NamesByFolder = std::map<std::string, std::string>;

// What a step made lies without the `out/STEP/` that it has at home.
NamesByFolder MadeThere(const std::vector<StagedFile>& files) {
  NamesByFolder names;
  for (const StagedFile& file : files) {
    const bool is_made = file.link_to.empty() && file.path.starts_with("out/");
    const size_t end = is_made ? file.path.find('/', 4) : file.path.npos;
    if (end == file.path.npos || !IsPlainPath("/" + file.path.substr(0, end))) continue;
    names[file.path.substr(0, end)] += file.path.substr(end + 1) + '\0';
  }
  return names;
}

}  // namespace

// Copies, not links: a step may write into its files. What is another step's by the same name has
// another hash, and is sent.
void FarMachine::ReuseFiles(const std::string& run, const std::vector<StagedFile>& files) {
  std::string sent;
  for (const StagedFile& file : files) {
    if (file.link_to.empty()) sent += file.path + '\0';
  }
  const auto copy = [&](const std::string& from, const std::string& to, const std::string& names) {
    static_cast<void>(ssh_->Run(
        fmt::format("mkdir -p {0} && cd {1} && xargs -0 cp --parents --preserve=mode -t {0}", to,
                    from),
        names, kReuse));
  };
  copy(places_.home + "/work/" + run, places_.Work(), sent);
  for (const auto& [folder, names] : MadeThere(files))
    copy(places_.home + "/runs/" + run + "/out", places_.Work() + "/" + folder, names);
}

namespace {

std::vector<TransferFile> ListOf(const std::vector<StagedFile>& files) {
  std::vector<TransferFile> list;
  for (const StagedFile& file : files)
    list.push_back({file.path, file.md5, file.size, file.executable, file.source, file.link_to});
  return list;
}

}  // namespace

Result<TransferTotals> FarMachine::AskWhatIsLacking(const std::vector<StagedFile>& files,
                                                    const TransferWatch& watch) {
  return curbstop::AskWhatIsLacking(*ssh_, places_.Work(), ListOf(files), Options(watch), clock_);
}

Result<TransferTotals> FarMachine::Stage(const std::vector<StagedFile>& files,
                                         const TransferWatch& watch) {
  return SendFiles(*ssh_, places_.Work(), ListOf(files), Options(watch), clock_);
}

Status FarMachine::SendCheckpoints(const std::filesystem::path& folder,
                                   const std::vector<std::string>& names,
                                   const TransferWatch& watch) {
  if (names.empty()) return {};
  TRY_ASSIGN([[maybe_unused]] const TransferTotals sent,
             SendFolder(*ssh_, places_.Checkpoints(), folder, names, Options(watch), clock_));
  return {};
}

Result<LoggedSoFar> FarMachine::ReadLogged() {
  TRY_ASSIGN(const std::string said,
             Ask(fmt::format("cd {} && touch step.log record.calls && "
                             "echo $(wc -c <step.log) $(wc -l <record.calls)",
                             places_.Folder())));
  const std::vector<std::string> words = Split(std::string(Trim(said)), ' ');
  const auto log = ParseCount(words[0]);
  const auto calls = words.size() == 2 ? ParseCount(words[1]) : std::nullopt;
  if (!log || !calls) return Corrupt("the machine does not say how much was logged");
  return LoggedSoFar{*log, *calls};
}

Status FarMachine::StartAgent(const AgentOrder& order, const AgentSecrets& secrets) {
  TRY(Put(places_.Folder() + "/order.json", WriteJson(OrderJson(order), JsonStyle::kIndented),
          "600"));
  const Result<std::string> kept = Ask(
      fmt::format("mkdir -p {} && {} keep {}", places_.Work(), places_.Agent(), places_.Folder()),
      SecretsText(secrets));
  const bool runs = kept.ok() || kept.error().kind() == ErrorKind::kConflict;  // it has a keeper
  return runs ? Status() : kept.error();
}

Result<std::unique_ptr<SshChannel>> FarMachine::Follow(int64_t events, int64_t log_bytes,
                                                       int64_t calls) {
  return ssh_->Open(fmt::format("{} follow {} --events {} --log {} --calls {}", places_.Agent(),
                                places_.Folder(), events, log_bytes, calls));
}

// ---- bringing home ----------------------------------------------------------------------------

namespace {

Status MoveInto(const std::filesystem::path& from, const std::filesystem::path& to) {
  TRY(RemoveTree(to));
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (!failed) return {};
  return Unavailable(fmt::format("cannot put `{}` in place: {}", to.string(), failed.message()));
}

}  // namespace

Result<TransferTotals> FarMachine::FetchPart(std::string_view part,
                                             const std::filesystem::path& folder,
                                             const TransferWatch& watch) {
  const std::string from = places_.Folder() + "/" + std::string(part);
  TRY_ASSIGN([[maybe_unused]] const std::string made, Ask("mkdir -p " + from));
  return FetchFiles(*ssh_, from, folder, {}, Options(watch), clock_);
}

// What a cut left half done lies in `incoming` and is gone on with.
Status FarMachine::FetchOutputs(const std::filesystem::path& folder, const TransferWatch& watch) {
  const std::filesystem::path incoming = folder.string() + ".incoming";
  TRY_ASSIGN([[maybe_unused]] const TransferTotals fetched,
             FetchFiles(*ssh_, places_.Out(), incoming, {}, Options(watch), clock_));
  return MoveInto(incoming, folder);
}

// The step may delete or write on while it travels: what travels are links of its own.
Status FarMachine::FetchCheckpoint(const std::string& name, const std::filesystem::path& folder,
                                   const TransferWatch& watch) {
  const std::string shot = places_.Folder() + "/shot";
  const std::string entry = ShellQuote(places_.Checkpoints() + "/" + name);
  TRY_ASSIGN([[maybe_unused]] const std::string made,
             Ask(fmt::format("rm -rf {0} && mkdir -p {0} && {{ cp -al {1} {0}/ 2>/dev/null || "
                             "cp -a {1} {0}/; }}",
                             shot, entry)));
  const std::filesystem::path incoming = folder / (".incoming-" + name);
  TRY_ASSIGN([[maybe_unused]] const TransferTotals fetched,
             FetchFiles(*ssh_, shot, incoming, {}, Options(watch), clock_));
  TRY(MoveInto(incoming / name, folder / name));
  return RemoveTree(incoming);
}

}  // namespace curbstop
