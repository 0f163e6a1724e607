// A machine that lies, babbles or sends what it must not: the link to it is cut, and nothing of it
// reaches the journal or lies outside the run's folder.
#include "run/away/agent_link.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "run/agent/spool.h"
#include "run/away/checkpoints_home.h"
#include "run/away/far_machine.h"
#include "sys/files.h"
#include "sys/ssh/testing/fake_ssh_client.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using testing::HasSubstr;

constexpr const char* kProbe = R"({"arch":"x86_64","uptime_s":100,"self_end":{"ok":true}})";

// An account with one machine that runs.
class OneMachine final : public Provider {
 public:
  std::string_view Name() const override { return "vast"; }
  Result<std::vector<LiveOffer>> FindOffers(const OfferWish&) override { return None(); }
  CreateOutcome Create(const CreateOrder&) override { return {}; }
  Result<Listing> List() override { return None(); }
  Result<Listing> Find(const std::string& id) override {
    CloudMachine machine;
    machine.id = id;
    machine.state = MachineState::kRunning;
    machine.ssh = SshAddress{"127.0.0.1", 22, "root"};
    return Listing{{machine}, 0};
  }
  Status Destroy(const std::string&) override { return None(); }
  Status Pause(const std::string&) override { return None(); }
  Status Relabel(const std::string&, const Mark&) override { return None(); }

 private:
  static Error None() { return Unavailable("not in this test"); }
};

std::vector<RentAccount> OneAccount() {
  std::vector<RentAccount> accounts(1);
  accounts[0].provider = std::make_unique<OneMachine>();
  return accounts;
}

// A machine whose commands run here, in a folder of its own; `follow` says what the test wants.
struct Far {
  TemporaryFolder folder;
  std::string follow = "sleep 60";
  std::string probe = fmt::format("echo '{}'", kProbe);
  std::string receive = "printf curbxfr1p; exec sleep 60";  // takes a transfer and says nothing

  std::filesystem::path home() const { return folder.path() / "far"; }
  std::string Translate(const std::string& command) const {
    if (command.find(" follow ") != command.npos) return follow;
    if (command.find(" receive ") != command.npos) return receive;
    if (command.ends_with(" probe")) return probe;
    return fmt::format("CURBSTOP_HOME={}; {}", home().string(), command);
  }
  std::unique_ptr<SshClient> Client() const {
    auto client = std::make_unique<FakeSshClient>();
    client->translate = [this](const std::string& command) { return Translate(command); };
    return client;
  }
};

class AgentLinkTest : public testing::Test {
 protected:
  AgentLinkTest() {
    Put(far.home() / "lease", "3600\n");
    Put(far.home() / "runs/r1/agent.events", "{}\n");  // its agent has begun
    Put(run() / "known", "");
    Put(far.folder.path() / "agents/curbstop-agent", "#!/bin/sh\n");
    work.run = "r1";
    work.folder = run();
    work.ssh = [this](const SshTarget&) -> Result<std::unique_ptr<SshClient>> {
      return far.Client();
    };
    work.replay = [](int64_t, const std::vector<Json>&, const std::filesystem::path&) {
      return Status();
    };
    work.log = [](const std::string&) {};
  }

  std::filesystem::path run() const { return far.folder.path() / "run"; }

  void Put(const std::filesystem::path& file, const std::string& text) {
    ASSERT_TRUE(MakeFolders(file.parent_path()).ok());
    ASSERT_TRUE(files.Write(file, text, 0600).ok());
  }

  // What is heard until the link ends, or for so long.
  std::vector<Event> Hear(Millis most = Millis(8000)) {
    std::vector<Event> heard;
    std::mutex mutex;
    Renter renter("r1", {}, OneAccount(), "", clock);
    LinkTarget target;
    target.rental = 1;
    target.machine = "m1";
    AgentLink link(work, target, renter, clock, files, far.folder.path() / "agents",
                   [&](Event event) {
                     const std::scoped_lock lock(mutex);
                     heard.push_back(std::move(event));
                   });
    for (const Ticks end = clock.Awake() + most; clock.Awake() < end;) {
      clock.Wait(std::chrono::milliseconds(20));
      const std::scoped_lock lock(mutex);
      if (std::ranges::find(heard, EventKind::kDisconnected, &Event::kind) != heard.end()) break;
    }
    link.Stop();
    while (!link.is_over()) clock.Wait(std::chrono::milliseconds(10));
    const std::scoped_lock lock(mutex);
    return heard;
  }

  static std::string WhyCut(const std::vector<Event>& heard) {
    const auto cut = std::ranges::find(heard, EventKind::kDisconnected, &Event::kind);
    return cut == heard.end() ? "it was not cut" : cut->data.StringOr("why", "");
  }

  // Reports of the agent's own spool, by their kinds.
  static std::vector<std::string> Told(const std::vector<Event>& heard) {
    std::vector<std::string> kinds;
    for (const Event& event : heard) {
      if (event.agent_seq > SpoolBase(1)) kinds.push_back(event.data.StringOr("kind", ""));
    }
    return kinds;
  }

  std::string StepLog() const {
    const Result<std::string> text = ReadFile(run() / "step.log");
    return text.ok() ? *text : "";
  }

  Far far;
  RealClock clock;
  RealFileStore files;
  LinkWork work;
};

TEST_F(AgentLinkTest, WhatComesTwiceIsHeardOnce) {
  const std::string report = R"({"from":"events","seq":1,"body":{"kind":"held"}})";
  const std::string log = R"({"from":"log","at":0,"text":"one line"})";
  far.follow = fmt::format("printf '%s\\n' '{0}' '{0}' '{1}' '{1}'", report, log);
  const std::vector<Event> heard = Hear();
  EXPECT_THAT(Told(heard), testing::ElementsAre("held"));
  EXPECT_EQ(StepLog(), "one line");
}

TEST_F(AgentLinkTest, TheLongestLineOfASpoolIsHeard) {
  far.follow = fmt::format(
      "printf '%s' '{{\"from\":\"events\",\"seq\":1,\"body\":{{\"kind\":\"held\",\"x\":\"'; "
      "head -c {} /dev/zero | tr '\\0' x; echo '\"}}}}'",
      kLongestSpoolLine - 40);
  EXPECT_THAT(Told(Hear()), testing::ElementsAre("held"));
}

// It babbles on, its reports are heard, and the disk at home does not fill.
TEST_F(AgentLinkTest, ALogThatIsTooLargeIsCutAndTheMachineIsHeardOn) {
  work.most_log = 100;
  far.follow = R"(x=$(printf '%01000d' 0); printf '{"from":"log","at":0,"text":"%s"}\n' $x; )"
               R"(printf '{"from":"log","at":1000,"text":"%s"}\n' $x; )"
               R"(echo '{"from":"events","seq":1,"body":{"kind":"held"}}')";
  const std::vector<Event> heard = Hear();
  EXPECT_THAT(Told(heard), testing::ElementsAre("held"));
  EXPECT_THAT(StepLog(), HasSubstr("log cut here"));
  EXPECT_LT(StepLog().size(), 400u);
}

struct Lie {
  const char* name;
  const char* follow;
  const char* why;
};

class Lies : public AgentLinkTest, public testing::WithParamInterface<Lie> {};

TEST_P(Lies, CutTheLinkAndChangeNothing) {
  far.follow = GetParam().follow;
  const std::vector<Event> heard = Hear();
  EXPECT_THAT(WhyCut(heard), HasSubstr(GetParam().why));
  EXPECT_TRUE(Told(heard).empty());
  EXPECT_EQ(StepLog(), "");
}

INSTANTIATE_TEST_SUITE_P(
    AgentLink, Lies,
    testing::Values(
        Lie{"endless", "yes | tr -d '\\n'", "a line without end"},
        Lie{"no_json", "echo hello; sleep 60", "JSON"},
        Lie{"deep", "yes '[' | head -n 100000 | tr -d '\\n'; echo; sleep 60", "levels deep"},
        Lie{"number_0", R"(echo '{"from":"events","seq":0,"body":{"kind":"held"}}'; sleep 60)",
            "out of number"},
        Lie{"number_of_another_machine",
            R"(echo '{"from":"events","seq":1000000,"body":{"kind":"held"}}'; sleep 60)",
            "out of number"},
        Lie{"no_body", R"(echo '{"from":"events","seq":1,"body":7}'; sleep 60)", "no body"},
        Lie{"log_ahead", R"(echo '{"from":"log","at":9,"text":"late"}'; sleep 60)", "missing"},
        Lie{"log_before_its_beginning", R"(echo '{"from":"log","at":-9,"text":"x"}'; sleep 60)",
            "missing"},
        Lie{"no_base64", R"(echo '{"from":"log","at":0,"base64":"a b"}'; sleep 60)", "base64"},
        Lie{"call_without_number", R"(echo '{"from":"calls","body":{"route":"x"}}'; sleep 60)",
            "seq"}),
    [](const auto& lie) { return lie.param.name; });

TEST_F(AgentLinkTest, AMachineThatSaysNothingIsCutAfterFiveSeconds) {
  const Ticks began = clock.Awake();
  EXPECT_THAT(WhyCut(Hear(Millis(20'000))), HasSubstr("says nothing"));
  EXPECT_LT(clock.Awake() - began, std::chrono::seconds(10));
}

TEST_F(AgentLinkTest, AProbeThatIsNoJsonIsNoMachine) {
  far.probe = "echo ok";
  EXPECT_THAT(WhyCut(Hear()), HasSubstr("probe is no JSON"));
}

// ---- sending that takes long ------------------------------------------------------------------

class LongSending : public AgentLinkTest {
 protected:
  LongSending() {
    Put(far.home() / "runs/r1/agent.events", "");  // its agent has not begun
    Put(far.folder.path() / "project/data.bin", "contents");
    Put(run() / "fingerprint.json",
        R"({"code":[["data.bin","98bf7d8c15784f0a3d63204441e1e2aa",false]]})");
    work.root = far.folder.path() / "project";
    far.receive = fmt::format("touch {}/asked; {}", far.home().string(), far.receive);
    LinkTarget target;
    target.rental = 1;
    target.machine = "m1";
    link.emplace(work, target, renter, clock, files, far.folder.path() / "agents",
                 [this](Event event) {
                   const std::scoped_lock lock(mutex);
                   if (event.kind == EventKind::kAgentReport)
                     told.push_back(event.data.StringOr("kind", ""));
                 });
    EXPECT_TRUE(Await([this] { return Exists(far.home() / "asked"); }));
  }

  bool Await(const std::function<bool()>& happens) {
    const Ticks end = clock.Awake() + std::chrono::seconds(5);
    while (!happens() && clock.Awake() < end) clock.Wait(std::chrono::milliseconds(10));
    return happens();
  }
  bool Heard(const std::string& kind) {
    const std::scoped_lock lock(mutex);
    return std::ranges::find(told, kind) != told.end();
  }

  Renter renter{"r1", {}, OneAccount(), "", clock};
  std::mutex mutex;
  std::vector<std::string> told;  // guarded by mutex
  std::optional<AgentLink> link;
};

TEST_F(LongSending, IsNotWaitedForWhenTheLinkEnds) {
  const Ticks began = clock.Awake();
  link.reset();
  EXPECT_LT(clock.Awake() - began, std::chrono::seconds(3));
}

TEST_F(LongSending, EndsWhenTheStepIsToSave) {
  link->Tell("c1", Json::MakeObject({{"kind", "save"}}));
  EXPECT_TRUE(Await([this] { return Heard("saved"); }));
}

// ---- single calls -----------------------------------------------------------------------------

std::unique_ptr<FarMachine> Reach(Far& far, Clock& clock) {
  Result<std::unique_ptr<FarMachine>> machine = FarMachine::Reach(far.Client(), "r1", clock);
  EXPECT_TRUE(machine.ok());
  return machine.ok() ? std::move(*machine) : nullptr;
}

TEST_F(AgentLinkTest, AFolderThatWouldBeACommandIsRefused) {
  for (const char* folder : {"", "/", "relative", "/a/../b", "/tmp/$(reboot)", "/a b", "/a;b"}) {
    auto client = std::make_unique<FakeSshClient>();
    client->translate = [folder](const std::string&) {
      return fmt::format("printf %s {}", ShellQuote(folder));
    };
    const auto machine = FarMachine::Reach(std::move(client), "r1", clock);
    ASSERT_FALSE(machine.ok()) << folder;
    EXPECT_EQ(machine.error().kind(), ErrorKind::kCorrupt) << folder;
  }
}

TEST_F(AgentLinkTest, ACheckpointsNameStaysInItsFolder) {
  const std::unique_ptr<FarMachine> machine = Reach(far, clock);
  ASSERT_NE(machine, nullptr);
  for (const char* name : {"..", "../x", "/etc/passwd", "a/b", "", "."}) {
    EXPECT_FALSE(KeepCheckpoint(*machine, name, run(), {}).ok()) << name;
  }
}

TEST_F(AgentLinkTest, WhatIsNoNumberIsNoLeaseAndNoLength) {
  const std::unique_ptr<FarMachine> machine = Reach(far, clock);
  ASSERT_NE(machine, nullptr);
  Put(far.home() / "lease", "99999999999999999999\n");
  EXPECT_EQ(machine->ReadLease().error().kind(), ErrorKind::kCorrupt);
  Put(far.home() / "lease", "-1\n");
  EXPECT_EQ(machine->ReadLease().error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace curbstop
