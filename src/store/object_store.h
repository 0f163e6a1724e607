// The store of contents: DVC's own cache layout, `files/md5/<2 hex>/<30 hex>`, objects 0444.
//
// An id is an md5 in hex; a folder's id ends in `.dir` and names a JSON list of its members.
// Objects appear whole or not at all; adding one that is there is success. Threads: one per store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/dvc_config.h"

namespace curbstop {

struct StoredObject {
  std::string path;  // relative to what was added; the name itself for a single file
  std::string id;    // md5 hex, `.dir` for a folder
  int64_t size = 0;  // of all members for a folder
  int64_t files = 1;
  std::vector<std::string> executable;  // members with the exec bit, which a folder's list lacks
};

class Fd;

// While one lives, `data gc` removes nothing: what was added stays until something names it.
class StoreHold {
 private:
  friend class ObjectStore;
  explicit StoreHold(std::shared_ptr<const Fd> lock) : lock_(std::move(lock)) {}
  std::shared_ptr<const Fd> lock_;
};

class ObjectStore {
 public:
  // The cache of the project at `root`: `.dvc/cache`, or what `.dvc/config` says.
  // Errors: kInvalidInput on a network or 9p mount.
  static Result<ObjectStore> OpenForProject(const std::filesystem::path& root);

  // Waits for a collection of garbage that is under way, for some seconds.
  // Errors: kUnavailable if it goes on for longer.
  Result<StoreHold> Hold() const;

  // Adds the file or folder at `path` and leaves it where it is. Links inside a folder that lead
  // out of it are refused. The hold is to be kept until the objects are named.
  // Errors: kInvalidInput, kNotFound, kExhausted, kDenied.
  Result<StoredObject> Add(const StoreHold& hold, const std::filesystem::path& path);

  // Whether the object and, for a folder, all its members are there.
  Result<bool> Has(const std::string& id) const;

  // Puts the object at `target`, read-only, by reflink, hardlink or copy; what is there is
  // replaced atomically (a folder by rename of a finished one). `executable` as Add gave it.
  // Errors: kNotFound, kCorrupt, kExhausted, kDenied.
  Status Checkout(const std::string& id, const std::filesystem::path& target,
                  const std::vector<std::string>& executable = {}) const;

  // The cache folder, above `files/md5`.
  const std::filesystem::path& folder() const { return config_.cache; }

 private:
  ObjectStore(std::filesystem::path root, DvcConfig config)
      : root_(std::move(root)), config_(std::move(config)) {}
  std::filesystem::path root_;
  DvcConfig config_;
};

}  // namespace curbstop
