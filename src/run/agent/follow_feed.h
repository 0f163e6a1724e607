// What `curbstop-agent follow` sends home: JSON lines made of the run folder's growing files.
//
//   {"from":"events","seq":7,"body":{…}}      a line of agent.events
//   {"from":"calls","seq":3,"body":{…}}       a line of record.calls
//   {"from":"log","at":120,"text":"…"}        bytes of step.log from offset 120 on; where they are
//   {"from":"log","at":120,"base64":"…"}      not UTF-8, in base64
//
// Format: docs/formats/agent-away.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "run/agent/spool_tail.h"

namespace curbstop {

// What the other side has already.
struct FollowFrom {
  int64_t events = 0;  // last sequence number
  int64_t log = 0;     // bytes
  int64_t calls = 0;   // last sequence number
};

class FollowFeed {
 public:
  static constexpr size_t kLogPiece = 48 << 10;

  FollowFeed(const std::filesystem::path& folder, const FollowFrom& from);
  // What is new, each kind about a piece at most; empty when all was sent. Events come first: what
  // they tell of is in the log and the calls that follow, or was sent before.
  // Errors: kCorrupt (a spool), kDenied, kUnavailable.
  Result<std::string> Next();
  const FollowFrom& sent() const { return sent_; }

 private:
  Status AddSpool(SpoolTail& tail, const char* from, int64_t& last, std::string& out);
  Status AddLog(std::string& out);

  std::filesystem::path log_;
  SpoolTail events_;
  SpoolTail calls_;
  FollowFrom sent_;
};

}  // namespace curbstop
