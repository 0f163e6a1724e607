// Fuzz target of the two foreign formats: `.dvc` files and folders' lists. What is accepted must
// survive our own writer. The corpus tests/fuzz/dvc is replayed by store_test.
#include <cstdint>

#include "base/check.h"
#include "store/dir_object.h"
#include "store/dvc_file.h"
#include "store/names.h"

namespace curbstop {
namespace {

void TryDirObject(std::string_view bytes) {
  const auto members = ReadDirObject(bytes);
  if (!members.ok()) return;
  for (const DirMember& member : *members) CHECK(CheckMemberName(member.path).ok());
  const auto again = ReadDirObject(WriteDirObject(*members));
  CHECK(again.ok() && *again == *members);
}

void TryUpdate(std::string_view bytes, DvcOut out) {
  out.md5 = Md5Of(bytes);
  out.size = 7;
  out.hash = HashKind::kMd5;
  const auto updated = UpdateDvcFile(bytes, "fuzz.dvc", out);
  if (!updated.ok()) return;
  const auto read = ReadDvcFile(*updated, "fuzz.dvc");
  CHECK(read.ok());
  for (const DvcOut& back : read->outs) {
    if (back.path != out.path) continue;
    CHECK(back.md5 == out.md5 && back.size == out.size);
    return;
  }
  CHECK(false);
}

void TryDvcFile(std::string_view bytes) {
  const auto file = ReadDvcFile(bytes, "fuzz.dvc");
  if (!file.ok()) return;
  for (const DvcOut& out : file->outs) TryUpdate(bytes, out);
}

}  // namespace
}  // namespace curbstop

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  curbstop::TryDirObject(bytes);
  curbstop::TryDvcFile(bytes);
  return 0;
}
