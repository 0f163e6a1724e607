#include "sys/testing/fake_file_store.h"

namespace curbstop {

Status FakeFileStore::Count() {
  ++changes_;
  if (fail_at_ == 0) return {};
  --fail_at_;
  if (fail_at_ == 0) return Exhausted("No space left on device");
  return {};
}

Status FakeFileStore::Write(const std::filesystem::path& file, std::string_view bytes,
                            mode_t mode) {
  TRY(Count());
  return real_.Write(file, bytes, mode);
}

Status FakeFileStore::Append(const std::filesystem::path& file, std::string_view bytes,
                             mode_t mode) {
  TRY(Count());
  return real_.Append(file, bytes, mode);
}

Status FakeFileStore::Move(const std::filesystem::path& from, const std::filesystem::path& to) {
  TRY(Count());
  return real_.Move(from, to);
}

Status FakeFileStore::Remove(const std::filesystem::path& file) {
  TRY(Count());
  return real_.Remove(file);
}

}  // namespace curbstop
