#include "sys/mount_kind.h"

#include <cerrno>
#include <sys/vfs.h>

#include <fmt/format.h>

#include "sys/environment.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct MagicRow {
  uint32_t magic;
  std::string_view name;
  bool is_network;
};

// Source: linux/magic.h and statfs(2). FUSE is refused: sshfs and rclone mounts hide behind it.
constexpr MagicRow kMagics[] = {
    {0xEF53, "ext4", false},      {0x58465342, "xfs", false},      {0x9123683E, "btrfs", false},
    {0x01021994, "tmpfs", false}, {0x794C7630, "overlay", false},  {0x2FC12FC1, "zfs", false},
    {0xF2F52010, "f2fs", false},  {0xCA451A4E, "bcachefs", false}, {0x6969, "nfs", true},
    {0x517B, "smb", true},        {0xFF534D42, "cifs", true},      {0xFE534D42, "smb2", true},
    {0x01021997, "9p", true},     {0x65735546, "fuse", true},      {0x00C36400, "ceph", true},
    {0x47504653, "gpfs", true},   {0x0BD00BD0, "lustre", true},    {0x5346414F, "afs", true},
};

MountKind KindOfMagic(uint32_t magic) {
  for (const MagicRow& row : kMagics) {
    if (row.magic == magic) return {std::string(row.name), row.is_network};
  }
  return {fmt::format("{:#x}", magic), false};
}

#ifdef CURBSTOP_FAILPOINTS
bool FakedByTest(const std::filesystem::path& path, MountKind& kind) {
  const std::string fake = ReadVariable("CURBSTOP_FAKE_MOUNT");
  const size_t equals = fake.find('=');
  if (equals == fake.npos || !path.string().starts_with(fake.substr(0, equals))) return false;
  kind = {fake.substr(equals + 1), true};
  return true;
}
#else
bool FakedByTest(const std::filesystem::path&, MountKind&) { return false; }
#endif

}  // namespace

Result<MountKind> ReadMountKind(const std::filesystem::path& path) {
  MountKind faked;
  if (FakedByTest(path, faked)) return faked;
  std::filesystem::path existing = path;
  while (!Exists(existing) && existing.has_relative_path()) existing = existing.parent_path();
  struct statfs info{};
  if (statfs(existing.c_str(), &info) != 0) {
    return FromErrno(errno, fmt::format("cannot tell the file system of `{}`", existing.string()));
  }
  return KindOfMagic(static_cast<uint32_t>(info.f_type));
}

Status RequireLocalMount(const std::filesystem::path& path, std::string_view what,
                         const MountProbe& probe) {
  TRY_ASSIGN(const MountKind kind, probe(path));
  if (!kind.is_network) return {};
  return InvalidInput(
             fmt::format("{} cannot live on `{}`: it is a `{}` mount, where locks and durable "
                         "writes cannot be trusted",
                         what, path.string(), kind.name))
      .WithHint(
          "put it on a local disk: `curbstop paths` shows the folders, XDG_DATA_HOME and "
          "XDG_STATE_HOME move them; in WSL use your Linux home, not /mnt/c");
}

}  // namespace curbstop
