// What a sender has: entries one after the other, and their contents.
#pragma once

#include <dirent.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/transfer/internal/own_fd.h"
#include "store/transfer/internal/transfer_messages.h"
#include "store/transfer/transfer.h"

namespace curbstop {

// Threads: Totals first; then Next on one thread and Open on another.
class TreeSource {
 public:
  virtual ~TreeSource() = default;
  virtual Result<WireHello> Totals() = 0;
  // In order; nothing where there are no more. May read a whole file. Errors: kCancelled.
  virtual Result<std::optional<WireEntry>> Next(const std::stop_token& stop) = 0;
  // `number` counts from 0. Errors: kConflict where it has changed or gone.
  virtual Result<OwnFd> Open(int64_t number, const WireEntry& entry) = 0;
};

// Files named by the caller.
class ListedSource final : public TreeSource {
 public:
  explicit ListedSource(std::span<const TransferFile> files) : files_(files) {}
  Result<WireHello> Totals() override;
  Result<std::optional<WireEntry>> Next(const std::stop_token& stop) override;
  Result<OwnFd> Open(int64_t number, const WireEntry& entry) override;

 private:
  std::span<const TransferFile> files_;
  size_t next_ = 0;
};

// Everything below a folder, in the order of a sorted walk; hashed as it goes, so that memory holds
// one folder's names per level and no more.
class WalkedSource final : public TreeSource {
 public:
  // `only`: entries of the root, without the others; empty: all. `breathe` is called in the middle
  // of Totals.
  WalkedSource(std::filesystem::path root, std::vector<std::string> only,
               std::function<Status()> breathe)
      : root_(std::move(root)), only_(std::move(only)), breathe_(std::move(breathe)) {}
  Result<WireHello> Totals() override;  // one walk
  Result<std::optional<WireEntry>> Next(const std::stop_token& stop) override;
  Result<OwnFd> Open(int64_t number, const WireEntry& entry) override;

 private:
  struct Level {
    OwnFd folder;
    std::string path;  // with a final slash, empty for the root
    std::vector<std::string> names;
    size_t next = 0;
  };
  Status Enter(const std::string& name);
  // The next that is no folder, without its hash.
  Result<std::optional<WireEntry>> Step();
  Result<WireEntry> Describe(const Level& level, const std::string& name) const;

  std::filesystem::path root_;
  std::vector<std::string> only_;
  std::function<Status()> breathe_;
  std::vector<Level> levels_;
  bool started_ = false;
};

}  // namespace curbstop
