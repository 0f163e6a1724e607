#include "run/away/recall.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/spool.h"
#include "run/away/home_log.h"
#include "run/away/machine_notes.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPiece = 1 << 20;

class Recaller {
 public:
  Recaller(const LinkWork& work, const RecallTarget& target, FileStore& files,
           const AgentLink::Sink& sink, const std::stop_token& stop)
      : work_(work),
        target_(target),
        files_(files),
        sink_(sink),
        stop_(stop),
        notes_(work.folder, target.rental) {}

  Result<bool> Recall() {
    const fs::path spools = notes_.PathOf("place");
    const Result<Json> about = work_.place->Fetch(target_.rental, "spools", spools, stop_);
    if (!about.ok() && about.error().kind() == ErrorKind::kNotFound) TRY(BringCheckpoint());
    if (!about.ok()) return about.error();
    TRY(CarryOnLog(spools / "step.log"));
    TRY(Replay(spools));
    TRY_ASSIGN(const std::vector<SpoolLine> lines, ReadSpool(spools / "agent.events", 0));
    const bool is_done = IsDone(lines);
    if (!is_done) TRY(BringCheckpoint());  // before the word that ends the machine's part
    TRY(Tell(lines));
    if (is_done) TRY(FetchOut());
    TRY(RemoveTree(spools));
    return is_done;
  }

 private:
  Status CarryOnLog(const fs::path& there) {
    HomeLog log(work_.folder, target_.rental, files_, work_.most_log);
    TRY(log.Begin());
    std::ifstream file(there, std::ios::binary);
    if (!file) return {};  // the step said nothing
    int64_t at = std::min(log.Heard(), FileSize(there));
    file.seekg(at);
    std::string piece(kPiece, '\0');
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
           file.gcount() > 0) {
      TRY(log.Take(at, std::string_view(piece).substr(0, static_cast<size_t>(file.gcount()))));
      at += file.gcount();
    }
    return {};
  }

  Status Replay(const fs::path& spools) {
    TRY_ASSIGN(const std::vector<SpoolLine> lines,
               ReadSpool(spools / "record.calls", notes_.Read("calls").value_or(0)));
    if (lines.empty()) return {};
    std::vector<Json> calls;
    for (const SpoolLine& line : lines) calls.push_back(line.body);
    TRY(work_.replay(target_.rental, calls, spools / "record.artifacts"));
    return notes_.Write("calls", lines.back().seq, files_);
  }

  static bool IsDone(const std::vector<SpoolLine>& lines) {
    const auto last = std::ranges::find_if(lines.rbegin(), lines.rend(), [](const SpoolLine& line) {
      return line.body.StringOr("kind", "") == "finished";
    });
    return last != lines.rend() && last->body.StringOr("outcome", "") == "done";
  }

  Status Tell(const std::vector<SpoolLine>& lines) {
    const int64_t base = SpoolBase(target_.rental);
    for (const SpoolLine& line : lines) {
      if (line.seq > kMostLines) return Corrupt("the agent's reports are out of number");
      if (base + line.seq <= target_.last_report) continue;
      Event report;
      report.kind = EventKind::kAgentReport;
      report.agent_seq = base + line.seq;
      report.data = line.body;
      sink_(std::move(report));
    }
    return {};
  }

  Status FetchOut() {
    const fs::path incoming = notes_.PathOf("out");
    TRY_ASSIGN([[maybe_unused]] const Json about,
               work_.place->Fetch(target_.rental, "out", incoming, stop_));
    const fs::path out = work_.folder / "out";
    TRY(RemoveTree(out));
    TRY(MakeFolders(incoming / "out"));
    std::error_code failed;
    fs::rename(incoming / "out", out, failed);
    if (failed) return Unavailable("cannot put the outputs in place: " + failed.message());
    return RemoveTree(incoming);
  }

  Status BringCheckpoint() {
    TRY_ASSIGN(const std::optional<KeptCheckpoint> kept,
               BringCheckpointHome(work_, target_.rental + 1, target_.safe_work_ms, stop_));
    if (!kept) return {};
    Event told;
    told.kind = EventKind::kKept;
    told.facts.rental = target_.rental;
    told.data = Json::MakeObject({{"work_ms", kept->work_ms}, {"name", kept->name}});
    sink_(std::move(told));
    return {};
  }

  const LinkWork& work_;
  const RecallTarget& target_;
  FileStore& files_;
  const AgentLink::Sink& sink_;
  const std::stop_token& stop_;
  MachineNotes notes_;
};

}  // namespace

Result<bool> RecallFromPlace(const LinkWork& work, const RecallTarget& target, FileStore& files,
                             const AgentLink::Sink& sink, const std::stop_token& stop) {
  return Recaller(work, target, files, sink, stop).Recall();
}

Result<std::optional<KeptCheckpoint>> BringCheckpointHome(const LinkWork& work, int64_t rental,
                                                          int64_t least_work_ms,
                                                          const std::stop_token& stop) {
  TRY_ASSIGN(const AgentOrder at_home, ReadOrder(work.folder));
  if (at_home.checkpoint_dir.empty()) return std::optional<KeptCheckpoint>();
  TRY_ASSIGN(std::optional<KeptCheckpoint> newest, work.place->FindNewest(1, rental - 1));
  if (!newest || newest->work_ms < least_work_ms) return std::optional<KeptCheckpoint>();
  TRY(work.place->FetchCheckpoint(*newest, at_home.checkpoint_dir, stop));
  return newest;
}

}  // namespace curbstop
