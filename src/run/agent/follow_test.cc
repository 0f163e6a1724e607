#include "run/agent/follow.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/text.h"
#include "run/agent/follow_orders.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

class FollowTest : public testing::Test {
 protected:
  void Add(const char* name, std::string_view bytes) {
    std::ofstream(folder / name, std::ios::app) << bytes;
  }
  std::vector<Json> Next(FollowFeed& feed) {
    const Result<std::string> sent = feed.Next();
    EXPECT_TRUE(sent.ok());
    const std::string text = sent.ok() ? *sent : "";
    std::vector<Json> lines;
    for (const std::string_view line : Lines(text)) lines.push_back(*ParseJson(line));
    return lines;
  }
  std::string Hear(FollowOrders& orders, std::string_view bytes) {
    const Result<std::string> answer = orders.Hear(bytes);
    return answer.ok() ? *answer : answer.error().OneLine();
  }
  std::vector<SpoolLine> Commands() { return *ReadSpool(folder / "agent.commands", 0); }
  TemporaryFolder folder;
  RealFileStore files;
};

TEST_F(FollowTest, SendsEachLineOnceAndATornOneWhenItIsWhole) {
  FollowFeed feed(folder.path(), {});
  EXPECT_TRUE(Next(feed).empty());
  Add("agent.events", "{\"seq\":1,\"kind\":\"hello\"}\n{\"seq\":2,\"ki");
  ASSERT_EQ(Next(feed).size(), 1u);
  EXPECT_TRUE(Next(feed).empty());
  Add("agent.events", "nd\":\"started\"}\n");
  const std::vector<Json> second = Next(feed);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].IntOr("seq", 0), 2);
  EXPECT_EQ(second[0].Find("body")->StringOr("kind", ""), "started");
}

TEST_F(FollowTest, ATornLineThatTheNextWriterCutsOffIsNeverSent) {
  FollowFeed feed(folder.path(), {});
  Add("agent.events", "{\"seq\":1}\n{\"seq\":2,\"torn");
  EXPECT_EQ(Next(feed).size(), 1u);
  auto writer = SpoolWriter::Open(folder / "agent.events", files);
  ASSERT_TRUE(writer->Append(Json::MakeObject({{"kind", "x"}})).ok());
  const std::vector<Json> lines = Next(feed);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].IntOr("seq", 0), 2);
}

TEST_F(FollowTest, GoesOnWhereTheOtherSideStopped) {
  Add("agent.events", "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n");
  Add("record.calls", "{\"seq\":1}\n{\"seq\":2}\n");
  Add("step.log", "0123456789");
  FollowFeed feed(folder.path(), {.events = 2, .log = 7, .calls = 2});
  const std::vector<Json> lines = Next(feed);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].IntOr("seq", 0), 3);
  EXPECT_EQ(lines[1].IntOr("at", 0), 7);
  EXPECT_EQ(lines[1].StringOr("text", ""), "789");
}

TEST_F(FollowTest, ALogThatIsNoTextComesWholeInPieces) {
  std::string bytes;
  for (int i = 0; i < 60'000; ++i) bytes += i % 1000 == 0 ? std::string("\xff\0", 2) : "häuser\n";
  Add("step.log", bytes);
  FollowFeed feed(folder.path(), {});
  int64_t at = 0;
  for (std::vector<Json> lines; !(lines = Next(feed)).empty();) {
    ASSERT_EQ(lines[0].IntOr("at", -1), at);
    const std::string text = lines[0].StringOr("text", "");
    const size_t size = text.empty() ? feed.sent().log - at : text.size();
    const std::string piece = bytes.substr(static_cast<size_t>(at), size);
    EXPECT_EQ(text.empty() ? lines[0].StringOr("base64", "") : text,
              text.empty() ? ToBase64(piece) : piece);
    at += static_cast<int64_t>(size);
  }
  EXPECT_EQ(at, static_cast<int64_t>(bytes.size()));
}

TEST_F(FollowTest, ACharacterCutByTheLogsEndWaitsUntilItIsAlone) {
  FollowFeed feed(folder.path(), {});
  Add("step.log", "a\xc3");
  EXPECT_EQ(Next(feed)[0].StringOr("text", ""), "a");
  EXPECT_EQ(Next(feed)[0].StringOr("base64", ""), "ww==");
}

TEST_F(FollowTest, ALineLongerThanAPieceIsSent) {
  Add("record.calls", "{\"seq\":1,\"x\":\"" + std::string(3 << 20, 'x') + "\"}\n");
  FollowFeed feed(folder.path(), {});
  EXPECT_EQ(Next(feed).size(), 1u);
}

TEST_F(FollowTest, ALineWithoutEndIsAnErrorAndNoSilence) {
  Add("record.calls", "{\"seq\":1,\"x\":\"" + std::string(kLongestSpoolLine, 'x') + "\"}\n");
  FollowFeed feed(folder.path(), {});
  EXPECT_EQ(feed.Next().error().kind(), ErrorKind::kCorrupt);
}

TEST_F(FollowTest, ACorruptSpoolIsAnErrorAndNoSilence) {
  Add("agent.events", "no json\n");
  FollowFeed feed(folder.path(), {});
  EXPECT_EQ(feed.Next().error().kind(), ErrorKind::kCorrupt);
}

TEST_F(FollowTest, ACommandOfOneIdIsAppendedOnce) {
  const std::string save = R"({"to":"commands","body":{"id":"a","kind":"save"}})"
                           "\n";
  FollowOrders first(folder.path(), files);
  EXPECT_EQ(Hear(first, save), "{\"from\":\"commands\",\"id\":\"a\"}\n");
  FollowOrders again(folder.path(), files);  // after a reconnect
  EXPECT_EQ(Hear(again, save), "{\"from\":\"commands\",\"id\":\"a\"}\n");
  EXPECT_EQ(Hear(again, R"({"to":"commands","body":{"id":"b","kind":"kill"}})"), "");
  EXPECT_EQ(Hear(again, "\n"), "{\"from\":\"commands\",\"id\":\"b\"}\n");
  ASSERT_EQ(Commands().size(), 2u);
  EXPECT_EQ(Commands()[0].body.StringOr("kind", ""), "save");
  EXPECT_EQ(Commands()[1].seq, 2);
}

TEST_F(FollowTest, WhatIsNoOrderIsAnsweredAndChangesNothing) {
  FollowOrders orders(folder.path(), files);
  for (const char* bad : {"x", "[]", "{\"to\":\"moon\"}", "{\"to\":\"commands\",\"body\":3}"}) {
    EXPECT_NE(Hear(orders, std::string(bad) + "\n").find("\"from\":\"error\""), std::string::npos)
        << bad;
  }
  EXPECT_FALSE(Exists(folder / "agent.commands"));
  EXPECT_FALSE(orders.Hear(std::string(FollowOrders::kLongestLine + 1, 'x')).ok());
}

TEST_F(FollowTest, WhatHomeHoldsOnlyGrows) {
  FollowOrders orders(folder.path(), files);
  EXPECT_EQ(ReadAnswered(folder.path()), 0);
  Hear(orders, "{\"to\":\"calls\",\"answered\":12}\n{\"to\":\"calls\",\"answered\":7}\n");
  EXPECT_EQ(ReadAnswered(folder.path()), 12);
}

}  // namespace
}  // namespace curbstop
