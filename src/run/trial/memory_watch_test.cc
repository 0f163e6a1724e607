#include "run/trial/memory_watch.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// Answers by query, the n-th time with the n-th answer and then again with the last.
class FakeNvidiaSmi final : public ProcessRunner {
 public:
  std::map<std::string, std::vector<std::string>> answers;
  Result<ProcessOutcome> Run(const ProcessRequest& request) override {
    std::vector<std::string>& left = answers[request.argv.at(1)];
    if (left.empty()) return NotFound("no such program in PATH");
    ProcessOutcome outcome;
    outcome.out = left.front();
    if (left.size() > 1) left.erase(left.begin());
    return outcome;
  }
};

constexpr const char* kApps = "--query-compute-apps=pid,used_gpu_memory";
constexpr const char* kDevice = "--query-gpu=index,memory.used";
constexpr int64_t kMiB = 1 << 20;

TEST(HostUse, IsWhatIsTheProcessesOwn) {
  const HostUse use = HostUseOf(
      "Name:\tpython3\nVmHWM:\t  900 kB\nVmRSS:\t  500 kB\nRssAnon:\t  300 kB\n"
      "RssFile:\t  200 kB\nRssShmem:\t  0 kB\n");
  EXPECT_EQ(use.now, 300 * 1024);
  EXPECT_EQ(use.most, 700 * 1024);
  EXPECT_EQ(HostUseOf("").most, 0);
}

// A peak between two looks is in the kernel's mark.
TEST(MemoryWatch, AShortPeakOfOneProcessIsNotMissed) {
  const TemporaryFolder proc;
  FakeNvidiaSmi processes;
  const auto write = [&](int pid, int high, int anon) {
    std::filesystem::create_directories(proc / std::to_string(pid));
    std::ofstream(proc / std::to_string(pid) / "status")
        << "VmHWM:\t" << high << " kB\nRssAnon:\t" << anon << " kB\nRssFile:\t0 kB\n";
  };
  write(7, 1000, 400);
  write(8, 300, 300);
  MemoryWatch watch(proc.path(), std::nullopt, processes);
  watch.LookAtHost({7, 8, 9});
  EXPECT_EQ(watch.host_now(), 700 * 1024);
  EXPECT_EQ(watch.host_peak(), 1300 * 1024);
  write(7, 1000, 100);
  watch.LookAtHost({7, 8, 9});
  EXPECT_EQ(watch.host_peak(), 1300 * 1024);
  EXPECT_FALSE(watch.gpu_peak().has_value());
}

TEST(MemoryWatch, TheDriverCountsTheStepsProcessesAlone) {
  FakeNvidiaSmi processes;
  processes.answers[kDevice] = {"0, 3000\n"};
  processes.answers[kApps] = {"7, 500\n99, 2500\n", "7, 800\n8, 100\n99, 2500\n", "7, 600\n"};
  MemoryWatch watch("/proc", 0, processes);
  for (int i = 0; i < 3; ++i) watch.LookAtGpu({7, 8});
  EXPECT_EQ(watch.gpu_peak(), 900 * kMiB);
  EXPECT_TRUE(watch.gpu_is_theirs());
}

// In a container or under WSL the driver knows other numbers, or none.
TEST(MemoryWatch, WhereTheDriverDoesNotKnowThemTheDeviceTells) {
  FakeNvidiaSmi processes;
  processes.answers[kDevice] = {"0, 900\n1, 5\n", "0, 2100\n1, 5\n", "0, 1500\n1, 5\n"};
  processes.answers[kApps] = {"4242, [N/A]\n"};
  MemoryWatch watch("/proc", 0, processes);
  watch.LookAtGpu({7});
  watch.LookAtGpu({7});
  EXPECT_EQ(watch.gpu_peak(), 1200 * kMiB);
  EXPECT_FALSE(watch.gpu_is_theirs());
}

TEST(MemoryWatch, WithoutADriverNothingIsSaid) {
  FakeNvidiaSmi processes;
  MemoryWatch watch("/proc", 0, processes);
  watch.LookAtGpu({7});
  EXPECT_FALSE(watch.gpu_peak().has_value());
}

}  // namespace
}  // namespace curbstop
