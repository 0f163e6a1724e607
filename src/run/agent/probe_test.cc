#include "run/agent/probe.h"

#include <gtest/gtest.h>

#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

class ProbeTest : public testing::Test {
 protected:
  void Put(const std::string& name, std::string_view text, mode_t mode = 0644) {
    ASSERT_TRUE(MakeFolders((folder / name).parent_path()).ok());
    ASSERT_TRUE(files.Write(folder / name, text, mode).ok());
  }
  Json Take() { return Probe(folder / "home", folder.path(), processes); }
  TemporaryFolder folder;
  RealFileStore files;
  RealProcessRunner processes;
};

TEST_F(ProbeTest, TakesTheContainersShareOfTheComputer) {
  Put("proc/meminfo", "MemTotal:       264000000 kB\nMemFree: 1 kB\n");
  Put("proc/uptime", "4711.30 12.00\n");
  Put("sys/fs/cgroup/memory.max", "8589934592\n");
  Put("sys/fs/cgroup/cpu.max", "100000 100000\n");
  const Json probe = Take();
  EXPECT_EQ(probe.IntOr("memory_bytes", 0), 8'589'934'592);
  EXPECT_EQ(probe.IntOr("cpus", 0), 1);
  EXPECT_EQ(probe.IntOr("uptime_s", 0), 4711);
  EXPECT_GT(probe.IntOr("disk_free_bytes", 0), 0);
}

TEST_F(ProbeTest, NoLimitIsTheWholeComputer) {
  Put("proc/meminfo", "MemTotal:       1024 kB\n");
  Put("sys/fs/cgroup/memory.max", "max\n");
  Put("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(Take().IntOr("memory_bytes", 0), 1 << 20);
  EXPECT_GE(Take().IntOr("cpus", 0), 1);
}

TEST_F(ProbeTest, TheRehearsalSaysWhyTheMachineCannotEnd) {
  EXPECT_FALSE(Take().Find("self_end")->BoolOr("ok", true));
  Put("home/end-machine", "#!/bin/sh\n[ \"$1\" = check ]\n", 0700);
  EXPECT_TRUE(Take().Find("self_end")->BoolOr("ok", false));
  Put("home/end-machine", "#!/bin/sh\necho 'curl: (22) 403' >&2; exit 22\n", 0700);
  EXPECT_EQ(Take().Find("self_end")->StringOr("error", ""),
            "`end-machine check` ended with 22: curl: (22) 403");
}

Json Machine() {
  const Json gpu = Json::MakeObject(
      {{"name", "NVIDIA GeForce RTX 4090"}, {"memory_bytes", int64_t{24564} << 20}});
  return Json::MakeObject({{"arch", "x86_64"},
                           {"cpus", 8},
                           {"memory_bytes", int64_t{62'000'000'000}},
                           {"disk_free_bytes", int64_t{90'000'000'000}},
                           {"gpus", Json::MakeArray({gpu})}});
}

struct PromiseRow {
  const char* promise;
  size_t broken;
};

TEST(Promises, AreHeldOrNamed) {
  const PromiseRow rows[] = {
      {"{}", 0},
      {R"({"arch":"x86_64","cpus":8,"memory_bytes":64000000000,"disk_free_bytes":100000000000})",
       0},
      {R"({"arch":"aarch64"})", 1},
      {R"({"cpus":16,"memory_bytes":128000000000})", 2},
      {R"({"disk_free_bytes":200000000000})", 1},
      {R"({"gpus":[{"name":"RTX_4090","memory_bytes":25757220864}]})", 0},
      {R"({"gpus":[{"name":"RTX 4090"},{"name":"RTX 4090"}]})", 1},
      {R"({"gpus":[{"name":"H100"}]})", 1},
      {R"({"gpus":[{"name":"RTX 4090","memory_bytes":51539607552}]})", 1},
  };
  for (const PromiseRow& row : rows) {
    EXPECT_EQ(BrokenPromises(Machine(), *ParseJson(row.promise)).size(), row.broken) << row.promise;
  }
}

}  // namespace
}  // namespace curbstop
