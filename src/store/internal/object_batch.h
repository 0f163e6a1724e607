// Puts many contents into the store as one durable act.
//
// Contents are first written as temporary files in a folder of this batch inside the cache; Commit
// makes them durable (one syncfs for many, fdatasync for few), then renames them to their places
// and makes the renames durable. Until then no object is visible; what dies on the way leaves only
// the batch's folder, which the next batch sweeps (internal/staging.h).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/dvc_config.h"
#include "store/internal/fd.h"
#include "store/internal/hash_index.h"
#include "store/internal/layout.h"
#include "store/internal/staging.h"

namespace curbstop {

struct TakenFile {
  Md5 md5;
  FileStamp stamp;  // of the source before reading; but for its change time the same after it
  mode_t mode = 0;
};

enum class TakeHow {
  kCopy,      // reflink where the file system can, else a copy; the source is only read
  kHardlink,  // the source itself becomes the object, read-only
};

class ObjectBatch {
 public:
  // Errors: kDenied, kExhausted.
  static Result<std::unique_ptr<ObjectBatch>> Open(const DvcConfig& config);
  ObjectBatch(const ObjectBatch&) = delete;
  ObjectBatch& operator=(const ObjectBatch&) = delete;

  // Reads the file once and keeps its content unless the store has it. From any thread.
  // Errors: kConflict if it changes meanwhile, kInvalidInput if it is no plain file, kExhausted.
  Result<TakenFile> TakeFile(const std::filesystem::path& file, TakeHow how);

  // A folder's list. From any thread.
  Status TakeFolderList(const ObjectId& id, std::string_view bytes);

  // What was taken since the last Commit is now in the store, or nothing of it is.
  Status Commit();

  // Stamps of the objects that this batch wrote, "ab/cdef…" sorted: known good without hashing.
  std::vector<IndexEntry> Written() const;

 private:
  struct Pending {
    std::filesystem::path temporary;
    FileStamp stamp;
  };
  ObjectBatch(const DvcConfig& config, std::unique_ptr<Staging> staging, Fd cache);

  bool InStore(const ObjectId& id, int64_t size) const;
  // False if the content is there or pending already.
  bool Claim(const ObjectId& id, int64_t size);
  void Unclaim(const ObjectId& id);
  Result<Md5> TakeSmall(int fd, const std::filesystem::path& file, int64_t size);
  Result<Md5> TakeLarge(int fd, const std::filesystem::path& file);
  Result<Md5> TakeLink(int fd, const std::filesystem::path& file);
  Status WriteTemporary(const ObjectId& id, std::string_view bytes);
  Status Keep(const ObjectId& id, const Fd& temporary, const std::filesystem::path& path);
  Status SyncContents() const;
  Status Publish(const ObjectId& id, const Pending& pending);
  Status SyncPlaces() const;

  const std::filesystem::path objects_;
  const bool group_shared_;
  const std::unique_ptr<Staging> staging_;
  Fd cache_;
  mutable std::mutex mutex_;
  std::map<ObjectId, Pending> pending_;
  std::map<ObjectId, FileStamp> written_;
};

}  // namespace curbstop
