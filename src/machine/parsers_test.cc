// Parsers of foreign text, with real-looking and with hostile input.
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "machine/internal/fact_source.h"
#include "machine/internal/parse_cpu.h"
#include "machine/internal/parse_gpus.h"
#include "machine/internal/parse_mounts.h"
#include "machine/internal/scrub.h"

namespace curbstop {
namespace {

constexpr std::string_view kTwoCpus =
    "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: 11th Gen Intel(R) Core(TM) "
    "i7-11700KF "
    "@ 3.60GHz\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu lm avx2 avx512f hypervisor\n\n"
    "processor\t: 1\nmodel name\t: 11th Gen Intel(R) Core(TM) i7-11700KF @ 3.60GHz\n"
    "physical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu lm avx2 avx512f hypervisor\n";

TEST(CpuInfo, TwoThreadsOfOneCoreAreCountedSo) {
  const CpuInfo info = ParseCpuInfo(kTwoCpus);
  EXPECT_EQ(info.cpu.model, "11th Gen Intel Core i7-11700KF");
  EXPECT_EQ(info.cpu.arch, "x86_64");
  EXPECT_EQ(info.cpu.threads, 2);
  EXPECT_EQ(info.cpu.cores, 1);
  EXPECT_TRUE(info.under_hypervisor);
  EXPECT_THAT(info.cpu.features, testing::ElementsAre("avx2", "avx512f"));
}

TEST(CpuInfo, AnArmServerIsNamedByItsPartNumber) {
  const CpuInfo info = ParseCpuInfo(
      "processor\t: 0\nFeatures\t: fp asimd bf16\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
      "CPU part\t: 0xd0c\n");
  EXPECT_EQ(info.cpu.model, "Arm Neoverse-N1");
  EXPECT_EQ(info.cpu.arch, "arm64");
  EXPECT_EQ(info.cpu.cores, 1);
}

TEST(CpuInfo, ATextCutInTheMiddleGivesWhatIsThere) {
  const CpuInfo info = ParseCpuInfo(kTwoCpus.substr(0, 60));
  EXPECT_EQ(info.cpu.threads, 1);
  EXPECT_TRUE(info.cpu.arch.empty());
}

TEST(CpuInfo, BinaryJunkIsNoCpu) {
  EXPECT_EQ(ParseCpuInfo(std::string("processor\t: 0\n\0\x01", 16)).cpu.threads, 0);
}

TEST(CpuInfo, ALineOfAMegabyteIsReadAndItsModelCut) {
  const CpuInfo info =
      ParseCpuInfo("processor: 0\nmodel name: " + std::string(1 << 20, 'x') + "\n");
  EXPECT_EQ(info.cpu.threads, 1);
  EXPECT_LE(info.cpu.model.size(), 100u);
}

RC_GTEST_PROP(CpuInfo, AnyTextIsSurvived, (const std::string& text)) {
  ParseCpuInfo("processor\t: 0\n" + text);
  ParseMountInfo(text);
  ParseDf(text);
  static_cast<void>(ParseNvidiaCsv("name, memory.total [MiB]\n" + text, "nvml").ok());
  RC_ASSERT(IsUtf8(CleanCpuModel(text)));
}

TEST(CpuTdp, OnlyTheModelItselfOrItsFVariantIsKnown) {
  EXPECT_EQ(LookUpCpuTdp("11th Gen Intel Core i7-11700KF"), 125);
  EXPECT_EQ(LookUpCpuTdp("Intel Core i5-12400F"), 65);
  EXPECT_EQ(LookUpCpuTdp("AMD Ryzen 7 5800X3D"), 105);
  EXPECT_EQ(LookUpCpuTdp("13th Gen Intel Core i7-13700HX"), std::nullopt);  // a laptop's
  EXPECT_EQ(LookUpCpuTdp("AMD EPYC 7763"), std::nullopt);
}

TEST(CpuList, RangesAndSinglesAreAddedUp) {
  EXPECT_EQ(CountCpuList("0-3,8"), 5);
  EXPECT_EQ(CountCpuList("0\n"), 1);
  for (const char* bad :
       {"", "a", "3-1", "0-", "-2", "0-9999999", "1,,2", "99999999999999999999"}) {
    EXPECT_EQ(CountCpuList(bad), std::nullopt) << bad;
  }
}

TEST(SmallestField, TheSlowestModuleCounts) {
  const char* text =
      "\tSpeed: 3200 MT/s\n\tSpeed: Unknown\n\tSpeed: 2666 MT/s\n\tSpeed: 999999 MT/s\n";
  EXPECT_EQ(SmallestField(text, "Speed", 20'000), 2666);
  EXPECT_EQ(SmallestField("ConfiguredClockSpeed=2667\r\n", "ConfiguredClockSpeed", 20'000), 2667);
  EXPECT_EQ(SmallestField("Speed: -5\n", "Speed", 20'000), std::nullopt);
}

TEST(MountInfo, SpacesAndOptionalFieldsAreUnderstood) {
  const std::vector<Mount> mounts = ParseMountInfo(
      "36 35 98:0 / /mnt/my\\040disk rw,noatime shared:1 master:2 - ext3 /dev/root "
      "rw,errors=continue\n"
      "garbage\n1 2 3\n37 35 0:60 / /mnt/c rw - 9p C:\\134 rw\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].point, "/mnt/my disk");
  EXPECT_EQ(mounts[0].source, "/dev/root");
  EXPECT_EQ(mounts[1].source, "C:\\");
}

TEST(NvidiaCsv, ColumnsAreFoundByName) {
  const auto gpus = ParseNvidiaCsv(
      "name, memory.total [MiB], index, compute_cap\nNVIDIA GeForce RTX 3080, 10240 MiB, 3, 8.6\n",
      "nvml");
  ASSERT_TRUE(gpus.ok());
  ASSERT_EQ(gpus->size(), 1u);
  EXPECT_EQ(gpus->at(0).index, 3);
  EXPECT_EQ(gpus->at(0).memory_total, MiB(10240));
  EXPECT_EQ(gpus->at(0).compute_capability, "8.6");
}

TEST(NvidiaCsv, CellsWithoutAValueStayEmpty) {
  const auto gpus = ParseNvidiaCsv(
      "index, name, memory.total [MiB], power.draw [W], driver_version\n"
      "0, Tesla T4, [Not Supported], [N/A], ERR!\n1, , 5 MiB, 1 W, 1\n2, cut\n",
      "nvidia-smi");
  ASSERT_TRUE(gpus.ok());
  ASSERT_EQ(gpus->size(), 1u);
  EXPECT_FALSE(gpus->at(0).memory_total);
  EXPECT_FALSE(gpus->at(0).draw_watts);
  EXPECT_EQ(gpus->at(0).driver_version, "");
}

TEST(NvidiaCsv, HugeAndNegativeNumbersAreNoValues) {
  const auto gpus =
      ParseNvidiaCsv("name, memory.total [MiB], memory.free [MiB]\nX, 1e300 MiB, -4 MiB\n", "nvml");
  ASSERT_TRUE(gpus.ok());
  EXPECT_FALSE(gpus->at(0).memory_total);
  EXPECT_FALSE(gpus->at(0).memory_free);
}

TEST(NvidiaCsv, AFailureInsteadOfATableIsAnErrorWithItsWords) {
  const auto gpus =
      ParseNvidiaCsv("NVIDIA-SMI has failed because it couldn't communicate\n", "nvidia-smi");
  ASSERT_FALSE(gpus.ok());
  EXPECT_THAT(gpus.error().message(), testing::HasSubstr("NVIDIA-SMI has failed"));
  EXPECT_FALSE(ParseNvidiaCsv("", "nvml").ok());
}

TEST(Df, OnlyLinesOfNumbersAndAnAbsolutePathCount) {
  const auto spaces = ParseDf("1B-blocks Avail Mounted on\n100 40 /mnt/my disk\n-1 2 /x\nx y /z\n");
  ASSERT_EQ(spaces.size(), 1u);
  EXPECT_EQ(spaces.at("/mnt/my disk").free, Bytes{40});
}

TEST(Scrub, WhatIsPrivateIsNotKept) {
  Renamers renamers;
  const std::string version = ScrubFile(
      "/proc/version", "Linux version 6.1.0-26-amd64 (anna@annas-box) (gcc 12) #1 SMP\n", renamers);
  EXPECT_EQ(version, "Linux version 6.1.0-26-amd64\n");
  const std::string mounts = ScrubFile(
      "/proc/self/mountinfo",
      "1 1 8:1 /@anna /home/anna/work rw - ext4 /dev/mapper/annas--box--vg-home rw,user=anna\n"
      "2 1 0:9 / /media/anna/ANNAS-USB rw - nfs4 fileserver:/export/anna rw,clientaddr=10.1.2.3\n"
      "3 1 0:26 /docker/4f5e6d /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
      renamers);
  for (const char* word : {"anna", "ANNAS", "fileserver", "10.1.2.3", "4f5e6d"}) {
    EXPECT_EQ(mounts.find(word), mounts.npos) << word << " in " << mounts;
  }
  EXPECT_THAT(mounts, testing::HasSubstr("/docker/group1"));
  const std::string cpu = ScrubFile(
      "/proc/cpuinfo", "processor : 0\nSerial : 100000001234abcd\nmodel name : X\n", renamers);
  EXPECT_EQ(cpu, "processor : 0\nmodel name : X\n");
  EXPECT_EQ(ScrubCommand("dmidecode", "\tSerial Number: 1A2B\n\tSpeed: 3200 MT/s\n"),
            "\tSpeed: 3200 MT/s\n");
  EXPECT_EQ(ScrubCommand("nvml", "0, GPU-4b1a2c3d-0000-1111-2222-333344445555, X\n"),
            "0, GPU-00000000-0000-0000-0000-000000000001, X\n");
}

TEST(Scrub, EqualNamesStayEqual) {
  Renamers renamers;
  EXPECT_EQ(renamers.mounts.Path("/mnt/anna/a1"), "/mnt/named-1/named-2");
  EXPECT_EQ(renamers.mounts.Path("/home/anna"), "/home/named-1");
}

}  // namespace
}  // namespace curbstop
