#include "run/agent/upload.h"

#include "store/transfer/put_by_tool.h"

namespace curbstop {

Status UploadByTool::Put(const std::filesystem::path& file, const std::string& url,
                         std::chrono::milliseconds limit) {
  return PutByTool(file, Secret(url), limit, processes_);
}

}  // namespace curbstop
