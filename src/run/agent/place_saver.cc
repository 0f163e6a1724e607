#include "run/agent/place_saver.h"

#include <unistd.h>
#include <utility>

#include "run/agent/pack.h"
#include "sys/failpoint.h"

namespace curbstop {
namespace {

constexpr std::chrono::hours kLongestUpload{6};  // the lease ends it earlier

// Removed when it was sent, or not.
class PackFile {
 public:
  explicit PackFile(std::filesystem::path path) : path_(std::move(path)) {}
  PackFile(const PackFile&) = delete;
  PackFile& operator=(const PackFile&) = delete;
  ~PackFile() { unlink(path_.c_str()); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

PlaceSaver::PlaceSaver(std::filesystem::path run_folder, std::string run, AwaySecrets secrets,
                       size_t placed, Upload& upload, Clock& clock)
    : folder_(std::move(run_folder)),
      run_(std::move(run)),
      secrets_(std::move(secrets)),
      upload_(upload),
      clock_(clock),
      placed_(placed),
      worker_([this] { Work(); }) {}

PlaceSaver::~PlaceSaver() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  worker_.join();
}

Json PlaceSaver::About(std::string_view kind) const {
  return Json::MakeObject({{"version", 1}, {"kind", kind}, {"run", run_}});
}

Status PlaceSaver::Test() { return PutSpools(About("test"), std::chrono::seconds(60)); }

Status PlaceSaver::PutSpools(const Json& about, std::chrono::milliseconds limit) {
  const PackFile pack(folder_ / ".place-spools");
  std::vector<PackSource> sources;
  for (const char* name : {"agent.events", "record.calls", "record.artifacts", "step.log"})
    sources.push_back({folder_ / name, name, true});
  TRY(WritePack(pack.path(), about, sources));
  return upload_.Put(pack.path(), secrets_.put_spools, limit);
}

void PlaceSaver::Add(const std::filesystem::path& checkpoint, int64_t work_ms) {
  if (secrets_.put_checkpoint.empty()) return;
  const std::lock_guard lock(mutex_);
  next_ = Job{checkpoint, work_ms};
  changed_.notify_all();
}

std::vector<PlacedCheckpoint> PlaceSaver::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

bool PlaceSaver::IsIdle() {
  const std::lock_guard lock(mutex_);
  return !next_ && !is_busy_;
}

bool PlaceSaver::HasPlaced(const std::filesystem::path& checkpoint, int64_t work_ms) {
  const std::lock_guard lock(mutex_);
  return last_ && last_->checkpoint == checkpoint && last_->work_ms == work_ms;
}

std::optional<Ticks> PlaceSaver::measured() {
  const std::lock_guard lock(mutex_);
  return measured_;
}

void PlaceSaver::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ends_ || next_; });
    if (ends_) return;
    const Job job = *std::exchange(next_, std::nullopt);
    is_busy_ = true;
    lock.unlock();
    const Ticks began = clock_.Awake();
    const Status put = PutCheckpoint(job);
    const Ticks took = clock_.Awake() - began;
    lock.lock();
    is_busy_ = false;
    if (put.ok()) ++placed_, measured_ = took, last_ = job;
    done_.push_back(
        {job.checkpoint.filename().string(), job.work_ms, put.ok() ? "" : put.error().OneLine()});
  }
}

Status PlaceSaver::PutCheckpoint(const Job& job) {
  const PackFile pack(folder_ / ".place-checkpoint");
  const std::string name = job.checkpoint.filename().string();
  Json about = About("checkpoint");
  about.Set("name", name).Set("work_ms", job.work_ms);
  TRY(WritePack(pack.path(), about, {{job.checkpoint, name}}));
  FAILPOINT("place.before_put");
  const std::string& url = secrets_.put_checkpoint[placed_ % secrets_.put_checkpoint.size()];
  TRY(upload_.Put(pack.path(), url, kLongestUpload));
  FAILPOINT("place.after_put");
  return {};
}

Status PlaceSaver::SaveRest(const Json& ending, bool has_out, std::chrono::milliseconds limit) {
  if (has_out && !secrets_.put_out.empty()) {
    const PackFile pack(folder_ / ".place-out");
    TRY(WritePack(pack.path(), About("out"), {{folder_ / "out", "out"}}));
    TRY(upload_.Put(pack.path(), secrets_.put_out, limit));
  }
  Json about = About("spools");
  about.Set("ending", ending);
  return PutSpools(about, limit);
}

}  // namespace curbstop
