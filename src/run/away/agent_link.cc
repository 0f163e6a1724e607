#include "run/away/agent_link.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/text.h"
#include "run/agent/spool.h"
#include "run/away/checkpoints_home.h"
#include "run/away/machine_notes.h"
#include "run/away/recall.h"
#include "run/away/transfer_note.h"
#include "sys/files.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kTurn{50};
constexpr seconds kAskAddressEvery{1};
// Between tries to log in where an address is known, which costs no question: a machine that boots
// listens within moments. After kSoon as often as it is asked for the address.
constexpr milliseconds kTrySoon{250};
constexpr seconds kSoon{10};
constexpr seconds kLongestPause{10};
constexpr seconds kAddressHolds{15};
constexpr seconds kYoung{120};    // most machines have booted by then
constexpr seconds kDeadAfter{5};  // without a word
constexpr seconds kFinishWithin{3};
constexpr size_t kLongestLine = kLongestSpoolLine + 4096;  // with what `follow` puts around it
constexpr size_t kPiece = 256 << 10;
constexpr int64_t kMeasurable = 1 << 20;
// What the link reports itself, before the agent does.
constexpr int64_t kHello = 0;
constexpr int64_t kStaging = 1;
constexpr int64_t kStaged = 2;
constexpr int64_t kCheckpoints = 3;
constexpr int64_t kCannotStart = 4;
constexpr int64_t kNothingToSave = 5;

// A piece of the step's log: text, or base64 where it is not UTF-8.
Result<std::string> LogTextOf(const Json& line) {
  const Json* coded = line.Find("base64");
  if (coded == nullptr || !coded->IsString()) return line.GetString("text");
  Result<std::string> bytes = FromBase64(*coded->AsString());
  if (!bytes.ok()) return Corrupt("the machine sends what is not base64");
  return bytes;
}

// By these the step's client finds its own run, as at home.
void NameRecord(AgentOrder& order) {
  const Json* run = order.away->record.Find("run");
  const Json* info = run == nullptr ? nullptr : run->Find("info");
  if (info == nullptr) return;
  order.environment.emplace_back("MLFLOW_RUN_ID", info->StringOr("run_id", ""));
  order.environment.emplace_back("MLFLOW_EXPERIMENT_ID", info->StringOr("experiment_id", ""));
}

// A machine that reads nothing for so long is as good as gone.
Status WriteAll(SshChannel& channel, std::string_view text) {
  for (int tries = 0; !text.empty(); ++tries) {
    TRY_ASSIGN(const size_t taken, channel.Write(text));
    text.remove_prefix(taken);
    if (taken != 0) tries = 0;
    if (tries > kDeadAfter / kTurn) return Unavailable("the machine takes no more commands");
    if (taken == 0) channel.Wait(true, kTurn);
  }
  return {};
}

// Whole lines out of a stream that comes in pieces.
class LineReader {
 public:
  // Errors: kCorrupt (a line without end).
  Result<std::vector<Json>> Take(std::string_view piece) {
    rest_ += piece;
    std::vector<Json> lines;
    size_t begin = 0;
    for (size_t end = 0; (end = rest_.find('\n', begin)) != rest_.npos; begin = end + 1) {
      TRY_ASSIGN(Json line, ParseJson(std::string_view(rest_).substr(begin, end - begin)));
      lines.push_back(std::move(line));
    }
    rest_.erase(0, begin);
    if (rest_.size() > kLongestLine) return Corrupt("the machine sends a line without end");
    return lines;
  }

 private:
  std::string rest_;
};

}  // namespace

AgentLink::AgentLink(const LinkWork& work, LinkTarget target, Renter& renter, Clock& clock,
                     FileStore& files, std::filesystem::path agents, Sink sink)
    : work_(work),
      target_(std::move(target)),
      renter_(renter),
      clock_(clock),
      files_(files),
      agents_(std::move(agents)),
      sink_(std::move(sink)),
      log_(work.folder, target_.rental, files, work.most_log),
      last_report_(target_.last_report),
      thread_([this] { Run(stop_.get_token()); }) {}

AgentLink::~AgentLink() { Stop(); }

void AgentLink::Stop() {
  stop_.request_stop();
  sending_stop_.request_stop();
}

void AgentLink::Finish() { is_finishing_ = true; }

void AgentLink::Tell(const std::string& id, Json command) {
  {
    const std::scoped_lock lock(mutex_);
    commands_.emplace_back(id, std::move(command));
  }
  sending_stop_.request_stop();
}

std::shared_ptr<FarMachine> AgentLink::machine() const {
  const std::scoped_lock lock(mutex_);
  return machine_;
}

void AgentLink::SetMachine(std::shared_ptr<FarMachine> machine) {
  const std::scoped_lock lock(mutex_);
  machine_ = std::move(machine);
}

// ---- over and over ----------------------------------------------------------------------------

void AgentLink::Run(const std::stop_token& stop) {
  const Ticks began = clock_.Awake();
  Ticks pause = kAskAddressEvery;
  std::string told;
  while (!stop.stop_requested() && !(is_finishing_ && machine() == nullptr)) {
    const Status passed = Pass(stop);
    const bool was_connected = machine() != nullptr;
    if (was_connected) ask_address_at_ = clock_.Awake() + kAddressHolds;
    if (was_connected) Say(EventKind::kDisconnected, passed.ok() ? "" : passed.error().OneLine());
    SetMachine(nullptr);
    if (!passed.ok() && passed.error().OneLine() != told)
      work_.log(fmt::format("link.waits rental={} why=\"{}\"", target_.rental,
                            told = passed.error().OneLine()));
    pause = PauseAfter(was_connected, clock_.Awake() - began, pause);
    clock_.Wait(pause, stop);
  }
  is_over_ = true;
}

// Before the next try; `tried`: for how long by now.
Ticks AgentLink::PauseAfter(bool was_connected, Ticks tried, Ticks before) {
  if (!address_) soon_until_ = clock_.Awake() + kSoon;
  if (address_ && !was_connected && clock_.Awake() < soon_until_) return kTrySoon;
  if (was_connected || tried < kYoung) return kAskAddressEvery;
  return std::min<Ticks>(std::max<Ticks>(before, kAskAddressEvery) * 5 / 4, kLongestPause);
}

// From the address to the cut.
Status AgentLink::Pass(const std::stop_token& stop) {
  TRY_ASSIGN(const std::shared_ptr<FarMachine> machine, Reach());
  SetMachine(machine);
  Say(EventKind::kConnected);
  TRY(Ready(*machine));
  if (SaveIsWanted() && !has_agent_) return Unavailable("there is nothing to hear there");
  return Listen(*machine, stop);
}

// Providers count questions, and an address seldom changes: it is asked for again only where the
// machine has not answered there for a while.
Status AgentLink::FindAddress() {
  const Ticks now = clock_.Awake();
  if (address_ && now < ask_address_at_) return {};
  TRY_ASSIGN(address_, renter_.FindAddress(target_.account, target_.machine));
  ask_address_at_ = now + kAddressHolds;
  return address_ ? Status() : Unavailable("the machine has no address yet");
}

Result<std::shared_ptr<FarMachine>> AgentLink::Reach() {
  TRY(FindAddress());
  SshTarget target;
  target.host = address_->host;
  target.port = static_cast<int>(address_->port);
  target.user = address_->user;
  target.identity = work_.folder / "ssh-key";
  target.known_hosts = work_.folder / "known-hosts";
  target.pinned_as = target_.machine;
  TRY_ASSIGN(std::unique_ptr<SshClient> ssh, work_.ssh(target));
  TRY_ASSIGN(std::unique_ptr<FarMachine> machine,
             FarMachine::Reach(std::move(ssh), work_.run, clock_));
  return std::shared_ptr<FarMachine>(std::move(machine));
}

// ---- readying it ------------------------------------------------------------------------------

// What no other try or machine mends ends the run: a file that has changed since it was hashed.
Status AgentLink::Started(Status started) {
  const ErrorKind kind = started.ok() ? ErrorKind::kUnavailable : started.error().kind();
  const bool is_ours = kind == ErrorKind::kConflict || kind == ErrorKind::kNotFound ||
                       kind == ErrorKind::kInvalidInput;
  if (!is_ours) return started;
  Report(ReportBase(target_.rental) + kCannotStart,
         Json::MakeObject({{"kind", "finished"},
                           {"outcome", "failed"},
                           {"exit_code", 1},
                           {"reason", started.error().OneLine()}}));
  return started;
}

Status AgentLink::Ready(FarMachine& machine) {
  TRY_ASSIGN(probe_, machine.ShipAndProbe(agents_));
  TRY(Greet(machine));
  has_agent_ = machine.greeting().has_started;
  return has_agent_ ? Status() : Started(StartStep(machine));
}

// The acceptance: what the machine is, since when, and whether it can end itself. Its first lease
// tells when it was born, in its own uptime; that is noted, because later ones are longer.
Status AgentLink::Greet(FarMachine& machine) {
  if (last_report_ >= ReportBase(target_.rental) + kHello) return {};
  const int64_t born_s = machine.greeting().lease_end_s - target_.lease_ms / 1000;
  if (!ReadNote("born")) TRY(WriteNote("born", born_s));
  const std::string why = WhyNotAsPromised(probe_, work_.wish, work_.is_practice);
  Json hello = Json::MakeObject({{"kind", "hello"},
                                 {"rehearsed", probe_.ends_itself},
                                 {"as_promised", why.empty()},
                                 {"age_ms", std::max<int64_t>(probe_.uptime_s - born_s, 0) * 1000},
                                 {"arch", probe_.arch}});
  if (!why.empty()) hello.Set("why", why);
  if (!probe_.ends_itself) hello.Set("end_error", probe_.end_error);
  Report(ReportBase(target_.rental) + kHello, std::move(hello));
  return {};
}

bool AgentLink::SaveIsWanted() const {
  const std::scoped_lock lock(mutex_);
  return !commands_.empty();
}

// Whoever is told to save before it has begun has nothing to save.
Status AgentLink::StartStep(FarMachine& machine) {
  if (SaveIsWanted()) {
    Report(ReportBase(target_.rental) + kNothingToSave, Json::MakeObject({{"kind", "saved"}}));
    return {};
  }
  const Status sent = SendFiles(machine);
  if (SaveIsWanted()) return StartStep(machine);
  TRY(sent);
  TRY_ASSIGN(const AgentOrder at_home, ReadOrder(work_.folder));
  const Result<std::vector<std::string>> sent_checkpoints = SendCheckpoints(machine, at_home);
  if (SaveIsWanted()) return StartStep(machine);
  TRY_ASSIGN(const std::vector<std::string> checkpoints, sent_checkpoints);
  TRY_ASSIGN(AgentSecrets secrets, work_.secrets(at_home));
  if (work_.place != nullptr) {
    const Millis longest(std::max(target_.lease_ms, target_.longest_lease_ms));
    TRY_ASSIGN(secrets.away, work_.place->AddressesFor(target_.rental, longest));
  }
  MachineTerms terms;
  terms.gpus = probe_.gpus;
  terms.lease_ms = target_.lease_ms;
  terms.interval_ms = target_.birth.interval_ms;
  terms.saves_at_end = target_.saves_at_end;
  if (!checkpoints.empty()) terms.newest_checkpoint = checkpoints.back();
  terms.newest_work_ms = target_.safe_work_ms;
  terms.attempts_before = target_.attempts;
  AgentOrder order = OrderThere(at_home, machine.places(), terms);
  TRY_ASSIGN(order.away->record, work_.record_start());
  NameRecord(order);
  Status started = machine.StartAgent(order, secrets);
  has_agent_ = started.ok();
  return started.ok() ? started : std::move(started).error().While("cannot start the agent");
}

// A second try goes on with what was told before the first.
Status AgentLink::SendFiles(FarMachine& machine) {
  TRY_ASSIGN(const std::string text, ReadFile(work_.folder / "fingerprint.json"));
  TRY_ASSIGN(const Json fingerprint, ParseJson(text));
  TRY_ASSIGN(const std::vector<StagedFile> files, FilesToStage(work_.root, fingerprint));
  TransferNote note(work_.folder, "sends the step's files", clock_);
  const TransferWatch watch{[&](const TransferProgress& progress) { note.Show(progress); },
                            sending_stop_.get_token()};
  const int64_t number = ReportBase(target_.rental) + kStaging;
  if (last_report_ < number) {
    if (!target_.taken_from.empty()) machine.ReuseFiles(target_.taken_from, files);
    Result<TransferTotals> asked = machine.AskWhatIsLacking(files, {{}, watch.stop});
    if (!asked.ok()) return std::move(asked).error().While("cannot ask which files are lacking");
    Report(number, SendingReport({"", *asked, bytes_per_s_, target_.per_hour}));
  }
  const Ticks began = clock_.Awake();
  Result<TransferTotals> staged = machine.Stage(files, watch);
  if (!staged.ok()) return std::move(staged).error().While("cannot send the step's files");
  const double seconds = std::chrono::duration<double>(clock_.Awake() - began).count();
  // Of less the way there and back is most.
  if (staged->moved_bytes < kMeasurable) return {};
  bytes_per_s_ = static_cast<int64_t>(static_cast<double>(staged->moved_bytes) / seconds);
  Report(ReportBase(target_.rental) + kStaged, StagedReport(*staged, bytes_per_s_));
  return {};
}

// The names of those that are there now.
Result<std::vector<std::string>> AgentLink::SendCheckpoints(FarMachine& machine,
                                                            const AgentOrder& at_home) {
  if (work_.place != nullptr && target_.rental > 1) {
    TRY_ASSIGN([[maybe_unused]] const std::optional<KeptCheckpoint> brought,
               BringCheckpointHome(work_, target_.rental, target_.safe_work_ms,
                                   sending_stop_.get_token()));
  }
  TRY_ASSIGN(const std::vector<std::string> names,
             CheckpointsToSend(at_home, work_.folder, files_));
  if (names.empty()) return names;
  Report(ReportBase(target_.rental) + kCheckpoints,
         SendingReport({"checkpoints", SizeOf(at_home.checkpoint_dir, names), bytes_per_s_,
                        target_.per_hour}));
  TransferNote note(work_.folder, "sends checkpoints", clock_);
  Status sent = machine.SendCheckpoints(
      at_home.checkpoint_dir, names,
      {[&](const TransferProgress& progress) { note.Show(progress); }, sending_stop_.get_token()});
  if (!sent.ok()) return std::move(sent).error().While("cannot send the checkpoints");
  return names;
}

// ---- hearing it -------------------------------------------------------------------------------

Status AgentLink::Listen(FarMachine& machine, const std::stop_token& stop) {
  TRY(log_.Begin());
  TRY_ASSIGN(std::unique_ptr<SshChannel> opened,
             machine.Follow(std::max<int64_t>(last_report_ - SpoolBase(target_.rental), 0),
                            log_.Heard(), ReadNote("calls").value_or(0)));
  SshChannel& channel = *opened;
  LineReader reader;
  size_t told = 0;
  for (Ticks heard = clock_.Awake(); !stop.stop_requested();) {
    TRY_ASSIGN(const std::string piece, channel.Read(kPiece));
    TRY_ASSIGN(const std::vector<Json> lines, reader.Take(piece));
    std::vector<Json> calls;
    for (const Json& line : lines) {
      const Json* call = line.StringOr("from", "") == "calls" ? line.Find("body") : nullptr;
      if (call != nullptr) calls.push_back(*call);
      TRY(HearLine(line));
    }
    TRY(HearCalls(calls, machine, channel));
    TRY(PassOnCommands(channel, told));
    const Ticks now = clock_.Awake();
    if (!piece.empty()) heard = now;
    if (piece.empty() && channel.AtEnd()) return LostLink(channel);
    if (now - heard > kDeadAfter) return Unavailable("the machine says nothing any more");
    if (is_finishing_ && IsFinished(machine)) stop_.request_stop();
    if (piece.empty()) channel.Wait(false, kTurn);
  }
  return {};
}

Status AgentLink::HearLine(const Json& line) {
  const std::string from = line.StringOr("from", "");
  if (from == "log") return HearLog(line);
  if (from != "events") return {};
  TRY_ASSIGN(const int64_t seq, line.GetInt("seq"));
  const Json* body = line.Find("body");
  if (body == nullptr || !body->IsObject()) return Corrupt("the agent's report has no body");
  if (seq < 1 || seq > kMostLines) return Corrupt("the agent's reports are out of number");
  Report(SpoolBase(target_.rental) + seq, *body);
  return {};
}

Status AgentLink::HearLog(const Json& line) {
  TRY_ASSIGN(const std::string text, LogTextOf(line));
  return log_.Take(line.IntOr("at", 0), text);
}

// Artifacts first, then their calls; what is answered the machine need not send again.
Status AgentLink::HearCalls(const std::vector<Json>& calls, FarMachine& machine,
                            SshChannel& channel) {
  if (calls.empty()) return {};
  const std::filesystem::path files =
      work_.folder / fmt::format("machine-{}.artifacts", target_.rental);
  const bool has_files = std::ranges::any_of(
      calls, [](const Json& call) { return call.StringOr("route", "") == "artifacts/put"; });
  if (has_files) {
    TRY_ASSIGN([[maybe_unused]] const TransferTotals fetched,
               machine.FetchPart("record.artifacts", files, {{}, stop_.get_token()}));
  }
  TRY(work_.replay(target_.rental, calls, files));
  TRY_ASSIGN(const int64_t last, calls.back().GetInt("seq"));
  TRY(WriteNote("calls", last));
  return WriteAll(channel,
                  WriteJson(Json::MakeObject({{"to", "calls"}, {"answered", last}})) + "\n");
}

bool AgentLink::HasHeard(const LoggedSoFar& logged) const {
  return log_.Heard() >= logged.log_bytes && ReadNote("calls").value_or(0) >= logged.calls;
}

Status AgentLink::AwaitAll(Millis patience) {
  const std::shared_ptr<FarMachine> there = machine();
  if (there == nullptr) return Unavailable("the machine is not reached");
  TRY_ASSIGN(const LoggedSoFar logged, there->ReadLogged());
  for (const Ticks end = clock_.Awake() + patience; !HasHeard(logged); clock_.Wait(kTurn)) {
    if (clock_.Awake() > end) return Unavailable("what the step logged is not here yet");
  }
  return {};
}

bool AgentLink::IsFinished(FarMachine& machine) {
  if (!last_logged_) {
    const Result<LoggedSoFar> logged = machine.ReadLogged();
    last_logged_ = logged.ok() ? *logged : LoggedSoFar();
    finish_by_ = clock_.Awake() + kFinishWithin;
  }
  return HasHeard(*last_logged_) || clock_.Awake() >= finish_by_;
}

// Each once for this connection; the agent knows by their ids what it has heard before.
Status AgentLink::PassOnCommands(SshChannel& channel, size_t& told) {
  std::vector<std::pair<std::string, Json>> open;
  {
    const std::scoped_lock lock(mutex_);
    open.assign(commands_.begin() + static_cast<std::ptrdiff_t>(told), commands_.end());
  }
  for (auto& [id, body] : open) {
    body.Set("id", id);
    TRY(WriteAll(channel,
                 WriteJson(Json::MakeObject({{"to", "commands"}, {"body", body}})) + "\n"));
    ++told;
  }
  return {};
}

// ---- what it tells ----------------------------------------------------------------------------

// Each once, in their order.
void AgentLink::Report(int64_t number, Json body) {
  if (number <= last_report_) return;
  last_report_ = number;
  Event report;
  report.kind = EventKind::kAgentReport;
  report.agent_seq = number;
  report.data = std::move(body);
  sink_(std::move(report));
}

void AgentLink::Say(EventKind kind, const std::string& why) {
  if (is_finishing_ || stop_.stop_requested()) return;
  Event event;
  event.kind = kind;
  if (!why.empty()) event.data = Json::MakeObject({{"why", why}});
  sink_(std::move(event));
}

Status AgentLink::Extend(int64_t lease_ms) {
  const std::optional<int64_t> born_s = ReadNote("born");
  const std::shared_ptr<FarMachine> there = machine();
  if (there == nullptr || !born_s) return Unavailable("the machine is not reached");
  return there->WriteLease(*born_s + lease_ms / 1000);
}

std::optional<int64_t> AgentLink::ReadNote(std::string_view what) const {
  return MachineNotes(work_.folder, target_.rental).Read(what);
}

Status AgentLink::WriteNote(std::string_view what, int64_t value) const {
  return MachineNotes(work_.folder, target_.rental).Write(what, value, files_);
}

}  // namespace curbstop
