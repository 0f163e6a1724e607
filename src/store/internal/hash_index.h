// Which content a file had when it was last hashed: `.curbstop/index`, so that an unchanged tree
// costs one stat per file.
//
// A file counts as unchanged when inode, size, modification time and change time are what they
// were: `cp -p` over a file keeps all but the last. Objects of the store are compared without the
// change time, which each link to them moves. A file that was modified in the very tick in which it
// was hashed could have changed again unseen: such an entry is kept but marked, and hashed again
// the next time ("racy clean", as in git). The file is mapped, its layout is in
// docs/formats/index.md; it is replaced as a whole and may be deleted at any time. One that is
// damaged or of another version counts as empty.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include "base/result.h"
#include "store/md5.h"

namespace curbstop {

struct FileStamp {
  uint64_t inode = 0;
  int64_t modified_ns = 0;  // since 1970
  int64_t size = 0;
  int64_t changed_ns = 0;  // ctime, since 1970; 0: not compared
  bool operator==(const FileStamp&) const = default;
};

FileStamp StampOf(const struct stat& info);
FileStamp WithoutChangeTime(FileStamp stamp);

// Whether both are of one file with one content, as far as both tell.
bool IsSame(const FileStamp& a, const FileStamp& b);

// Makes `.curbstop` with a `.gitignore` that hides all of it.
Status MakeStateFolder(const std::filesystem::path& folder);

// Now, by the clock that the kernel stamps files with.
int64_t KernelFileTimeNs();

struct IndexEntry {
  std::string path;
  FileStamp stamp;
  Md5 md5;
  bool racy = false;  // not to be trusted
};

class HashIndex {
 public:
  // Never fails: what cannot be read is empty.
  static HashIndex Load(const std::filesystem::path& file);
  HashIndex(HashIndex&& other) noexcept;
  HashIndex& operator=(HashIndex&&) = delete;
  ~HashIndex();

  size_t size() const { return count_; }

  // Finds entries of paths that are asked for in rising order, each step as cheap as a comparison.
  class Cursor {
   public:
    explicit Cursor(const HashIndex& index) : index_(index) {}
    // The digest if the file is unchanged and the entry can be trusted, else null.
    const Md5* Find(std::string_view path, const FileStamp& stamp);

   private:
    const HashIndex& index_;
    size_t next_ = 0;
  };

  // Replaces the file: `fresh` (sorted by path) takes the place of all entries whose path lies in
  // one of `scanned` (a path itself or below it; "" is everything), the others are kept.
  // Errors: those of writing; the old index is then still there.
  Status Save(const std::filesystem::path& file, const std::vector<IndexEntry>& fresh,
              const std::vector<std::string>& scanned) const;

 private:
  struct Record;
  HashIndex() = default;
  std::string_view PathOf(size_t i) const;
  size_t LowerBound(std::string_view path, size_t from) const;
  bool Accept();

  void* map_ = nullptr;
  size_t map_size_ = 0;
  const Record* records_ = nullptr;
  const char* paths_ = nullptr;
  size_t count_ = 0;
};

// Removes what processes that died while they saved this index left beside it.
void SweepTemporaries(const std::filesystem::path& file);

// Whether an entry hashed in a scan that began at `started_ns` must be marked.
bool IsRacy(const FileStamp& stamp, int64_t started_ns);

}  // namespace curbstop
