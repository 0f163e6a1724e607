// What was done to a disk, in order, and what a crash would leave of it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sys/sqlite/testing/faulty_disk.h"

namespace curbstop {

// Writes over and past the end of `file`; what lies between is zero.
void PutBytes(std::string& file, int64_t at, std::string_view bytes);

struct DiskOperation {
  enum class Kind { kCreate, kDelete, kWrite, kTruncate, kSync };
  Kind kind = Kind::kSync;
  int64_t file = 0;     // a number of its own for each creation of a path
  std::string path;     // kCreate, kDelete
  int64_t at = 0;       // kWrite: where; kTruncate: the new size
  std::string bytes;    // kWrite
  bool folder = false;  // kSync, kDelete: creations and deletions are confirmed too
};

// Files and names, without what is under way.
struct DiskContent {
  std::map<int64_t, std::string> files;
  std::map<std::string, int64_t> names;

  void Apply(const DiskOperation& operation);
  DiskImage Image() const;
};

class DiskHistory {
 public:
  explicit DiskHistory(DiskContent start) : start_(std::move(start)) { Rewind(SyncKind::kHonest); }

  void Add(DiskOperation operation) { operations_.push_back(std::move(operation)); }
  int64_t size() const { return static_cast<int64_t>(operations_.size()); }
  DiskImage AfterCrash(int64_t operation, Crash crash, SyncKind sync, uint64_t seed);

 private:
  void Rewind(SyncKind sync);
  void Advance();
  void Confirm(const DiskOperation& sync);

  DiskContent start_;
  std::deque<DiskOperation> operations_;  // pointed into

  // After the first `passed_` operations: what is confirmed, and what is not.
  size_t passed_ = 0;
  SyncKind sync_ = SyncKind::kHonest;
  DiskContent confirmed_;
  std::vector<const DiskOperation*> pending_;
};

}  // namespace curbstop
