#include "record/internal/group_writer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "record/internal/schema.h"

namespace curbstop {
namespace {

constexpr size_t kMostPerCommit = 128;

class Job {
 public:
  explicit Job(const WriteWork& wanted) : work(&wanted) {}

  Result<Json> Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_; });
    return *std::move(result);
  }
  // The job may be gone when this returns.
  void Finish() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_one();
  }

  const WriteWork* work;
  std::optional<Result<Json>> result;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

Result<Json> RunAlone(Database& database, const WriteWork& work) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database));
  TRY_ASSIGN(Json answer, work(database));
  TRY(transaction.Commit());
  return answer;
}

// After these the transaction is lost as a whole, not the one piece of work.
bool BreaksTransaction(ErrorKind kind) {
  return kind == ErrorKind::kExhausted || kind == ErrorKind::kUnavailable ||
         kind == ErrorKind::kCorrupt || kind == ErrorKind::kInternal;
}

Result<Json> RunInside(Database& database, const WriteWork& work) {
  TRY(database.Execute("SAVEPOINT piece"));
  Result<Json> answer = work(database);
  if (!answer.ok() && BreaksTransaction(answer.error().kind())) return answer;
  if (!answer.ok()) TRY(database.Execute("ROLLBACK TO piece"));
  TRY(database.Execute("RELEASE piece"));
  return answer;
}

Status RunTogether(Database& database, const std::vector<Job*>& jobs) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database));
  for (Job* job : jobs) {
    job->result = RunInside(database, *job->work);
    const Result<Json>& result = *job->result;
    if (!result.ok() && BreaksTransaction(result.error().kind())) return result.error();
  }
  return transaction.Commit();
}

void RunAll(Database& database, const std::vector<Job*>& jobs) {
  if (jobs.size() > 1 && RunTogether(database, jobs).ok()) return;
  for (Job* job : jobs) job->result = RunAlone(database, *job->work);
}

class RealGroupWriter final : public GroupWriter {
 public:
  explicit RealGroupWriter(Database database)
      : database_(std::move(database)),
        thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

  Result<Json> Run(const WriteWork& work) override {
    Job job(work);
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(&job);
    }
    arrived_.notify_one();
    return job.Wait();
  }

 private:
  void Loop(const std::stop_token& stop) {
    while (true) {
      const std::vector<Job*> jobs = TakeSome(stop);
      if (jobs.empty()) return;
      RunAll(database_, jobs);
      for (Job* job : jobs) job->Finish();
    }
  }

  // Empty when asked to stop and nothing waits.
  std::vector<Job*> TakeSome(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, stop, [&] { return !waiting_.empty(); });
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kMostPerCommit));
    std::vector<Job*> taken(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    return taken;
  }

  Database database_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::vector<Job*> waiting_;
  std::jthread thread_;  // last: it uses all above
};

}  // namespace

Result<std::unique_ptr<GroupWriter>> GroupWriter::Start(const std::filesystem::path& file) {
  TRY_ASSIGN(Database database, OpenRecordDatabase(file));
  return std::unique_ptr<GroupWriter>(std::make_unique<RealGroupWriter>(std::move(database)));
}

}  // namespace curbstop
