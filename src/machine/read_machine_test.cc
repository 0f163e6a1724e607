#include "machine/read_machine.h"

#include <fmt/format.h>

#include "machine/advice.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// Starting a program while a tree is read is a mistake.
class NoProcesses final : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const ProcessRequest& request) override {
    ADD_FAILURE() << "started " << request.argv.at(0);
    return NotFound("no programs here");
  }
};

class Tree {
 public:
  Tree& With(std::string_view name, std::string_view text) {
    folder_.WriteFile(name, text);
    return *this;
  }
  std::filesystem::path path() const { return folder_.path(); }
  Machine Read() const {
    NoProcesses processes;
    Result<Machine> machine = ReadMachine(folder_.path(), processes, ReadDepth::kEverything);
    EXPECT_TRUE(machine.ok());
    return machine.ok() ? *std::move(machine) : Machine{};
  }

 private:
  TemporaryFolder folder_;
};

Tree& AddTwoCpus(Tree& tree) {
  return tree.With("proc/cpuinfo", "processor: 0\nflags: lm\nprocessor: 1\nflags: lm\n")
      .With("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n");
}

bool Advises(const Machine& machine, std::string_view rule) {
  for (const Advice& one : AdviseOn(machine)) {
    if (one.rule == rule) return true;
  }
  return false;
}

bool CouldNotRead(const Machine& machine, std::string_view what) {
  for (const Unreadable& one : machine.unreadable) {
    if (one.what == what) return true;
  }
  return false;
}

TEST(ReadTree, AFolderOfAnythingElseIsRefused) {
  NoProcesses processes;
  Tree tree;
  tree.With("train.py", "print()\n");
  const Result<Machine> machine = ReadMachine(tree.path(), processes, ReadDepth::kEverything);
  ASSERT_FALSE(machine.ok());
  EXPECT_EQ(machine.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(machine.error().hint(), "`curbstop assess --record DIR` makes one");
}

TEST(ReadTree, AMacsTreeIsKnownByWhatItsProgramsWrote) {
  Tree tree;
  tree.With("commands/sysctl.txt", "hw.memsize: 17179869184\n");
  EXPECT_EQ(tree.Read().memory.total, GiB(16));
}

TEST(ReadTree, AnEmptyTreeIsAComputerOfWhichNothingIsKnown) {
  const Machine machine = Tree().With("version", "1\n").Read();
  EXPECT_FALSE(machine.memory.total);
  for (const char* what : {"os", "kernel", "cpu", "memory", "disks"}) {
    EXPECT_TRUE(CouldNotRead(machine, what)) << what;
  }
}

TEST(ReadTree, OfNestedGroupsTheSmallestLimitHolds) {
  Tree tree;
  AddTwoCpus(tree)
      .With("proc/self/cgroup", "0::/outer/inner\n")
      .With("proc/self/mountinfo", "1 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
      .With("sys/fs/cgroup/outer/memory.max", "4294967296\n")
      .With("sys/fs/cgroup/outer/cpu.max", "150000 100000\n")
      .With("sys/fs/cgroup/outer/inner/memory.max", "max\n")
      .With("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  const Machine machine = tree.Read();
  EXPECT_EQ(machine.memory.limit, GiB(4));
  EXPECT_EQ(machine.cpu.usable, 1.5);
}

// Docker with cgroup v1: the mount shows only the container's part of the tree.
TEST(ReadTree, AContainersPartOfAVersion1TreeIsFound) {
  Tree tree;
  AddTwoCpus(tree)
      .With("proc/self/cgroup", "4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n")
      .With("proc/self/mountinfo",
            "1 1 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
            "2 1 0:31 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n")
      .With("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n")
      .With("sys/fs/cgroup/memory/memory.usage_in_bytes", "1073741824\n")
      .With("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 536870912\n")
      .With("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n")
      .With("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const Machine machine = tree.Read();
  EXPECT_EQ(machine.memory.limit, GiB(2));
  EXPECT_EQ(machine.memory.available, MiB(1536));  // 2 GiB - (1 GiB - 512 MiB of cache)
  EXPECT_EQ(machine.cpu.usable, 0.5);
  ASSERT_TRUE(machine.container);
  EXPECT_EQ(machine.container->kind, "docker");
  EXPECT_EQ(machine.container->cgroup_version, 1);
}

TEST(ReadTree, Version1sLargestNumberIsNoLimit) {
  Tree tree;
  AddTwoCpus(tree)
      .With("proc/self/cgroup", "4:memory:/\n1:cpu:/\n")
      .With("proc/self/mountinfo",
            "1 1 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            "2 1 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n")
      .With("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
      .With("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
      .With("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const Machine machine = tree.Read();
  EXPECT_FALSE(machine.memory.limit);
  EXPECT_FALSE(machine.cpu.usable);
}

TEST(ReadTree, ACpuSetCountsAsALimit) {
  Tree tree;
  AddTwoCpus(tree).With("proc/self/status", "Name:\tx\nCpus_allowed_list:\t1\n");
  EXPECT_EQ(tree.Read().cpu.usable, 1.0);
}

TEST(ReadTree, AnNvidiaCardWithoutADriverIsNamedWithTheReason) {
  Tree tree;
  AddTwoCpus(tree)
      .With("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n")
      .With("sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n")
      .With("sys/bus/pci/devices/0000:01:00.0/device", "0x2206\n")
      .With("usr/share/misc/pci.ids",
            "10de  NVIDIA Corporation\n\t2206  GA102 [GeForce RTX 3080]\n")
      .With("commands/nvidia-smi.txt", "failed: Driver/library version mismatch\n");
  const Machine machine = tree.Read();
  EXPECT_TRUE(machine.gpus.empty());
  EXPECT_TRUE(CouldNotRead(machine, "GPU NVIDIA GeForce RTX 3080"));
  EXPECT_TRUE(Advises(machine, "gpu-silent"));
  EXPECT_FALSE(Advises(machine, "no-gpu"));
}

TEST(ReadTree, AnOldDriversShorterAnswerIsTaken) {
  Tree tree;
  AddTwoCpus(tree)
      .With("commands/nvidia-smi.txt",
            "failed: Field \"compute_cap\" is not a valid field to query.\n")
      .With("commands/nvidia-smi-old.txt",
            "index, name, memory.total [MiB]\n0, NVIDIA GeForce RTX 2080 Ti, 11019 MiB\n");
  const Machine machine = tree.Read();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].name, "RTX-2080-Ti");
  EXPECT_EQ(machine.gpus[0].compute_capability, "7.5");  // of the catalogue
}

TEST(ReadTree, WslWithoutInteropSaysWhyWindowsMemoryIsUnknown) {
  Tree tree;
  AddTwoCpus(tree).With("proc/version", "Linux version 5.15.90.1-microsoft-standard-WSL2\n");
  const Machine machine = tree.Read();
  ASSERT_TRUE(machine.wsl);
  EXPECT_EQ(machine.wsl->version, 2);
  EXPECT_TRUE(CouldNotRead(machine, "Windows' own memory"));
  EXPECT_FALSE(Advises(machine, "wsl-memory"));
}

TEST(ReadTree, ALinkOutOfTheTreeIsNotFollowed) {
  TemporaryFolder outside;
  outside.WriteFile("os-release", "PRETTY_NAME=\"secret\"\n");
  Tree tree;
  AddTwoCpus(tree).With("etc/other", "");
  std::filesystem::create_symlink(outside / "os-release", tree.path() / "etc/os-release");
  EXPECT_EQ(tree.Read().os, "");
}

TEST(ReadTree, GarbageInEveryFileIsSurvived) {
  const std::string junk =
      std::string("\xff\xfe\0\x01:=,-\n/ 9 9 9", 16) + std::string(1 << 20, '7');
  Tree tree;
  for (const char* name :
       {"proc/cpuinfo", "proc/meminfo", "proc/self/cgroup", "proc/self/mountinfo",
        "proc/self/status", "proc/version", "etc/os-release", "commands/nvml.txt",
        "commands/powershell.txt", "commands/df.txt", "commands/dmidecode.txt",
        "commands/python3.txt", "sys/class/drm/card0/device/vendor", "sys/block/sda/dev"}) {
    tree.With(name, junk);
  }
  const Machine machine = tree.Read();
  EXPECT_EQ(machine.cpu.threads, 0);
  EXPECT_FALSE(machine.memory.total);
  EXPECT_TRUE(machine.gpus.empty());
}

TEST(ReadMachine, GraphicsBuiltIntoTheCpuAreToldFromCards) {
  struct Case {
    const char* vendor;
    const char* slot;
    const char* memory;
    bool built_in;
  };
  const Case cases[] = {{"0x8086", "0000:00:02.0", "", true},
                        {"0x8086", "0000:03:00.0", "", false},
                        {"0x1002", "0000:05:00.0", "536870912", true},
                        {"0x1002", "0000:03:00.0", "25753026560", false}};
  for (const Case& c : cases) {
    Tree tree;
    const std::string device = "sys/class/drm/card0/device/";
    tree.With("version", "1\n").With(device + "vendor", c.vendor);
    tree.With(device + "device", "0x1234");
    tree.With(device + "uevent", fmt::format("DRIVER=x\nPCI_SLOT_NAME={}\nMODALIAS=y\n", c.slot));
    if (*c.memory != '\0') tree.With(device + "mem_info_vram_total", c.memory);
    const Machine machine = tree.Read();
    ASSERT_EQ(machine.gpus.size(), 1u);
    EXPECT_EQ(machine.gpus[0].built_in, c.built_in) << c.vendor << " " << c.slot;
  }
}

TEST(Advice, WslGetsThreeQuartersOrRamLessAFifth) {
  for (const auto& [installed, advised] :
       {std::pair{8, 4}, {16, 12}, {32, 24}, {64, 48}, {128, 96}}) {
    EXPECT_EQ(WslMemoryGb(GiB(installed)), advised) << installed;
  }
  EXPECT_EQ(WslMemoryGb(Bytes{34'037'997'568}), 24);  // a 32 GB box reports 31.7 GiB
}

TEST(Advice, AFolderOnAWindowsDriveIsSaidToLieThere) {
  Machine machine;
  machine.disks = {{"/", "sdc", "unknown", "", "ext4", {}, {}},
                   {"/mnt/c", "C:", "9p", "", "9p", {}, {}}};
  const auto text = [&](const char* folder) {
    for (const Advice& one : AdviseOn(machine, folder)) {
      if (one.rule == "windows-drive") return one.text;
    }
    return std::string();
  };
  EXPECT_THAT(text("/mnt/c/Users/x"), testing::StartsWith("this folder lies on /mnt/c"));
  EXPECT_THAT(text("/home/x"), testing::StartsWith("/mnt/c is a 9p mount"));
  EXPECT_THAT(text("/mnt/cows"), testing::StartsWith("/mnt/c is a 9p mount"));
}

TEST(Advice, MemoryOnOneChannelShowsInItsMeasuredRate) {
  Machine machine;
  machine.memory.speed_mts = 3200;  // two channels: 51.2 GB/s, of which 0.42 are 21.5
  machine.calibration = Calibration{};
  machine.calibration->memory_gbps = 17;
  EXPECT_TRUE(Advises(machine, "one-channel"));
  machine.calibration->memory_gbps = 33;
  EXPECT_FALSE(Advises(machine, "one-channel"));
}

TEST(Advice, EveryRuleThatSpeaksHasAFactAndAReason) {
  const Machine empty;
  EXPECT_TRUE(Advises(empty, "no-gpu"));
  for (const Advice& one : AdviseOn(empty)) {
    EXPECT_FALSE(one.fact.empty()) << one.rule;
    EXPECT_FALSE(one.why.empty()) << one.rule;
  }
}

}  // namespace
}  // namespace curbstop
