// The receiver's folder: every entry lands below it, whole and verified, or not at all.
//
// No path is ever followed through a link. Contents arrive under `ROOT/.curbstop-transfer/` (0700)
// in a file named by md5 and size, which stays when the link is cut and is gone on with the next
// time; a file gets its name by rename once its md5 is right. Nothing is fsync'ed one by one;
// Finish writes the whole file system to disk, so what was "done" survives a power cut, and what
// was not is looked at again by its hash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "store/transfer/internal/own_fd.h"
#include "store/transfer/internal/plain_md5.h"
#include "store/transfer/internal/transfer_messages.h"

namespace curbstop {

enum class WhoElse {
  kEndThem,  // at the far end: one left over from a link that was cut
  kRefuse,   // at home
};

class TreeWriter {
 public:
  // `breathe` is called in the middle of long work. Errors: kConflict (another receiver),
  // kDenied, kExhausted.
  static Result<TreeWriter> Open(const std::filesystem::path& root, WhoElse who,
                                 std::function<Status()> breathe);

  // What is lacking of it: -1 nothing, else the offset from which its contents are wanted. A file
  // of no bytes and a link are made on the spot. Errors: kConflict (something else is in the way).
  Result<int64_t> Look(const WireEntry& entry);
  // The same, and changes nothing.
  Result<bool> Has(const WireEntry& entry);

  // An entry whose contents came in one piece. Errors: kConflict where it has another md5 than
  // announced.
  Status WriteWhole(const WireEntry& entry, std::string_view contents);
  // One that comes in pieces.
  Status Begin(const WireEntry& entry, int64_t offset);
  Status Append(std::string_view bytes);  // of the entry begun
  // Gives it its name. False: it was resumed and is damaged; it is thrown away.
  // Errors: kConflict where it came in one piece and has another md5 than announced.
  Result<bool> Commit();

  // On the disk by then, all of it; `breathe` is called while that takes its time.
  Status Finish();

 private:
  TreeWriter(std::filesystem::path root, std::function<Status()> breathe)
      : root_(std::move(root)), breathe_(std::move(breathe)) {}
  Status TakeLock(WhoElse who);
  Status ListParts();
  // The folder that holds `path`; -1 where it is not there and `make` is false.
  Result<int> Parent(const std::string& path, bool make);
  Result<bool> HasContents(int folder, const std::string& name, const WireEntry& entry);
  Result<bool> HasLink(int folder, const std::string& name, const WireEntry& entry);
  Status MakeLink(const WireEntry& entry);
  Status Rename(const std::string& from, const WireEntry& entry);
  Status BeginAgain(const WireEntry& entry, int64_t offset);
  // A new file under `name` in the parts' folder, in place of one that lies there.
  Result<OwnFd> MakePart(const std::string& name, const WireEntry& entry);
  Status Write(int fd, std::string_view bytes, const WireEntry& entry) const;
  Status WriteToDisk();
  Status Hash(int fd, int64_t size, PlainMd5& md5) const;
  Error Failed(int error, std::string_view verb, std::string_view path) const;

  std::filesystem::path root_;
  std::function<Status()> breathe_;
  OwnFd folder_;
  OwnFd parts_;
  OwnFd lock_;
  std::map<std::string, int64_t> left_;  // parts of an earlier time, by name
  std::string parent_path_;              // of the folder used last
  OwnFd parent_;
  WireEntry entry_;
  OwnFd part_;
  PlainMd5 md5_;
  int64_t offset_ = 0;
};

// The last part of a path.
std::string BaseName(const std::string& path);

}  // namespace curbstop
