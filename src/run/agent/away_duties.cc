#include "run/agent/away_duties.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/follow.h"
#include "run/agent/keeper.h"
#include "run/agent/probe.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kRehearsals = 3;  // a provider's API has bad moments
constexpr int kMostSaves = 10;  // where no lease bounds them
constexpr milliseconds kLookEvery{250};

}  // namespace

AwayDuties::AwayDuties(std::filesystem::path folder, const std::string& run, AwayOrder order,
                       AwaySecrets secrets, Ticks grace, const std::vector<SpoolLine>& told,
                       Clock& clock, ProcessRunner& processes)
    : folder_(std::move(folder)),
      order_(std::move(order)),
      secrets_(std::move(secrets)),
      grace_(grace),
      clock_(clock),
      processes_(processes),
      lease_(order_.home / "lease"),
      work_(order_.checkpoint_work_ms, told),
      upload_(processes),
      last_company_(clock.Awake()) {
  for (const SpoolLine& line : told) {
    const std::string kind = line.body.StringOr("kind", "");
    has_greeted_ = has_greeted_ || kind == "hello";
    has_finished_ = has_finished_ || kind == "finished";
    if (kind == "safe") last_safe_ = line.body.StringOr("name", "");
  }
  if (!secrets_.HasPlace()) return;
  const auto placed = std::count_if(told.begin(), told.end(), [](const SpoolLine& line) {
    return line.body.StringOr("kind", "") == "safe";
  });
  place_ = std::make_unique<PlaceSaver>(folder_, run, secrets_, static_cast<size_t>(placed),
                                        upload_, clock_);
}

Json AwayDuties::Hello() {
  if (!order_.accepted) return WithPlace(Acceptance());
  return WithPlace(Json::MakeObject({{"kind", "hello"},
                                     {"rehearsed", true},
                                     {"as_promised", true},
                                     {"age_ms", AgeMs()},
                                     {"why", ""}}));
}

Json AwayDuties::Acceptance() {
  const int64_t age_ms = AgeMs();
  Json probe = Probe(order_.home, "/", processes_);
  bool rehearsed = false;
  for (int tries = 0; !rehearsed && tries < kRehearsals; ++tries) {
    if (tries > 0) clock_.Wait(seconds(tries));
    const std::string error = tries == 0 ? probe.Find("self_end")->StringOr("error", "")
                                         : RehearseEnd(order_.home, processes_);
    rehearsed = error.empty();
  }
  const std::vector<std::string> broken = BrokenPromises(probe, order_.promise);
  return Json::MakeObject({{"kind", "hello"},
                           {"rehearsed", rehearsed},
                           {"as_promised", broken.empty()},
                           {"age_ms", age_ms},
                           {"why", Join(broken, "; ")},
                           {"probe", std::move(probe)}});
}

Json AwayDuties::WithPlace(Json hello) {
  if (!place_) return hello;
  const Status placed = place_->Test();
  hello.Set("place", placed.ok());
  return hello.Set("place_error", placed.ok() ? "" : placed.error().OneLine());
}

void AwayDuties::CheckpointDone(const std::filesystem::path& checkpoint, int64_t work_ms) {
  if (!place_) return;
  has_added_ = true;
  place_->Add(checkpoint, work_ms);
}

std::vector<Json> AwayDuties::TakePlaced() {
  std::vector<Json> words;
  if (!place_) return words;
  for (const PlacedCheckpoint& placed : place_->Take()) {
    if (placed.error.empty()) last_safe_ = placed.name;
    Json word = Json::MakeObject({{"kind", placed.error.empty() ? "safe" : "not_safe"},
                                  {"name", placed.name},
                                  {"work_ms", placed.work_ms}});
    if (!placed.error.empty()) word.Set("why", placed.error);
    words.push_back(std::move(word));
  }
  return words;
}

// Twice what the last one took: the next may be larger, the place slower.
Ticks AwayDuties::SaveTime() {
  const std::optional<Ticks> measured = place_ ? place_->measured() : std::nullopt;
  return measured ? 2 * *measured + seconds(5) : Ticks(order_.save_time);
}

// Half of the margin stays for the machine's end.
Ticks AwayDuties::TimeToSave() {
  const Ticks most = std::chrono::hours(6);
  const std::optional<Ticks> left = lease_.Left();
  if (!left) return most;
  return std::clamp<Ticks>(*left - order_.lease_margin / 2, seconds(1), most);
}

Status AwayDuties::Save(const std::filesystem::path& newest, const Json& finished) {
  Status saved = AwaitPlace(newest);
  const bool is_done = finished.StringOr("outcome", "") == "done";
  const Status rest =
      place_->SaveRest(finished, is_done, std::chrono::duration_cast<milliseconds>(TimeToSave()));
  if (saved.ok()) saved = rest;
  is_saved_ = saved.ok() || (++failed_saves_ >= kMostSaves && !lease_.Left());
  return saved;
}

// A worker before this one may have put it: that is known by the name alone, and only before this
// one has put anything.
bool AwayDuties::IsPlaced(const std::filesystem::path& newest, int64_t work_ms) {
  return newest.empty() || secrets_.put_checkpoint.empty() || place_->HasPlaced(newest, work_ms) ||
         (!has_added_ && newest.filename() == last_safe_);
}

Status AwayDuties::AwaitPlace(const std::filesystem::path& newest) {
  const int64_t work_ms = newest.empty() ? 0 : work_.Of(newest.filename());
  if (place_->IsIdle() && !IsPlaced(newest, work_ms)) CheckpointDone(newest, work_ms);
  const Ticks end = clock_.Awake() + TimeToSave();
  while (!place_->IsIdle()) {
    if (clock_.Awake() >= end) return Unavailable("the last checkpoint did not arrive in time");
    clock_.Wait(milliseconds(50));
  }
  return IsPlaced(newest, work_ms) ? Status() : Unavailable("the last checkpoint was not put");
}

// The lease began with the machine.
int64_t AwayDuties::AgeMs() {
  const std::optional<Ticks> left = lease_.Left();
  if (!left || order_.lease_at_birth.count() == 0) return 0;
  return std::max<int64_t>(0, (order_.lease_at_birth - *left) / milliseconds(1));
}

MachineEndFacts AwayDuties::Facts() {
  const bool is_connected = SomebodyFollows(folder_);
  if (is_connected) last_company_ = clock_.Awake();
  return {.lease_left = lease_.Left(),
          .grace = grace_,
          .save = SaveTime(),
          .margin = order_.lease_margin,
          .keeper_lives = KeeperLives(folder_),
          .connected = is_connected,
          .alone_for = clock_.Awake() - last_company_,
          .patience = order_.unconnected,
          .at_end = order_.at_end,
          .has_place = secrets_.HasPlace(),
          .is_saved = is_saved_};
}

std::string AwayDuties::WhyStop() {
  if (has_ended_ || clock_.Awake() < next_look_) return "";
  next_look_ = clock_.Awake() + kLookEvery;
  switch (curbstop::WhyStop(Facts())) {
    case StopWhy::kLease: return "lease";
    case StopWhy::kKeeper: return "keeper";
    case StopWhy::kNone: break;
  }
  return "";
}

Status AwayDuties::ServeRecord(const Secret& token, FileStore& files) {
  if (order_.record.Find("run") == nullptr) return {};
  TRY_ASSIGN(record_, RecordSpool::Start({folder_, order_.record, token}, clock_, files, random_));
  return {};
}

EnvironmentList AwayDuties::Variables() const {
  EnvironmentList list;
  if (order_.interval.count() > 0)
    list.emplace_back("CURBSTOP_CHECKPOINT_INTERVAL_MS", std::to_string(order_.interval.count()));
  if (record_) {
    list.emplace_back("MLFLOW_TRACKING_URI", fmt::format("http://127.0.0.1:{}", record_->port()));
  }
  return list;
}

EndAct AwayDuties::NextAct(bool is_released, bool keep_machine) {
  if (!std::exchange(has_ended_, true)) last_company_ = clock_.Awake();
  MachineEndFacts facts = Facts();
  facts.released = is_released;
  facts.keep_machine = keep_machine;
  return NextEndAct(facts);
}

// Whether a call worked shows by this process's end.
void AwayDuties::EndMachine() {
  ProcessRequest request;
  request.argv = {(order_.home / "end-machine").string()};
  request.timeout = seconds(60);
  request.most_output = 65536;
  for (;; clock_.Wait(order_.end_pause)) static_cast<void>(processes_.Run(request));
}

}  // namespace curbstop
