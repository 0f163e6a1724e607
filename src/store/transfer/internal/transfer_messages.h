// What the two ends say to each other: docs/formats/transfer.md. Everything read is hostile until
// it is checked here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/transfer/internal/plain_md5.h"

namespace curbstop {

inline constexpr uint32_t kTransferVersion = 1;
inline constexpr size_t kMostPayload = 64 << 10;
inline constexpr int kMostBatches = 4;  // manifests without an answer
inline constexpr char kTransferFolder[] = ".curbstop-transfer";

enum class WireType : char {
  kHello = 'H',
  kManifest = 'M',  // sender: entries, in an order
  kNeeds = 'N',     // receiver: one answer per entry of the oldest manifest without one
  kData = 'D',      // sender: contents of the entries needed, in their order
  kTaken = 'A',     // receiver: bytes of contents so far that it keeps
  kEnd = 'E',       // sender: no more manifests
  kDone = 'F',      // receiver: everything is in its place and on the disk
  kFailed = 'X',
  kLife = 'L',
};

struct WireMessage {
  WireType type = WireType::kLife;
  std::string payload;
};

enum class WireKind : uint8_t { kFile = 0, kExecutable = 1, kLink = 2 };

struct WireEntry {
  std::string path;
  WireKind kind = WireKind::kFile;
  Md5Digest md5{};
  int64_t size = 0;
  std::string link_to;  // of a link

  bool IsLink() const { return kind == WireKind::kLink; }
};

struct WireHello {
  int64_t files = 0;
  int64_t bytes = 0;
  bool only_asks = false;  // wants to know what is lacking, and sends nothing
};

struct WireDone {
  int64_t files = 0;  // that arrived now
  int64_t bytes = 0;
  int64_t damaged = 0;  // resumed files whose first half was not what it should be: ask again
};

std::string HelloText(const WireHello& hello);
Result<WireHello> ParseHello(std::string_view payload);

// What the entry adds to a manifest.
std::string EntryText(const WireEntry& entry);
// Checks each entry (CheckEntry). Errors: kCorrupt, kInvalidInput.
Result<std::vector<WireEntry>> ParseManifest(std::string_view payload);

// For each entry: -1 it is there already, else the offset from which its contents are wanted.
std::string NeedsText(const std::vector<int64_t>& offsets);
Result<std::vector<int64_t>> ParseNeeds(std::string_view payload,
                                        const std::vector<WireEntry>& entries);

std::string NumberText(int64_t number);
Result<int64_t> ParseNumber(std::string_view payload);
std::string DoneText(const WireDone& done);
Result<WireDone> ParseDone(std::string_view payload);
std::string FailedText(const Error& error);
Error ParseFailed(std::string_view payload);

// A path that stays inside (CheckInside), is UTF-8, has parts of at most 255 bytes and is not ours;
// a link that leads to a place inside: relative, `..` only at its front.
// Errors: kInvalidInput.
Status CheckEntry(const WireEntry& entry);

}  // namespace curbstop
