#include "sys/sqlite/testing/disk_history.h"

#include <algorithm>
#include <random>

namespace curbstop {
namespace {

constexpr int64_t kPiece = 512;

bool NamesFiles(const DiskOperation& operation) {
  return operation.kind == DiskOperation::Kind::kCreate ||
         operation.kind == DiskOperation::Kind::kDelete;
}

DiskOperation PartOf(const DiskOperation& write, int64_t from, int64_t size) {
  DiskOperation part = write;
  part.at = write.at + from;
  part.bytes = write.bytes.substr(static_cast<size_t>(from), static_cast<size_t>(size));
  return part;
}

// Like std::uniform_int_distribution, but the same everywhere.
int64_t Below(std::mt19937_64& random, int64_t end) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
}

void ApplyUpToAByte(DiskContent& content, const DiskOperation& last, std::mt19937_64& random) {
  if (last.kind != DiskOperation::Kind::kWrite) return;
  const auto size = static_cast<int64_t>(last.bytes.size());
  content.Apply(PartOf(last, 0, Below(random, size + 1)));
}

// Pieces are cut where the disk's sectors are, not where the write begins.
void ApplySomePieces(DiskContent& content, const DiskOperation& write, int64_t percent,
                     std::mt19937_64& random) {
  const auto end = write.at + static_cast<int64_t>(write.bytes.size());
  for (int64_t at = write.at; at < end;) {
    const int64_t next = std::min(end, (at / kPiece + 1) * kPiece);
    if (Below(random, 100) < percent) content.Apply(PartOf(write, at - write.at, next - at));
    at = next;
  }
}

}  // namespace

void PutBytes(std::string& file, int64_t at, std::string_view bytes) {
  const auto from = static_cast<size_t>(at);
  file.resize(std::max(file.size(), from + bytes.size()));
  file.replace(from, bytes.size(), bytes);
}

void DiskContent::Apply(const DiskOperation& operation) {
  switch (operation.kind) {
    case DiskOperation::Kind::kCreate:
      names[operation.path] = operation.file;
      files.try_emplace(operation.file);
      return;
    case DiskOperation::Kind::kDelete: names.erase(operation.path); return;
    case DiskOperation::Kind::kTruncate:
      files[operation.file].resize(static_cast<size_t>(operation.at));
      return;
    case DiskOperation::Kind::kSync: return;
    case DiskOperation::Kind::kWrite: break;
  }
  PutBytes(files[operation.file], operation.at, operation.bytes);
}

DiskImage DiskContent::Image() const {
  DiskImage image;
  for (const auto& [path, file] : names) {
    const auto found = files.find(file);
    image[path] = found == files.end() ? "" : found->second;
  }
  return image;
}

void DiskHistory::Rewind(SyncKind sync) {
  passed_ = 0;
  sync_ = sync;
  confirmed_ = start_;
  pending_.clear();
}

void DiskHistory::Confirm(const DiskOperation& sync) {
  std::erase_if(pending_, [&](const DiskOperation* pending) {
    const bool is_meant = NamesFiles(*pending) ? sync.folder
                                               : sync.kind == DiskOperation::Kind::kSync &&
                                                     pending->file == sync.file;
    if (is_meant) confirmed_.Apply(*pending);
    return is_meant;
  });
}

void DiskHistory::Advance() {
  const DiskOperation& next = operations_[passed_++];
  if (next.kind != DiskOperation::Kind::kSync) pending_.push_back(&next);
  const bool confirms = next.kind == DiskOperation::Kind::kSync || next.folder;
  if (confirms && sync_ == SyncKind::kHonest) Confirm(next);
}

DiskImage DiskHistory::AfterCrash(int64_t operation, Crash crash, SyncKind sync, uint64_t seed) {
  const auto before = static_cast<size_t>(operation - 1);
  if (sync != sync_ || before < passed_) Rewind(sync);
  while (passed_ < before) Advance();
  DiskContent content = confirmed_;
  std::mt19937_64 random(seed ^ (before * 0x9E3779B97F4A7C15));
  const DiskOperation* under_way = before < operations_.size() ? &operations_[before] : nullptr;
  if (crash == Crash::kKilled || crash == Crash::kTorn) {
    for (const DiskOperation* pending : pending_) content.Apply(*pending);
    if (crash == Crash::kTorn && under_way) ApplyUpToAByte(content, *under_way, random);
  }
  if (crash != Crash::kReordered) return content.Image();
  constexpr int64_t kPercents[] = {10, 50, 90, 99};
  const int64_t percent = kPercents[Below(random, 4)];
  std::vector<const DiskOperation*> unconfirmed = pending_;
  if (under_way) unconfirmed.push_back(under_way);
  for (const DiskOperation* each : unconfirmed) {
    if (each->kind == DiskOperation::Kind::kWrite) {
      ApplySomePieces(content, *each, percent, random);
    } else if (Below(random, 100) < percent) {
      content.Apply(*each);
    }
  }
  return content.Image();
}

}  // namespace curbstop
