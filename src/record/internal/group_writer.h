// One thread that writes to the record: what several clients ask for at the same time shares one
// transaction, and so one wait for the disk (group commit).
//
// Each piece of work is a savepoint of its own: its error undoes it alone. Where the disk or the
// transaction as a whole fails, every piece is tried again alone, so that one cannot fail another.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/json.h"
#include "base/result.h"
#include "sys/sqlite/database.h"

namespace curbstop {

using WriteWork = std::function<Result<Json>(Database&)>;

class GroupWriter {
 public:
  // Errors: those of opening the record.
  static Result<std::unique_ptr<GroupWriter>> Start(const std::filesystem::path& file);
  virtual ~GroupWriter() = default;
  // Returns when the work is durable, or with its error. Threads: any.
  virtual Result<Json> Run(const WriteWork& work) = 0;
};

}  // namespace curbstop
