// The real store with faults: the n-th change from now fails, as on a full disk.
#pragma once

#include "sys/file_store.h"

namespace curbstop {

class FakeFileStore final : public FileStore {
 public:
  // 1 = the next change fails; 0 = none fails.
  void FailAt(int change) { fail_at_ = change; }
  int changes() const { return changes_; }

  Status Write(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override;
  Status Append(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override;
  Status Move(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status Remove(const std::filesystem::path& file) override;

 private:
  Status Count();
  RealFileStore real_;
  int fail_at_ = 0;
  int changes_ = 0;
};

}  // namespace curbstop
