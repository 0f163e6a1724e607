// A disk in memory under SQLite that fills up, and whose every crash can be looked at.
//
// While it lives it is this process's default VFS: whatever opens a database by any path opens it
// here. It writes down every operation, so that one undisturbed run gives the disk as it lies after
// a crash at each of them; the same seed gives the same bytes. Databases must be closed before it
// goes; of several, the latest made is in use and goes first. Threads: one.
//
// It promises SQLite what the unix VFS does: a write changes no byte outside its range, a sync of
// a new journal or WAL syncs its folder too. The WAL's index (shm) is plain shared memory: SQLite
// never syncs it and builds it anew after a crash, so it can neither be torn nor lost.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace curbstop {

class MemoryVfs;

enum class Crash {
  kKilled,     // the process alone: every finished write is there
  kLost,       // the power: what no sync confirmed is gone
  kTorn,       // the power: everything is there, in order, up to some byte of the write under way
  kReordered,  // the power: of what no sync confirmed, any 512-byte piece, truncation, creation or
               // deletion may be there or not
};

enum class SyncKind {
  kHonest,
  kLying,  // a sync answers well and confirms nothing
};

using DiskImage = std::map<std::string, std::string>;  // path → bytes

class FaultyDisk {
 public:
  explicit FaultyDisk(DiskImage image = {});
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;
  ~FaultyDisk();

  DiskImage Files() const;

  // From the `writes`-th write from now on there is no space: that one leaves half of its bytes,
  // the later ones none, and all answer so.
  void FillAt(int64_t writes);
  void FreeSpace();
  bool IsFull() const;  // a write has been refused since FillAt

  // Writes, truncations, syncs, creations and deletions so far.
  int64_t operations() const;

  // What is found after a crash during operation 1 … operations(), or, one above, after the last.
  // Cheap while `operation` grows between calls.
  DiskImage AfterCrash(int64_t operation, Crash crash, SyncKind sync, uint64_t seed);

 private:
  std::unique_ptr<MemoryVfs> vfs_;
};

}  // namespace curbstop
