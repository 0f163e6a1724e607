// Puts a file at a presigned address by the image's curl, GNU wget or python3: the agent links no
// TLS. The address is a secret: it goes by stdin, never as an argument.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "sys/process.h"

namespace curbstop {

class Upload {
 public:
  virtual ~Upload() = default;
  // Errors: those of PutByTool (store/transfer/put_by_tool.h).
  // Threads: any.
  virtual Status Put(const std::filesystem::path& file, const std::string& url,
                     std::chrono::milliseconds limit) = 0;
};

class UploadByTool final : public Upload {
 public:
  explicit UploadByTool(ProcessRunner& processes) : processes_(processes) {}
  Status Put(const std::filesystem::path& file, const std::string& url,
             std::chrono::milliseconds limit) override;

 private:
  ProcessRunner& processes_;
};

}  // namespace curbstop
