// Transfers to and from the real agent on this computer, over a link that is cut at every kind of
// place.
#include "store/transfer/transfer.h"

#include <algorithm>
#include <malloc.h>
#include <map>
#include <random>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/md5.h"
#include "store/transfer/internal/plain_md5.h"
#include "store/transfer/internal/squeeze.h"
#include "store/transfer/internal/transfer_messages.h"
#include "store/transfer/internal/transfer_pace.h"
#include "store/transfer/internal/transfer_wire.h"
#include "sys/files.h"
#include "sys/ssh/testing/fake_ssh_client.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

const char* const kAgent = CURBSTOP_BINARY_DIR "/curbstop-agent";

// In memory where it can be: what is fsync'ed is slow to remove on some disks.
void UseMemory() {
  if (IsFolder("/dev/shm")) setenv("TMPDIR", "/dev/shm", 0);  // NOLINT(concurrency-mt-unsafe)
}

TransferOptions Options() {
  TransferOptions options;
  options.agent = kAgent;
  return options;
}

// Every entry with what makes it equal: contents, executable or not, or a link's text.
std::map<std::string, std::string> Tree(const fs::path& root) {
  std::map<std::string, std::string> tree;
  if (!fs::exists(root)) return tree;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string path = entry.path().lexically_relative(root).string();
    if (entry.is_symlink()) {
      tree[path] = "link " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      struct stat info{};
      stat(entry.path().c_str(), &info);
      tree[path] = ((info.st_mode & 0100) != 0 ? "x " : "- ") + *ReadFile(entry.path());
    }
  }
  return tree;
}

std::string Noise(size_t size, uint32_t seed) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

std::vector<TransferFile> FilesIn(const fs::path& root) {
  std::vector<TransferFile> files;
  for (const auto& [path, what] : Tree(root)) {
    TransferFile file;
    file.path = path;
    file.source = root / path;
    if (what.starts_with("link ")) {
      file.link_to = what.substr(5);
    } else {
      file.md5 = HexOf(Md5Of(std::string_view(what).substr(2)));
      file.size = static_cast<int64_t>(what.size()) - 2;
      file.executable = what.front() == 'x';
    }
    files.push_back(std::move(file));
  }
  return files;
}

class Transfer : public ::testing::Test {
 protected:
  fs::path Source() const { return folder_ / "source"; }
  fs::path Target() const { return folder_ / "target"; }

  void MakeSource() {
    folder_.WriteFile("source/a.txt", "hello\n");
    folder_.WriteFile("source/empty", "");
    folder_.WriteFile("source/deep/er/name with blank and \xc3\xa9", Noise(100'000, 1));
    folder_.WriteFile("source/deep/run.sh", "#!/bin/sh\n");
    fs::permissions(Source() / "deep/run.sh", fs::perms(0755));
    fs::create_symlink("../a.txt", Source() / "deep/link");
    fs::create_symlink("er", Source() / "deep/folder-link");
    for (int i = 0; i < 300; ++i) {
      folder_.WriteFile(fmt::format("source/many/{:03}/{:03}", i % 7, i), Noise(500, 100 + i));
    }
    folder_.WriteFile("source/big", Noise(3'000'000, 7));
  }
  Result<TransferTotals> SendAll(FakeSshClient& client) {
    return SendFiles(client, Target().string(),
                     files_.empty() ? files_ = FilesIn(Source()) : files_, Options(), clock_);
  }
  Result<TransferTotals> FetchAll(FakeSshClient& client, TransferLimits limits = {}) {
    return FetchFiles(client, Source().string(), Target(), limits, Options(), clock_);
  }

  static void SetUpTestSuite() { UseMemory(); }

  TemporaryFolder folder_;
  std::vector<TransferFile> files_;
  RealClock clock_;
};

TEST(PlainMd5, IsTheLibrarysAtEveryLength) {
  for (size_t size : {0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100'000}) {
    const std::string bytes = Noise(size, 3);
    PlainMd5 md5;
    for (size_t at = 0; at < size; at += 77) md5.Update(std::string_view(bytes).substr(at, 77));
    EXPECT_EQ(md5.Finish(), Md5Of(bytes).bytes) << size;
  }
}

TEST_F(Transfer, SendsATreeWithLinksAndExecutables) {
  MakeSource();
  FakeSshClient client;
  const Result<TransferTotals> totals = SendAll(client);
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  EXPECT_EQ(Tree(Target()), Tree(Source()));
  EXPECT_EQ(totals->files, static_cast<int64_t>(files_.size()));
  EXPECT_FALSE(Exists(Target() / kTransferFolder));
}

TEST_F(Transfer, SendsAFolderThatItHashesOnTheWay) {
  MakeSource();
  FakeSshClient client;
  const auto send = [&](const std::vector<std::string>& names) {
    return SendFolder(client, Target().string(), Source(), names, Options(), clock_);
  };
  Result<TransferTotals> totals = send({"many", "empty"});
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  EXPECT_EQ(totals->files, 301);
  EXPECT_EQ(Tree(Target()).size(), 301u);
  totals = send({});
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  EXPECT_EQ(totals->files - totals->moved_files, 301 + 2);  // links are made when they are named
  EXPECT_EQ(Tree(Target()), Tree(Source()));
  totals = send({"gone"});
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kConflict) << totals.error().Text();
}

TEST_F(Transfer, FetchesATreeWithLinksAndExecutables) {
  MakeSource();
  FakeSshClient client;
  const Result<TransferTotals> totals = FetchAll(client);
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  EXPECT_EQ(Tree(Target()), Tree(Source()));
  EXPECT_FALSE(Exists(Target() / kTransferFolder));
}

TEST_F(Transfer, MovesOnlyWhatIsLacking) {
  MakeSource();
  FakeSshClient client;
  ASSERT_TRUE(SendAll(client).ok());
  folder_.WriteFile("source/a.txt", "other\n");
  folder_.WriteFile("target/many/000/007", "spoilt");
  files_.clear();
  files_ = FilesIn(Source());
  const Result<TransferTotals> asked =
      AskWhatIsLacking(client, Target().string(), files_, Options(), clock_);
  ASSERT_TRUE(asked.ok()) << asked.error().Text();
  EXPECT_EQ(asked->moved_files, 2);
  EXPECT_EQ(asked->moved_bytes, 506);
  const Result<TransferTotals> totals = SendAll(client);
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  EXPECT_EQ(totals->moved_files, 2);
  EXPECT_EQ(totals->moved_bytes, 506);
  EXPECT_EQ(Tree(Target()), Tree(Source()));
}

TEST_F(Transfer, AnExecutableBitIsMendedWithoutSendingTheFile) {
  MakeSource();
  FakeSshClient client;
  ASSERT_TRUE(SendAll(client).ok());
  fs::permissions(Target() / "deep/run.sh", fs::perms(0644));
  const Result<TransferTotals> totals = SendAll(client);
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->moved_files, 0);
  EXPECT_EQ(Tree(Target()), Tree(Source()));
}

TEST_F(Transfer, AFileBecomesALinkAndBack) {
  folder_.WriteFile("source/a", "a");
  fs::create_symlink("a", Source() / "b");
  folder_.WriteFile("target/b", "b");
  fs::create_symlink("nowhere", Target() / "a");
  FakeSshClient client;
  ASSERT_TRUE(SendAll(client).ok());
  EXPECT_EQ(Tree(Target()), Tree(Source()));
}

TEST_F(Transfer, NothingAtAllIsFine) {
  fs::create_directory(Source());
  FakeSshClient client;
  EXPECT_TRUE(SendAll(client).ok());
  EXPECT_TRUE(FetchAll(client).ok());
}

TEST_F(Transfer, AFolderThatIsNotThereIsNotFound) {
  FakeSshClient client;
  const Result<TransferTotals> totals = FetchAll(client);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kNotFound) << totals.error().Text();
}

TEST_F(Transfer, NoAgentOverThereIsNotFound) {
  MakeSource();
  FakeSshClient client;
  TransferOptions options = Options();
  options.agent = "/no/such/agent";
  const Result<TransferTotals> totals =
      SendFiles(client, Target().string(), FilesIn(Source()), options, clock_);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kNotFound) << totals.error().Text();
}

TEST_F(Transfer, WhatALoginShellPrintsIsPassedOver) {
  MakeSource();
  FakeSshClient client;
  client.translate = [](const std::string& command) { return "echo 'Welcome!'; " + command; };
  EXPECT_TRUE(SendAll(client).ok());
  client.translate = [](const std::string&) { return "while :; do echo 'no agent'; done"; };
  const Result<TransferTotals> totals = SendAll(client);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kCorrupt);
}

TEST_F(Transfer, AFileThatHasChangedSinceItWasHashedIsAConflict) {
  MakeSource();
  files_ = FilesIn(Source());
  folder_.WriteFile("source/a.txt", "HELLO\n");
  FakeSshClient client;
  Result<TransferTotals> totals = SendAll(client);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kConflict) << totals.error().Text();
  EXPECT_THAT(totals.error().Text(), ::testing::HasSubstr("`a.txt`"));
  EXPECT_FALSE(Exists(Target() / "a.txt"));
  folder_.WriteFile("source/a.txt", "shorter");
  totals = SendAll(client);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kConflict) << totals.error().Text();
}

TEST_F(Transfer, SomethingElseInTheWayIsAConflictThatNamesIt) {
  folder_.WriteFile("source/a", "a");
  fs::create_directories(Target() / "a");
  FakeSshClient client;
  const Result<TransferTotals> totals = SendAll(client);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kConflict);
  EXPECT_THAT(totals.error().Text(), ::testing::HasSubstr("target/a`"));
}

// Takes all but the last byte of what it is given.
class SlowStream final : public ByteStream {
 public:
  Result<std::string> Read(size_t) override { return std::exchange(says_, ""); }
  bool AtEnd() const override { return false; }
  Result<size_t> Write(std::string_view bytes) override { return bytes.size() - 1; }
  void Wait(bool, Millis) override {}

 private:
  std::string says_ = "curbxfr1p";
};

// A link that is never idle must not let what was sent pile up.
TEST(TransferWire, MemoryStaysBoundedWhileItNeverRunsEmpty) {
  SlowStream stream;
  RealClock clock;
  TransferWire wire(stream, clock, Millis(1'000'000));
  ASSERT_TRUE(wire.GreetAsHome([] { return Status(); }).ok());
  const std::string piece(kMostPayload, 'x');
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const size_t before = in_use();
  for (int i = 0; i < 1'000; ++i) {
    wire.Send(WireType::kData, piece);
    while (wire.Full()) ASSERT_TRUE(wire.Move(Millis(0)).ok());
  }
  EXPECT_LT(in_use(), before + (4u << 20));  // of 65 MB
}

TEST_F(Transfer, ProgressEndsAtAllOfIt) {
  MakeSource();
  FakeSshClient client;
  TransferOptions options = Options();
  std::vector<TransferProgress> seen;
  options.progress = [&](const TransferProgress& progress) { seen.push_back(progress); };
  files_ = FilesIn(Source());
  ASSERT_TRUE(SendFiles(client, Target().string(), files_, options, clock_).ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().files_done, seen.back().files_total);
  EXPECT_EQ(seen.back().bytes_done, seen.back().bytes_total);
  EXPECT_EQ(seen.back().files_total, static_cast<int64_t>(files_.size()));
}

TEST_F(Transfer, AStopIsCancelled) {
  MakeSource();
  FakeSshClient client;
  std::stop_source stop;
  stop.request_stop();
  TransferOptions options = Options();
  options.stop = stop.get_token();
  files_ = FilesIn(Source());
  const Result<TransferTotals> totals =
      SendFiles(client, Target().string(), files_, options, clock_);
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kCancelled);
}

// Neither one that never greets nor one that greets and then says nothing.
TEST_F(Transfer, AStopDoesNotWaitForASilentFarEnd) {
  MakeSource();
  files_ = FilesIn(Source());
  for (const char* far : {"exec sleep 60", "printf curbxfr1p; exec sleep 60"}) {
    FakeSshClient client;
    client.translate = [far](const std::string&) { return far; };
    std::stop_source stop;
    TransferOptions options = Options();
    options.stop = stop.get_token();
    const std::jthread stopper([&] {
      clock_.Wait(Millis(100));
      stop.request_stop();
    });
    const Ticks began = clock_.Awake();
    EXPECT_EQ(SendFiles(client, Target().string(), files_, options, clock_).error().kind(),
              ErrorKind::kCancelled);
    EXPECT_EQ(FetchFiles(client, "/x", Target(), {}, options, clock_).error().kind(),
              ErrorKind::kCancelled);
    EXPECT_LT(clock_.Awake() - began, Millis(2'000)) << far;
  }
}

TEST_F(Transfer, MoreThanAllowedIsRefusedBeforeAnythingIsFetched) {
  MakeSource();
  FakeSshClient client;
  const Result<TransferTotals> totals = FetchAll(client, {10, 1 << 30});
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().kind(), ErrorKind::kOverBudget);
  EXPECT_EQ(FetchAll(client, {1000, 1 << 20}).error().kind(), ErrorKind::kOverBudget);
  EXPECT_TRUE(Tree(Target()).empty() || !Exists(Target() / "a.txt"));
}

TEST_F(Transfer, AResumedFileWhoseFirstHalfIsSpoiltIsSentAgainWhole) {
  folder_.WriteFile("source/big", Noise(3'000'000, 7));
  FakeSshClient client;
  client.cut.after_written = 1'500'000;
  ASSERT_FALSE(SendAll(client).ok());
  const fs::path parts = Target() / kTransferFolder;
  for (const auto& part : fs::directory_iterator(parts)) {
    if (fs::file_size(part) > 10) {
      std::string bytes = *ReadFile(part.path());
      bytes[5] = static_cast<char>(~bytes[5]);
      folder_.WriteFile("target/" + part.path().lexically_relative(Target()).string(), bytes);
    }
  }
  client.cut = {};
  const Result<TransferTotals> second = SendAll(client);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind(), ErrorKind::kUnavailable);
  EXPECT_FALSE(Exists(Target() / "big"));
  ASSERT_TRUE(SendAll(client).ok());
  EXPECT_EQ(Tree(Target()), Tree(Source()));
}

TEST_F(Transfer, TwoFilesOfTheSameContentsShareNoHalf) {
  folder_.WriteFile("source/a", Noise(2'000'000, 7));
  folder_.WriteFile("source/b", Noise(2'000'000, 7));
  FakeSshClient client;
  client.cut.after_written = 1'000'000;
  ASSERT_FALSE(SendAll(client).ok());
  client.cut = {};
  const Result<TransferTotals> totals = SendAll(client);
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  EXPECT_EQ(Tree(Target()), Tree(Source()));
}

TEST_F(Transfer, AReceiverLeftOverFromACutIsEnded) {
  MakeSource();
  FakeSshClient client;
  const Result<std::unique_ptr<SshChannel>> old =
      client.Open(fmt::format("exec {} receive {}", kAgent, Target().string()));
  ASSERT_TRUE(old.ok());
  const std::string greeting = "curbxfr1p";
  ASSERT_EQ(*(*old)->Write(greeting), greeting.size());
  for (int i = 0; i < 500 && !Exists(Target() / kTransferFolder / "lock"); ++i) {
    clock_.Wait(Millis(10));
  }
  ASSERT_TRUE(SendAll(client).ok());
  (*old)->Wait(false, Millis(5'000));
  EXPECT_EQ((*old)->ExitCode(), 128 + 9);
  EXPECT_EQ(Tree(Target()), Tree(Source()));
}

TEST_F(Transfer, APutPlacesAWholeFile) {
  const std::string bytes = Noise(1'000'000, 9);
  FakeSshClient client;
  const fs::path target = folder_ / "far/it's bin/agent";
  const std::string command = PutCommand(target.string(), bytes.size(), "755");
  const Result<SshOutput> put = client.Run(command, bytes, Millis(30'000));
  ASSERT_TRUE(put.ok()) << put.error().Text();
  EXPECT_EQ(put->exit_code, 0) << put->err;
  EXPECT_EQ(*ReadFile(target), bytes);
  struct stat info{};
  stat(target.c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  EXPECT_EQ(ListFolder(target.parent_path())->size(), 1u);
  client.cut.after_written = 500'000;
  const std::string other = PutCommand((folder_ / "far/other").string(), bytes.size(), "755");
  const Result<SshOutput> cut = client.Run(other, bytes, Millis(9'000));
  EXPECT_FALSE(cut.ok() && cut->exit_code == 0);
  EXPECT_FALSE(Exists(folder_ / "far/other"));
}

// Any cuts, then one whole go: the same tree, nothing left over, and no window sent twice beyond
// one for each cut.
void CheckCuts(const std::vector<int64_t>& cuts, bool sending) {
  UseMemory();
  const TemporaryFolder folder;
  const fs::path source = folder / "source";
  folder.WriteFile("source/first", Noise(700'000, 1));
  for (int i = 0; i < 50; ++i) {
    folder.WriteFile(fmt::format("source/many/{}/{}", i % 5, i), Noise(4096, 100 + i));
  }
  folder.WriteFile("source/second", Noise(500'000, 2));
  const std::vector<TransferFile> files = FilesIn(source);
  std::map<std::string, std::string> wanted = Tree(source);
  const fs::path target = folder / "target";
  FakeSshClient client;
  RealClock clock;
  const auto go = [&]() -> Result<TransferTotals> {
    if (sending) return SendFiles(client, target.string(), files, Options(), clock);
    return FetchFiles(client, source.string(), target, {}, Options(), clock);
  };
  for (const int64_t cut : cuts) {
    client.cut = sending ? FakeCut{cut, -1} : FakeCut{-1, cut};
    const Result<TransferTotals> totals = go();
    if (!totals.ok()) {
      ASSERT_EQ(totals.error().kind(), ErrorKind::kUnavailable);
    }
    for (const auto& [path, contents] : Tree(target)) {
      if (path.starts_with(kTransferFolder)) continue;
      ASSERT_EQ(wanted[path], contents);
    }
  }
  client.cut = {};
  const Result<TransferTotals> totals = go();
  ASSERT_TRUE(totals.ok()) << totals.error().Text();
  ASSERT_EQ(Tree(target), wanted);
}

// Twelve pairs of cuts, the same ones each time: a round takes a second on a busy machine.
void CheckManyCuts(bool sending) {
  std::mt19937_64 dice(20261130);
  std::uniform_int_distribution<int64_t> anywhere(1, 1'500'000);
  for (int round = 0; round < 12 && !testing::Test::HasFailure(); ++round) {
    const std::vector<int64_t> cuts = {anywhere(dice), anywhere(dice)};
    SCOPED_TRACE(fmt::format("cuts at {} and {}", cuts[0], cuts[1]));
    CheckCuts(cuts, sending);
  }
}

TEST(TransferCuts, AnyCutsOfASendEndInTheSameTree) { CheckManyCuts(true); }

TEST(TransferCuts, AnyCutsOfAFetchEndInTheSameTree) { CheckManyCuts(false); }

// Counted on the wire, with noise that does not compress.
TEST_F(Transfer, AfterACutAtMostOneWindowGoesAgain) {
  folder_.WriteFile("source/big", Noise(40'000'000, 7));
  for (int i = 0; i < 1000; ++i) {
    folder_.WriteFile(fmt::format("source/many/{}", i), Noise(4096, 100 + i));
  }
  for (const bool sending : {true, false}) {
    ASSERT_TRUE(RemoveTree(Target()).ok());
    FakeSshClient client;
    client.cut = sending ? FakeCut{25'000'000, -1} : FakeCut{-1, 25'000'000};
    ASSERT_FALSE((sending ? SendAll(client) : FetchAll(client)).ok());
    client.cut = {};
    const Result<TransferTotals> totals = sending ? SendAll(client) : FetchAll(client);
    ASSERT_TRUE(totals.ok()) << totals.error().Text();
    EXPECT_EQ(Tree(Target()), Tree(Source()));
    const int64_t moved = sending ? client.written : client.read;
    EXPECT_LT(moved - totals->bytes, kMostWindow + 500'000) << (sending ? "send" : "fetch");
  }
}

}  // namespace
}  // namespace curbstop
