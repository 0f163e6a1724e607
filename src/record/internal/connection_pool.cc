#include "record/internal/connection_pool.h"

namespace curbstop {

Result<Database> ConnectionPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Database database = std::move(idle_.back());
      idle_.pop_back();
      return database;
    }
  }
  TRY_ASSIGN(Database database, Database::Open(file_, {.read_only = true, .create = false}));
  TRY(database.Execute("PRAGMA case_sensitive_like=ON"));
  return database;
}

void ConnectionPool::Return(Database database) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(database));
}

}  // namespace curbstop
