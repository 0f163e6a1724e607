// What `curbstop-agent follow` takes from home, one JSON object a line:
//
//   {"to":"commands","body":{"id":"…","kind":"save"}}   appended to agent.commands, once for an id
//   {"to":"calls","answered":12}                        home holds record.calls up to there
//   {"to":"life"}                                       nothing
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

class FollowOrders {
 public:
  static constexpr size_t kLongestLine = 1 << 20;

  FollowOrders(std::filesystem::path folder, FileStore& files)
      : folder_(std::move(folder)), files_(files) {}

  // Bytes as they arrive. The answers, as JSON lines: {"from":"commands","id":…} once a command is
  // on disk, {"from":"error","text":…} for what is no order.
  // Errors: kInvalidInput for a line above kLongestLine; those of the disk.
  Result<std::string> Hear(std::string_view bytes);

 private:
  Result<Json> Obey(std::string_view line);
  Result<Json> Command(const Json& body);
  Result<Json> Answered(const Json& order);

  std::filesystem::path folder_;
  FileStore& files_;
  std::string partial_;
};

// Up to which line home holds record.calls, as it said last; 0: nothing.
int64_t ReadAnswered(const std::filesystem::path& run_folder);

}  // namespace curbstop
