// A folder for work in progress that nobody misses when its process dies: the owner holds a lock
// on it, and whoever opens the next one beside it sweeps those without a living owner.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "store/internal/fd.h"

namespace curbstop {

class Staging {
 public:
  // Makes `parent` (folders on the way must be makeable) and a folder in it.
  // Errors: kDenied, kExhausted, kUnavailable.
  static Result<std::unique_ptr<Staging>> Open(const std::filesystem::path& parent);
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging();  // removes the folder with all that is left in it

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path NextName();  // a path in the folder not given before; from any thread

 private:
  Staging(std::filesystem::path folder, Fd lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  std::filesystem::path folder_;
  Fd lock_;
  std::atomic<unsigned> next_{0};
};

// A staging folder on the same file system as `target`: in `.curbstop/tmp` of the project, else
// beside the target.
Result<std::unique_ptr<Staging>> OpenStagingFor(const std::filesystem::path& target,
                                                const std::filesystem::path& root);

// Moves what was staged to `target` in one step and makes that durable; what was there before is
// moved into the staging folder.
Status PutInPlace(const std::filesystem::path& staged, const std::filesystem::path& target,
                  Staging& staging);

}  // namespace curbstop
