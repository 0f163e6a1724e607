// Far ends and homes that lie: refused, and nothing outside the root touched.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "store/md5.h"
#include "store/transfer/far_end.h"
#include "store/transfer/internal/squeeze.h"
#include "store/transfer/internal/transfer_messages.h"
#include "store/transfer/transfer.h"
#include "sys/files.h"
#include "sys/ssh/testing/fake_ssh_client.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

std::string Framed(WireType type, std::string_view payload) {
  std::string text(1, static_cast<char>(type));
  for (int i = 0; i < 4; ++i) text += static_cast<char>(payload.size() >> (8 * i));
  return text + std::string(payload);
}

// Entries as no honest sender would make them.
std::string RawEntry(uint8_t kind, std::string_view path, std::string_view contents,
                     int64_t size = -1) {
  std::string text(1, static_cast<char>(kind));
  const auto put = [&](std::string_view part) {
    text += static_cast<char>(part.size()), text += static_cast<char>(part.size() >> 8);
    text += part;
  };
  put(path);
  if (kind == 2) {
    put(contents);
    return text;
  }
  const Md5 md5 = Md5Of(contents);
  text.append(reinterpret_cast<const char*>(md5.bytes.data()), 16);
  return text + NumberText(size < 0 ? static_cast<int64_t>(contents.size()) : size);
}

struct Lie {
  std::string manifest;
  std::string data;
  int64_t files = 1;
  int64_t bytes = 1000;
};

class HostileFarEnd : public ::testing::Test {
 protected:
  // A far end that says exactly `bytes` (after a plain greeting) and keeps its ears open.
  Error Fetch(const std::string& bytes) {
    folder_.WriteFile("said", "curbxfr1p" + bytes);
    FakeSshClient client;
    client.translate = [&](const std::string&) {
      return fmt::format("cat {} ; exec cat >/dev/null", (folder_ / "said").string());
    };
    TransferOptions options;
    options.silence = Millis(3'000);
    const Result<TransferTotals> totals =
        FetchFiles(client, "/x", Root(), {100, 1'000'000}, options, clock_);
    EXPECT_FALSE(totals.ok());
    return totals.ok() ? Internal("it was taken") : totals.error();
  }
  Error Fetch(const Lie& lie) {
    return Fetch(Framed(WireType::kHello, HelloText({lie.files, lie.bytes, false})) +
                 Framed(WireType::kManifest, lie.manifest) +
                 (lie.data.empty() ? "" : Framed(WireType::kData, lie.data)) +
                 Framed(WireType::kEnd, {}));
  }
  fs::path Root() const { return folder_ / "out/root"; }
  // Nothing but the root itself and what lies beside it from the start.
  void ExpectNothingOutside() {
    EXPECT_EQ(ListFolder(folder_ / "out")->size(), Exists(Root()) ? 1u : 0u);
    EXPECT_FALSE(Exists("/tmp/curbstop-hostile"));
  }

  TemporaryFolder folder_;
  RealClock clock_;
};

TEST_F(HostileFarEnd, PathsThatLeadOutAreRefused) {
  const std::string long_name(300, 'n');
  const std::string too_long(5000, 'n');
  for (const std::string& path :
       {std::string("../evil"), std::string("a/../../evil"), std::string("/tmp/curbstop-hostile"),
        std::string(".."), std::string("."), std::string(""), std::string("a//b"),
        std::string("./a"), std::string("a/"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("\xff\xfe"), long_name, too_long, std::string(".curbstop-transfer/lock"),
        std::string("a/.curbstop-transfer")}) {
    const Error error = Fetch(Lie{RawEntry(0, path, "evil"), "evil"});
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput) << Printable(path) << ": " << error.Text();
    ExpectNothingOutside();
  }
}

TEST_F(HostileFarEnd, LinksThatLeadOutAreRefused) {
  for (const char* to : {"/etc/passwd", "../x", "a/../../x", "x/../y", "", "a/..", "../../root"}) {
    const Error error = Fetch(Lie{RawEntry(2, "link", to), ""});
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput) << to << ": " << error.Text();
    ExpectNothingOutside();
  }
}

TEST_F(HostileFarEnd, NothingIsWrittenThroughALink) {
  fs::create_directories(folder_ / "out");
  // A link that was fine, and then a file "below" it.
  const Error error =
      Fetch(Lie{RawEntry(2, "sub/a", "../other") + RawEntry(0, "sub/a/evil", "evil"), "evil", 2});
  EXPECT_EQ(error.kind(), ErrorKind::kConflict) << error.Text();
  ExpectNothingOutside();
}

TEST_F(HostileFarEnd, ALinkThatLiesInTheRootAlreadyIsNotFollowed) {
  fs::create_directories(Root());
  fs::create_directories(folder_ / "elsewhere");
  fs::create_directory_symlink(folder_ / "elsewhere", Root() / "sub");
  folder_.WriteFile("secret", "secret");
  fs::create_symlink(folder_ / "secret", Root() / "file");
  const Error error = Fetch(Lie{RawEntry(0, "sub/evil", "evil"), "evil"});
  EXPECT_EQ(error.kind(), ErrorKind::kConflict) << error.Text();
  EXPECT_TRUE(ListFolder(folder_ / "elsewhere")->empty());
  // The file replaces the link, and not what it leads to.
  const Error late = Fetch(Lie{RawEntry(0, "file", "evil") + RawEntry(0, "../x", ""), "evil", 2});
  EXPECT_EQ(late.kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(*ReadFile(folder_ / "secret"), "secret");
}

TEST_F(HostileFarEnd, KindsThatAreNoneAreRefused) {
  for (const uint8_t kind : {uint8_t{3}, uint8_t{6}, uint8_t{255}}) {
    EXPECT_EQ(Fetch(Lie{RawEntry(kind, "device", "x"), "x"}).kind(), ErrorKind::kCorrupt);
  }
}

TEST_F(HostileFarEnd, MoreThanAnnouncedIsRefused) {
  EXPECT_EQ(Fetch(Lie{RawEntry(0, "a", "aa") + RawEntry(0, "b", "bb"), "", 1}).kind(),
            ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(Lie{RawEntry(0, "a", "aa"), "", 1, 1}).kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(Lie{RawEntry(0, "a", "aa"), "aaa"}).kind(), ErrorKind::kCorrupt);
  EXPECT_FALSE(Exists(Root() / "b"));
}

TEST_F(HostileFarEnd, HugeCountsAreRefusedAtOnce) {
  EXPECT_EQ(Fetch(Lie{RawEntry(0, "a", "a"), "", int64_t{1} << 59}).kind(), ErrorKind::kOverBudget);
  EXPECT_EQ(Fetch(Lie{RawEntry(0, "a", "a"), "", 1, int64_t{1} << 59}).kind(),
            ErrorKind::kOverBudget);
  EXPECT_EQ(Fetch(Framed(WireType::kHello, std::string(21, '\xff'))).kind(), ErrorKind::kCorrupt);
}

TEST_F(HostileFarEnd, OtherContentsThanAnnouncedGetNoName) {
  const Error error = Fetch(Lie{RawEntry(0, "a", "aa"), "bb"});
  EXPECT_EQ(error.kind(), ErrorKind::kConflict);
  EXPECT_FALSE(Exists(Root() / "a"));
}

TEST_F(HostileFarEnd, MalformedMessagesAreRefused) {
  const std::string hello = Framed(WireType::kHello, HelloText({1, 10, false}));
  EXPECT_EQ(Fetch(Framed(WireType::kData, "x")).kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(hello + hello).kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(hello + Framed(WireType::kManifest, "")).kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(hello + Framed(WireType::kManifest, std::string(3, '\0'))).kind(),
            ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(hello + Framed(WireType::kNeeds, "x")).kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(hello + "D\xff\xff\xff\xff").kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(hello + Framed(WireType::kEnd, {})).kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(Fetch(Framed(WireType::kHello, "short")).kind(), ErrorKind::kCorrupt);
}

TEST_F(HostileFarEnd, SilenceEnds) {
  EXPECT_EQ(Fetch(std::string()).kind(), ErrorKind::kUnavailable);
}

TEST_F(HostileFarEnd, ItsWordsArePrintedWithCare) {
  const Error error =
      Fetch(Framed(WireType::kFailed, FailedText(Denied("no \x1b[2J" + std::string(9000, 'x')))));
  EXPECT_EQ(error.kind(), ErrorKind::kDenied);
  EXPECT_EQ(error.Text().find('\x1b'), std::string::npos);
  EXPECT_LT(error.Text().size(), 1200u);
  EXPECT_EQ(Fetch(Framed(WireType::kFailed, "\xff\xff")).kind(), ErrorKind::kCorrupt);
}

// The agent's side, from a home that lies.
class HostileHome : public HostileFarEnd {
 protected:
  int Receive(const std::string& bytes) {
    FakeSshClient client;
    const Result<SshOutput> output = client.Run(
        fmt::format("exec {} receive {}", CURBSTOP_BINARY_DIR "/curbstop-agent", Root().string()),
        "curbxfr1p" + bytes, Millis(60'000));
    EXPECT_TRUE(output.ok()) << output.error().Text();
    return output.ok() ? output->exit_code : -1;
  }
};

TEST_F(HostileHome, CannotMakeTheAgentWriteOutside) {
  for (const char* path : {"../evil", "/tmp/curbstop-hostile", "a/../../../evil"}) {
    EXPECT_EQ(Receive(Framed(WireType::kHello, HelloText({1, 10, false})) +
                      Framed(WireType::kManifest, RawEntry(0, path, "evil")) +
                      Framed(WireType::kData, "evil") + Framed(WireType::kEnd, {})),
              ExitCodeOf(ErrorKind::kInvalidInput));
    ExpectNothingOutside();
  }
}

TEST_F(HostileHome, AnHonestOneIsServed) {
  EXPECT_EQ(Receive(Framed(WireType::kHello, HelloText({1, 4, false})) +
                    Framed(WireType::kManifest, RawEntry(0, "good", "good")) +
                    Framed(WireType::kData, "good") + Framed(WireType::kEnd, {})),
            0);
  EXPECT_EQ(*ReadFile(Root() / "good"), "good");
}

TEST(Expander, ASmallInputStaysSmall) {
  if (!CanSqueeze()) GTEST_SKIP() << "this build has no zstd";
  Squeezer squeezer(false);
  std::string bomb;
  const std::string zeros(1 << 20, '\0');
  for (int i = 0; i < 100; ++i) squeezer.Add(zeros, bomb);
  squeezer.Flush(bomb);
  EXPECT_LT(bomb.size(), 100'000u);
  Expander expander(false);
  std::string_view in = bomb;
  std::string out;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(expander.Expand(in, 100'000 - out.size(), out).ok());
  EXPECT_EQ(out.size(), 100'000u);
}

TEST(Expander, NoiseIsNoStream) {
  if (!CanSqueeze()) GTEST_SKIP() << "this build has no zstd";
  Expander expander(false);
  const std::string noise(1000, 'x');
  std::string_view in = noise;
  std::string out;
  EXPECT_EQ(expander.Expand(in, 1000, out).error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace curbstop
