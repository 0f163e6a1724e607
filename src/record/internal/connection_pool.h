// Read-only connections to the record, one per request in progress, kept for the next.
#pragma once

#include <filesystem>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "sys/sqlite/database.h"

namespace curbstop {

class ConnectionPool {
 public:
  explicit ConnectionPool(std::filesystem::path file) : file_(std::move(file)) {}

  // Threads: any. Errors: those of Database::Open.
  Result<Database> Take();
  void Return(Database database);

 private:
  std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<Database> idle_;
};

}  // namespace curbstop
