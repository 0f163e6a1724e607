#include "run/agent/pack.h"

#include <fstream>

#include <gtest/gtest.h>

#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

class PackTest : public testing::Test {
 protected:
  void Put(const std::string& name, std::string_view bytes, mode_t mode = 0644) {
    ASSERT_TRUE(MakeFolders((folder / name).parent_path()).ok());
    ASSERT_TRUE(RealFileStore().Write(folder / name, bytes, mode).ok());
  }
  // By the tar of this system, whatever names it is given.
  void Tar(const std::string& script) {
    RealProcessRunner runner;
    ProcessRequest request;
    request.argv = {"/bin/sh", "-euc", script};
    request.folder = folder.path();
    const auto done = runner.Run(request);
    ASSERT_TRUE(done.ok() && done->exit_code == 0) << done->err;
  }
  Status Unpack(PackLimits limits = {}) {
    return UnpackInto(folder / "pack", folder / "back", limits);
  }
  TemporaryFolder folder;
};

TEST_F(PackTest, FilesComeBackAsTheyWere) {
  const std::string deep = "in/" + std::string(90, 'd') + "/" + std::string(90, 'e');
  Put("in/a", "");
  Put("in/tool", std::string(700'000, 'x'), 0755);
  Put(deep, "far");
  ASSERT_TRUE(MakeFolders(folder / "in/empty").ok());
  std::filesystem::create_symlink("/etc/passwd", folder / "in/link");
  ASSERT_TRUE(WritePack(folder / "pack", Json::MakeObject({{"kind", "test"}}),
                        {{folder / "in", "out"}, {folder / "missing", "x", true}})
                  .ok());
  EXPECT_EQ(ReadPackAbout(folder / "pack")->StringOr("kind", ""), "test");
  ASSERT_TRUE(Unpack().ok()) << Unpack().error().Text();
  EXPECT_EQ(*ReadFile(folder / "back/out/a"), "");
  EXPECT_EQ(*ReadFile(folder / "back/out/tool"), std::string(700'000, 'x'));
  EXPECT_EQ(*ReadFile(folder / "back" / ("out" + deep.substr(2))), "far");
  EXPECT_TRUE(IsFolder(folder / "back/out/empty"));
  EXPECT_FALSE(Exists(folder / "back/out/link"));
  EXPECT_EQ(std::filesystem::status(folder / "back/out/tool").permissions() &
                std::filesystem::perms::owner_exec,
            std::filesystem::perms::owner_exec);
}

TEST_F(PackTest, WhatShouldBeThereAndIsNotIsNoPack) {
  const Status written =
      WritePack(folder / "pack", Json::MakeObject(), {{folder / "missing", "step-7"}});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind(), ErrorKind::kNotFound);
}

TEST_F(PackTest, AnyTarReadsIt) {
  Put("in/" + std::string(150, 'n'), "long");
  ASSERT_TRUE(WritePack(folder / "pack", Json::MakeObject(), {{folder / "in", "out"}}).ok());
  Tar("mkdir t && tar -C t -xf pack && [ \"$(cat t/out/n*)\" = long ] && [ -s t/curbstop.json ]");
}

TEST_F(PackTest, WhatLeavesTheFolderIsRefused) {
  Put("x", "evil");
  for (const char* script :
       {"tar -P -cf pack ../$(basename \"$PWD\")/x", "tar -P -cf pack \"$PWD/x\"",
        "ln -sf /etc link; tar -cf pack link", "ln x hard; tar -cf pack x hard",
        "rm -f f; mkfifo f; tar -cf pack f"}) {
    Tar(script);
    EXPECT_EQ(Unpack().error().kind(), ErrorKind::kInvalidInput) << script;
    ASSERT_TRUE(RemoveTree(folder / "back").ok());
    ASSERT_TRUE(RemoveTree(folder / "hard").ok());
  }
}

TEST_F(PackTest, MoreThanAnnouncedOrTwiceIsRefused) {
  Put("x", std::string(2000, 'x'));
  Tar("tar -cf pack x");
  EXPECT_EQ(Unpack({.most_bytes = 1999}).error().kind(), ErrorKind::kInvalidInput);
  Tar("tar -cf pack x && tar -rf pack x");
  EXPECT_FALSE(Unpack().ok());
}

TEST_F(PackTest, AnyCutOrFlippedHeaderIsNoticed) {
  Put("in/a", std::string(3000, 'a'));
  ASSERT_TRUE(WritePack(folder / "pack", Json::MakeObject(), {{folder / "in", "out"}}).ok());
  const std::string whole = *ReadFile(folder / "pack");
  for (size_t cut = 0; cut + 1024 < whole.size(); cut += 100) {
    ASSERT_TRUE(RealFileStore().Write(folder / "pack", whole.substr(0, cut), 0600).ok());
    EXPECT_FALSE(Unpack().ok()) << cut;
    ASSERT_TRUE(RemoveTree(folder / "back").ok());
  }
  for (size_t at : {0u, 130u, 156u, 1024u, 1180u}) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    ASSERT_TRUE(RealFileStore().Write(folder / "pack", flipped, 0600).ok());
    EXPECT_EQ(Unpack().error().kind(), ErrorKind::kCorrupt) << at;
    ASSERT_TRUE(RemoveTree(folder / "back").ok());
  }
}

}  // namespace
}  // namespace curbstop
