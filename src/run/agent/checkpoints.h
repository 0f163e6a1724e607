// Which entries of a checkpoint folder can be trusted after a kill (contracts §2).
//
// Each top-level entry is one checkpoint. Incomplete: its name starts with `.` or `tmp`, or ends in
// `.tmp` or `.part`. Complete: it was renamed into place, or `NAME/.complete` exists, or it is
// closed and was not the entry last touched before a kill.
//
// That an entry was renamed is seen live by a CheckpointWatch, which the agent's `checkpoint` lines
// keep over its death. Where nobody saw it, it shows in its change time being later than its
// modification time (rename(2) sets only the former), unless both fell into one tick of the kernel.
#pragma once

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

bool HasIncompleteName(std::string_view name);

struct CheckpointScan {
  std::vector<std::string> complete;  // natural order of names, the newest last
  std::vector<std::string> incomplete;
};

enum class AfterKill { kNo, kYes };

// From what agents said of a run (the bodies of its spool), how its checkpoint folder was left: by
// a kill, where its last attempt ended by SIGKILL or a signal of its own or nobody saw its end; and
// which entries were seen to arrive by rename.
class CheckpointTrace {
 public:
  // How the folder was left before the run's first attempt, and what was renamed into it by then.
  explicit CheckpointTrace(AfterKill before, std::set<std::string> renamed = {})
      : left_by_(before), renamed_(std::move(renamed)) {}
  void Hear(const Json& said);
  AfterKill left_by() const { return left_by_; }
  const std::set<std::string>& renamed() const { return renamed_; }

 private:
  AfterKill left_by_;
  std::set<std::string> renamed_;
};

// `renamed`: names seen to arrive by rename. A missing folder has no entries.
Result<CheckpointScan> ScanCheckpoints(const std::filesystem::path& folder, AfterKill after_kill,
                                       const std::set<std::string>& renamed);

// While a step runs: its folder entries that are whole although nobody saw them arrive. Either they
// say so (`NAME/.complete`), or another entry was touched after them and they have been left alone
// for `quiet`. Files show by being closed (CheckpointWatch).
std::vector<std::string> FinishedFolders(const std::filesystem::path& folder,
                                         std::chrono::milliseconds quiet);

// Moves the named entries of `folder` into `aside`, under names that are free there.
Status MoveEntriesAside(const std::filesystem::path& folder, const std::vector<std::string>& names,
                        const std::filesystem::path& aside, FileStore& files);

// Watches a folder for entries that arrive (inotify). Threads: one.
class CheckpointWatch {
 public:
  // A folder that cannot be watched is no error: the scan then falls back on times.
  explicit CheckpointWatch(const std::filesystem::path& folder);
  CheckpointWatch(const CheckpointWatch&) = delete;
  CheckpointWatch& operator=(const CheckpointWatch&) = delete;
  ~CheckpointWatch();

  // Takes what has happened since the last call; true if anything was touched.
  bool Poll();
  const std::set<std::string>& renamed() const { return renamed_; }
  // Names finished (renamed into place, or written and closed) since the last call.
  std::vector<std::string> TakeFinished();

 private:
  int fd_;
  std::set<std::string> renamed_;
  std::vector<std::string> finished_;
};

}  // namespace curbstop
