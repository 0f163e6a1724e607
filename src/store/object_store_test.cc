#include "store/object_store.h"

#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "store/md5.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHello = "b1946ac92492d2347c6235b4d2611184";  // md5 of "hello\n"

Result<StoredObject> Add(ObjectStore& store, const fs::path& path) {
  TRY_ASSIGN(const StoreHold hold, store.Hold());
  return store.Add(hold, path);
}

struct StoreTest : testing::Test {
  TemporaryFolder folder;
  ObjectStore store = *ObjectStore::OpenForProject(folder.path());

  fs::path Object(const std::string& id) const {
    return folder / ".dvc/cache/files/md5" / id.substr(0, 2) / id.substr(2);
  }
  std::string MustAdd(const std::string& path) {
    const auto added = Add(store, folder / path);
    EXPECT_TRUE(added.ok()) << added.error().Text();
    return added.ok() ? added->id : "";
  }
  void Overwrite(const fs::path& file, std::string_view bytes) {
    fs::remove(file);
    std::ofstream(file) << bytes;
  }
  // Members of the example folder of formats_test.cc.
  void WriteExample() {
    folder.WriteFile("d/a.txt", "x");
    folder.WriteFile("d/a/b.txt", "y");
    folder.WriteFile("d/a/é.txt", "");
    folder.WriteFile("d/b.txt", "hello\n");
  }
};

mode_t ModeOf(const fs::path& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

TEST_F(StoreTest, AFileBecomesAReadOnlyObjectUnderItsMd5) {
  folder.WriteFile("f", "hello\n");
  EXPECT_EQ(MustAdd("f"), kHello);
  EXPECT_EQ(*ReadFile(Object(kHello)), "hello\n");
  EXPECT_EQ(ModeOf(Object(kHello)), 0444u);
  EXPECT_EQ(ModeOf(folder / "f"), 0644u);
}

TEST_F(StoreTest, AFolderBecomesAListOfItsMembers) {
  WriteExample();
  const auto added = Add(store, folder / "d");
  ASSERT_TRUE(added.ok()) << added.error().Text();
  EXPECT_EQ(added->id, "3ba72c11b427052851162f59572a8f9d.dir");
  EXPECT_EQ(added->files, 4);
  EXPECT_EQ(added->size, 8);
  EXPECT_TRUE(*store.Has(added->id));
}

TEST_F(StoreTest, AnEmptyFolderIsAnObjectToo) {
  fs::create_directory(folder / "e");
  EXPECT_EQ(MustAdd("e"), "d751713988987e9331980363e24189ce.dir");
}

TEST_F(StoreTest, AFolderWithoutAMemberIsNotThere) {
  WriteExample();
  const std::string id = MustAdd("d");
  fs::remove(Object(kHello));
  EXPECT_FALSE(*store.Has(id));
  EXPECT_EQ(store.Checkout(id, folder / "out").error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(folder / "out"));
  EXPECT_EQ(MustAdd("d"), id);
  EXPECT_TRUE(*store.Has(id));
}

TEST_F(StoreTest, ATruncatedObjectIsHealedByAddingAgain) {
  folder.WriteFile("f", "hello\n");
  MustAdd("f");
  Overwrite(Object(kHello), "hel");
  folder.WriteFile("g", "hello\n");
  MustAdd("g");
  EXPECT_EQ(*ReadFile(Object(kHello)), "hello\n");
}

TEST_F(StoreTest, NoTemporaryIsLeft) {
  WriteExample();
  MustAdd("d");
  EXPECT_FALSE(fs::exists(folder / ".dvc/cache/curbstop-tmp"));
}

TEST_F(StoreTest, LeftoversOfADeadProcessAreSwept) {
  folder.WriteFile(".dvc/cache/curbstop-tmp/dead/0", "half");
  folder.WriteFile("f", "hello\n");
  MustAdd("f");
  EXPECT_FALSE(fs::exists(folder / ".dvc/cache/curbstop-tmp"));
}

TEST_F(StoreTest, CheckoutGivesTheSameTreeReadOnly) {
  WriteExample();
  const std::string id = MustAdd("d");
  ASSERT_TRUE(store.Checkout(id, folder / "out/step").ok());
  EXPECT_EQ(*ReadFile(folder / "out/step/a/b.txt"), "y");
  EXPECT_EQ(*ReadFile(folder / "out/step/b.txt"), "hello\n");
  EXPECT_EQ(ModeOf(folder / "out/step/b.txt"), 0444u);
  EXPECT_EQ(*Add(store, folder / "out/step").operator->()->id.c_str(), id[0]);
}

TEST_F(StoreTest, CheckoutReplacesWhatIsThere) {
  folder.WriteFile("f", "hello\n");
  const std::string file = MustAdd("f");
  WriteExample();
  const std::string tree = MustAdd("d");
  folder.WriteFile("out/old", "old");
  ASSERT_TRUE(store.Checkout(tree, folder / "out").ok());
  EXPECT_FALSE(fs::exists(folder / "out/old"));
  ASSERT_TRUE(store.Checkout(file, folder / "out").ok());
  EXPECT_EQ(*ReadFile(folder / "out"), "hello\n");
  ASSERT_TRUE(store.Checkout(tree, folder / "out").ok());
  EXPECT_EQ(*ReadFile(folder / "out/a.txt"), "x");
  EXPECT_FALSE(fs::exists(folder / ".curbstop/tmp"));
}

TEST_F(StoreTest, ExecBitsComeBackWhereTheyAreGiven) {
  folder.WriteFile("d/run.sh", "#!/bin/sh\n");
  fs::permissions(folder / "d/run.sh", fs::perms(0755));
  folder.WriteFile("d/x", "x");
  const auto added = Add(store, folder / "d");
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added->executable, std::vector<std::string>{"run.sh"});
  ASSERT_TRUE(store.Checkout(added->id, folder / "out", added->executable).ok());
  EXPECT_EQ(ModeOf(folder / "out/run.sh"), 0555u);
  EXPECT_EQ(ModeOf(folder / "out/x"), 0444u);
  EXPECT_EQ(ModeOf(Object(added->id)), 0444u);
}

TEST_F(StoreTest, CheckoutRefusesADamagedObject) {
  folder.WriteFile("f", "hello\n");
  MustAdd("f");
  Overwrite(Object(kHello), "hellO\n");
  const Status status = store.Checkout(kHello, folder / "out");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind(), ErrorKind::kCorrupt);
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST_F(StoreTest, CheckoutRefusesAListWithHostileNames) {
  const std::string list = R"([{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "../../x"}])";
  const std::string id = HexOf(Md5Of(list)) + ".dir";
  folder.WriteFile(Object(id).lexically_relative(folder.path()).string(), list);
  EXPECT_EQ(store.Checkout(id, folder / "out").error().kind(), ErrorKind::kCorrupt);
}

TEST_F(StoreTest, ALinkOutOfTheFolderIsRefusedWithItsPlace) {
  folder.WriteFile("secret", "s");
  folder.WriteFile("d/x", "x");
  fs::create_symlink("../secret", folder / "d/leak");
  const auto added = Add(store, folder / "d");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_NE(added.error().Text().find("`d/leak` is a link that leads out of the data"),
            std::string::npos);
}

TEST_F(StoreTest, ALinkInsideTheFolderIsTakenForTheFile) {
  folder.WriteFile("d/x", "x");
  fs::create_symlink("x", folder / "d/y");
  const std::string id = MustAdd("d");
  ASSERT_TRUE(store.Checkout(id, folder / "out").ok());
  EXPECT_FALSE(fs::is_symlink(folder / "out/y"));
  EXPECT_EQ(*ReadFile(folder / "out/y"), "x");
}

TEST_F(StoreTest, SpecialFilesAndHostileNamesAreRefused) {
  fs::create_directory(folder / "p");
  ASSERT_EQ(mkfifo((folder / "p/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Add(store, folder / "p").error().kind(), ErrorKind::kInvalidInput);
  folder.WriteFile("n/a\nb", "x");
  EXPECT_EQ(Add(store, folder / "n").error().kind(), ErrorKind::kInvalidInput);
  folder.WriteFile("u/a\xFF", "x");
  EXPECT_EQ(Add(store, folder / "u").error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(Add(store, folder / "nothing").error().kind(), ErrorKind::kNotFound);
}

TEST_F(StoreTest, TheCacheLiesWhereDvcConfigSays) {
  folder.WriteFile(
      "p/.dvc/config",
      "[core]\n    autostage = true\n[cache]\n    dir = ../../shared\n['remote \"x\"']\n    url = /r\n");
  auto other = ObjectStore::OpenForProject(folder / "p");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->folder(), folder / "shared");
}

TEST_F(StoreTest, AnUnknownCacheTypeIsRefused) {
  folder.WriteFile("p/.dvc/config", "[cache]\n    type = hardlnk\n");
  const auto other = ObjectStore::OpenForProject(folder / "p");
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message().find("did you mean `hardlink`"), std::string::npos);
}

TEST_F(StoreTest, TwoThatAddAtOnceBothSucceed) {
  WriteExample();
  for (int i = 0; i < 200; ++i)
    folder.WriteFile("many/" + std::to_string(i), std::to_string(i % 50));
  const auto add = [&](const char* name) {
    auto own = ObjectStore::OpenForProject(folder.path());
    for (int i = 0; i < 5; ++i) {
      const auto added = Add(*own, folder / name);
      EXPECT_TRUE(added.ok()) << added.error().Text();
    }
  };
  std::jthread first([&] { add("many"); });
  std::jthread second([&] { add("d"); });
  std::jthread third([&] { add("many"); });
}

}  // namespace
}  // namespace curbstop
