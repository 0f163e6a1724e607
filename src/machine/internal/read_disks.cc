// Disks: each file system that can hold a project or data, once, with the kind of device below it.
//
// Source: Documentation/ABI/stable/sysfs-block (`queue/rotational`, `slaves`). Virtual disks say
// nothing about the hardware below them, and an honest answer for them is "unknown".
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

struct KindOfDisk {
  std::string kind;
  std::string why_unknown;
};

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsNetwork(std::string_view file_system) {
  return IsOneOf(file_system, {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs",
                               "lustre", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.juicefs",
                               "fuse.gcsfuse", "beegfs", "gpfs", "afs"});
}

bool IsWindowsDrive(std::string_view file_system) {
  return IsOneOf(file_system, {"9p", "drvfs", "virtiofs"});
}

bool HoldsFiles(const Mount& mount) {
  if (IsNetwork(mount.file_system) || mount.file_system == "drvfs") return true;
  if (mount.file_system == "9p" || mount.file_system == "virtiofs") {
    // WSL mounts its own tools and libraries so; only Windows' drives are of use.
    return mount.point.starts_with("/mnt/") && mount.point.find('/', 5) == mount.point.npos;
  }
  if (mount.file_system == "tmpfs") return mount.point == "/tmp" || mount.point == "/dev/shm";
  return IsOneOf(mount.file_system,
                 {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "overlay",
                  "exfat", "vfat", "ntfs", "ntfs3", "fuseblk", "apfs"});
}

// System partitions, image layers and files that a container engine or WSL mounts one by one.
bool IsSystemMount(const std::string& point) {
  for (const char* prefix :
       {"/boot", "/efi", "/snap/", "/proc/", "/sys/", "/etc/", "/dev/pts", "/run/", "/usr/lib/",
        "/usr/bin/", "/usr/share/", "/var/lib/docker/", "/mnt/wslg", "/init"}) {
    if (point.starts_with(prefix)) return true;
  }
  return false;
}

class BlockDevices {
 public:
  explicit BlockDevices(FactSource& source) : source_(source), names_(source.Names("/sys/block")) {}

  // The whole disk below a mount, as /sys/block names it; empty if it is none.
  std::string DiskOf(const Mount& mount) const;
  KindOfDisk KindOf(const std::string& disk, int depth = 0) const;

 private:
  std::string Text(const std::string& disk, const char* file) const {
    return source_.Text(fmt::format("/sys/block/{}/{}", disk, file));
  }
  bool IsPartOf(const std::string& disk, const std::string& name, const std::string& number) const;

  FactSource& source_;
  std::vector<std::string> names_;
};

bool BlockDevices::IsPartOf(const std::string& disk, const std::string& name,
                            const std::string& number) const {
  if (disk == name || Text(disk, "dev") == number) return true;
  if (!name.empty() && name.starts_with(disk) && !Text(disk, (name + "/dev").c_str()).empty()) {
    return true;
  }
  if (number.starts_with("0:")) return false;
  for (const std::string& part : source_.Names("/sys/block/" + disk)) {
    if (part.starts_with(disk) && Text(disk, (part + "/dev").c_str()) == number) return true;
  }
  return false;
}

std::string BlockDevices::DiskOf(const Mount& mount) const {
  const bool is_device = mount.source.starts_with("/dev/");
  const std::string name = is_device ? mount.source.substr(mount.source.rfind('/') + 1) : "";
  for (const std::string& disk : names_) {
    if (IsPartOf(disk, name, mount.device_number)) return disk;
  }
  return "";
}

KindOfDisk BlockDevices::KindOf(const std::string& disk, int depth) const {
  if (disk.empty()) return {"unknown", "no block device stands behind it"};
  if (disk.starts_with("dm-") || disk.starts_with("md")) {
    const std::vector<std::string> below = source_.Names("/sys/block/" + disk + "/slaves");
    if (below.empty() || depth > 4) return {"unknown", "a mapped device whose disk is not shown"};
    for (const std::string& whole : names_) {
      if (IsPartOf(whole, below.front(), "")) return KindOf(whole, depth + 1);
    }
    return {"unknown", "a mapped device whose disk is not shown"};
  }
  const std::string model = Text(disk, "device/vendor") + " " + Text(disk, "device/model");
  if (model.find("Amazon Elastic Block Store") != model.npos) return {"network", ""};
  const bool is_virtual = disk.starts_with("vd") || disk.starts_with("xvd") ||
                          disk.starts_with("loop") || disk.starts_with("zram");
  bool virtual_model = false;
  for (const char* word :
       {"Virtual Disk", "QEMU", "VMware", "VBOX", "PersistentDisk", "nvme_card"}) {
    virtual_model = virtual_model || model.find(word) != model.npos;
  }
  if (is_virtual || virtual_model) return {"unknown", "a virtual disk hides the hardware below it"};
  if (disk.starts_with("nvme")) return {"nvme", ""};
  if (disk.starts_with("mmcblk")) return {"unknown", "a memory card; its speed varies"};
  const std::string rotational = Text(disk, "queue/rotational");
  if (rotational == "1") return {"hdd", ""};
  if (rotational == "0") return {"ssd", ""};
  return {"unknown", "the kernel does not say whether it rotates"};
}

Disk DescribeDisk(const Mount& mount, const BlockDevices& devices) {
  Disk disk;
  disk.mount = mount.point;
  disk.file_system = mount.file_system;
  if (mount.file_system == "tmpfs") {
    disk.kind = "memory";
  } else if (IsNetwork(mount.file_system)) {
    disk.kind = "network";
  } else if (IsWindowsDrive(mount.file_system)) {
    disk.kind = "9p";
    disk.device = mount.source.substr(0, 2);  // "C:"
  } else if (mount.file_system == "overlay") {
    disk.kind = "unknown";
    disk.why_unknown = "a container's layer hides the disk below it";
  } else {
    disk.device = devices.DiskOf(mount);
    KindOfDisk kind = devices.KindOf(disk.device);
    disk.kind = std::move(kind.kind);
    disk.why_unknown = std::move(kind.why_unknown);
  }
  return disk;
}

void AddSpace(FactSource& source, Disk& disk, Machine& machine) {
  if (disk.kind == "network" && disk.device.empty()) {
    // A share whose server is gone blocks whoever asks, without end.
    return AddUnreadable(machine, "space on `" + Printable(disk.mount) + "`",
                         "not asked: a network mount can block for ever");
  }
  const Result<DiskSpace> space = source.Space(disk.mount);
  if (!space.ok()) {
    return AddUnreadable(machine, "space on `" + Printable(disk.mount) + "`",
                         space.error().message());
  }
  disk.total = space->total;
  disk.free = space->free;
}

}  // namespace

bool IsShownMount(const Mount& mount) { return HoldsFiles(mount) && !IsSystemMount(mount.point); }

void ReadDisks(FactSource& source, const std::vector<Mount>& mounts, Machine& machine) {
  const BlockDevices devices(source);
  std::set<std::string> seen;
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {  // a later mount hides
    if (!IsShownMount(*mount)) continue;
    if (!seen.insert(mount->point).second) continue;
    machine.disks.push_back(DescribeDisk(*mount, devices));
  }
  std::sort(machine.disks.begin(), machine.disks.end(),
            [](const Disk& a, const Disk& b) { return a.mount < b.mount; });
  for (Disk& disk : machine.disks) AddSpace(source, disk, machine);
  if (machine.disks.empty()) {
    AddUnreadable(machine, "disks", "`/proc/self/mountinfo` lists no file system for files");
  }
}

}  // namespace curbstop
