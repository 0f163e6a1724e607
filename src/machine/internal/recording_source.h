// A source of facts that keeps what was asked of it, without what is private.
#pragma once

#include <map>
#include <string>

#include "machine/internal/fact_source.h"

namespace curbstop {

class RecordingSource final : public FactSource {
 public:
  explicit RecordingSource(FactSource& source) : source_(source) {}

  Result<std::string> File(std::string_view path) override;
  std::vector<std::string> Names(std::string_view folder) override;
  bool Has(std::string_view path) override;
  Result<std::string> Command(std::string_view name) override;
  Result<DiskSpace> Space(std::string_view mount) override;

  // Files of the tree by their path in it ("proc/cpuinfo"), scrubbed.
  std::map<std::string, std::string> Tree() const;

 private:
  FactSource& source_;
  std::map<std::string, std::string> files_;     // by absolute path, as read
  std::map<std::string, std::string> commands_;  // by name
  std::map<std::string, DiskSpace> spaces_;      // by mount point
};

}  // namespace curbstop
