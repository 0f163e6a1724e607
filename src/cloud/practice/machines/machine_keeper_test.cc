#include "cloud/practice/machines/machine_keeper.h"

#include <csignal>
#include <sys/stat.h>

#include "base/json.h"
#include "sys/files.h"
#include "sys/process_identity.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// A stand-in for this program: says what it was given and lives on, with a child that has left its
// session and forgotten its environment.
constexpr const char* kProgram = R"sh(#!/bin/sh
cat >"$HOME/order"
echo boot >>"$HOME/boots"
trap 'echo hidden >>"$HOME/reach"' USR1
trap 'echo back >>"$HOME/reach"' USR2
setsid env -i sleep 1000 &
echo $! >"$HOME/child"
while :; do sleep 0.05; done
)sh";

class Keeper : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.Write(program_, kProgram, 0755).ok());
    keeper_ = Make();
  }
  ~Keeper() override { keeper_->Keep({}); }

  std::unique_ptr<MachinePlaces> Make() {
    return MakeMachineKeeper({.folder = folder_.path() / "machines",
                              .program = program_,
                              .clock = clock_,
                              .files = files_,
                              .random = random_});
  }

  static WantedMachine Running(int64_t boot = 1) {
    return {.id = "77",
            .want = MachineWant::kRuns,
            .boot = boot,
            .port = 20'001,
            .environment = {{"CONTAINER_API_KEY", "k77"}},
            .start = "true"};
  }

  std::filesystem::path Home() const { return folder_.path() / "machines/77/disk/root"; }

  std::string Said(const char* file) const {
    const Result<std::string> text = ReadFile(Home() / file);
    return text.ok() ? *text : "";
  }

  // Until `file` says something.
  void AwaitWord(const char* file, const std::string& word) {
    for (int i = 0; i < 2000 && Said(file).find(word) == std::string::npos; ++i)
      clock_.Wait(std::chrono::milliseconds(5));
    ASSERT_NE(Said(file).find(word), std::string::npos) << file << ": " << Said(file);
  }

  int Pid() const {
    const Result<std::string> text = ReadFile(folder_.path() / "machines/77/process.json");
    return text.ok() ? static_cast<int>(ParseJson(*text)->IntOr("pid", 0)) : 0;
  }

  int Child() const { return std::atoi(Said("child").c_str()); }

  void Boot() {
    keeper_->Keep({Running()});
    AwaitWord("child", "\n");
  }

  TemporaryFolder folder_;
  RealClock clock_;
  RealFileStore files_;
  RealRandom random_;
  std::filesystem::path program_ = folder_.path() / "program";
  std::unique_ptr<MachinePlaces> keeper_;
};

TEST_F(Keeper, BootsOnceAndIsAdoptedByTheNextKeeper) {
  Boot();
  const int pid = Pid();
  keeper_->Keep({Running()});
  keeper_ = Make();
  keeper_->Keep({Running()});
  EXPECT_EQ(Pid(), pid);
  EXPECT_EQ(Said("boots"), "boot\n");
  EXPECT_TRUE(IdentifyProcess(pid).has_value());
}

TEST_F(Keeper, TheOrderComesByStdinAndTheKeyByTheEnvironment) {
  Boot();
  const std::string process = "/proc/" + std::to_string(Pid());
  EXPECT_NE(ReadFile(process + "/environ")->find("CONTAINER_API_KEY=k77"), std::string::npos);
  EXPECT_EQ(ReadFile(process + "/cmdline")->find("k77"), std::string::npos);
  const Result<Json> order = ParseJson(Said("order"));
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(order->IntOr("port", 0), 20'001);
  EXPECT_EQ(order->StringOr("start", ""), "true");
}

TEST_F(Keeper, HaltedAllItsProcessesEndAndItsFolderStays) {
  Boot();
  const int pid = Pid();
  const int child = Child();
  ASSERT_TRUE(IdentifyProcess(child).has_value());
  WantedMachine halted = Running();
  halted.want = MachineWant::kHalted;
  keeper_->Keep({halted});
  EXPECT_FALSE(IdentifyProcess(pid).has_value());
  EXPECT_FALSE(IdentifyProcess(child).has_value());
  EXPECT_EQ(Said("boots"), "boot\n");
  keeper_->Keep({Running(2)});
  AwaitWord("boots", "boot\nboot\n");
}

// Paused and started again while nobody looked: it was off, so its processes are others.
TEST_F(Keeper, AnotherBootEndsWhatIsLeftOfTheOneBefore) {
  Boot();
  const int child = Child();
  keeper_ = Make();
  keeper_->Keep({Running(2)});
  AwaitWord("boots", "boot\nboot\n");
  EXPECT_FALSE(IdentifyProcess(child).has_value());
}

TEST_F(Keeper, OutOfReachItLivesOn) {
  Boot();
  const int pid = Pid();
  WantedMachine offline = Running();
  offline.want = MachineWant::kOutOfReach;
  keeper_->Keep({offline});
  AwaitWord("reach", "hidden");
  EXPECT_TRUE(IdentifyProcess(pid).has_value());
  keeper_->Keep({Running()});
  AwaitWord("reach", "back");
  EXPECT_EQ(Pid(), pid);
}

TEST_F(Keeper, GoneItLeavesNothing) {
  Boot();
  const int pid = Pid();
  const int child = Child();
  ASSERT_TRUE(MakeFolders(Home() / "closed/inside").ok());
  chmod((Home() / "closed").c_str(), 0);
  keeper_->Keep({});
  EXPECT_FALSE(IdentifyProcess(pid).has_value());
  EXPECT_FALSE(IdentifyProcess(child).has_value());
  EXPECT_FALSE(Exists(folder_.path() / "machines/77"));
}

// Killed between the start of the machine and the note of its process.
TEST_F(Keeper, AProcessThatNobodyNotedIsFoundByItsSign) {
  Boot();
  const int pid = Pid();
  ASSERT_TRUE(files_.Remove(folder_.path() / "machines/77/process.json").ok());
  keeper_ = Make();
  keeper_->Keep({Running()});
  AwaitWord("boots", "boot\nboot\n");
  EXPECT_FALSE(IdentifyProcess(pid).has_value());
}

TEST_F(Keeper, AMachineThatEndsByItselfComesUpAgainMoreAndMoreSlowly) {
  Boot();
  kill(Pid(), SIGKILL);
  for (int i = 0; i < 400 && Said("boots") != "boot\nboot\n"; ++i) {
    keeper_->Keep({Running()});
    clock_.Wait(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Said("boots"), "boot\nboot\n");
}

// What lies in the machine's folders is the machine's: links of its making lead nowhere.
TEST_F(Keeper, ALinkOfTheMachinesOwnIsNotFollowedWhenItIsRemoved) {
  const TemporaryFolder outside;
  ASSERT_TRUE(AppendQuickly(outside.path() / "mine", "x").ok());
  Boot();
  std::filesystem::create_directory_symlink(outside.path(), Home() / "link");
  ASSERT_TRUE(MakeFolders(Home() / "closed").ok());
  chmod((Home() / "closed").c_str(), 0);
  keeper_->Keep({});
  EXPECT_FALSE(Exists(folder_.path() / "machines/77"));
  EXPECT_EQ(*ReadFile(outside.path() / "mine"), "x");
}

}  // namespace
}  // namespace curbstop
