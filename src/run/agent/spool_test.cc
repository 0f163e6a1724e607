#include "run/agent/spool.h"

#include <gtest/gtest.h>

#include "run/agent/spool_tail.h"
#include "sys/testing/fake_file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

Json Word(const std::string& kind) { return Json::MakeObject({{"kind", kind}}); }

TEST(Spool, LinesAreNumberedOverWriters) {
  const TemporaryFolder folder;
  RealFileStore files;
  ASSERT_TRUE(SpoolWriter::Open(folder / "s", files)->Append(Word("a")).ok());
  ASSERT_TRUE(SpoolWriter::Open(folder / "s", files)->Append(Word("b")).ok());
  const auto lines = *ReadSpool(folder / "s", 1);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].seq, 2);
  EXPECT_EQ(lines[0].body.StringOr("kind", ""), "b");
}

TEST(Spool, ATornLastLineIsSkippedByReadersAndCutByTheNextWriter) {
  const TemporaryFolder folder;
  RealFileStore files;
  folder.WriteFile("s", "{\"seq\":1,\"kind\":\"a\"}\n{\"seq\":2,\"ki");
  EXPECT_EQ(ReadSpool(folder / "s", 0)->size(), 1u);
  ASSERT_TRUE(SpoolWriter::Open(folder / "s", files)->Append(Word("b")).ok());
  const auto lines = *ReadSpool(folder / "s", 0);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].body.StringOr("kind", ""), "b");
}

TEST(Spool, AFullDiskAddsNothingAndTheNextTryWorks) {
  const TemporaryFolder folder;
  FakeFileStore files;
  SpoolWriter writer = *SpoolWriter::Open(folder / "s", files);
  files.FailAt(1);
  EXPECT_EQ(writer.Append(Word("a")).error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(writer.last_seq(), 0);
  ASSERT_TRUE(writer.Append(Word("a")).ok());
  EXPECT_EQ(ReadSpool(folder / "s", 0)->size(), 1u);
}

TEST(Spool, ALineThatWouldBeTooLongIsRefusedAndTheNextOneIsTaken) {
  const TemporaryFolder folder;
  RealFileStore files;
  SpoolWriter writer = *SpoolWriter::Open(folder / "s", files);
  const std::string frame = "{\"seq\":1,\"kind\":\"\"}\n";
  EXPECT_EQ(
      writer.Append(Word(std::string(kLongestSpoolLine - frame.size() + 1, 'x'))).error().kind(),
      ErrorKind::kInvalidInput);
  EXPECT_TRUE(ReadSpool(folder / "s", 0)->empty());
  ASSERT_TRUE(writer.Append(Word(std::string(kLongestSpoolLine - frame.size(), 'x'))).ok());
  ASSERT_TRUE(writer.Append(Word("b")).ok());
  SpoolTail tail(folder / "s", 0);
  EXPECT_EQ(tail.Read()->size(), 1u);  // the longest that there can be
  EXPECT_EQ(tail.Read()->at(0).body.StringOr("kind", ""), "b");
}

TEST(Spool, AWholeLineThatIsNoObjectIsCorrupt) {
  const TemporaryFolder folder;
  folder.WriteFile("s", "hello\n");
  EXPECT_EQ(ReadSpool(folder / "s", 0).error().kind(), ErrorKind::kCorrupt);
}

TEST(Spool, AMissingFileHasNoLines) { EXPECT_TRUE(ReadSpool("/nowhere/s", 0)->empty()); }

}  // namespace
}  // namespace curbstop
