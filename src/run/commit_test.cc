#include "run/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/data_gc.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// The real store of files, which tries to collect garbage before each of its changes.
class CollectingFileStore final : public FileStore {
 public:
  explicit CollectingFileStore(std::filesystem::path root) : root_(std::move(root)) {}

  Status Write(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override {
    [[maybe_unused]] const Result<GcPlan> plan = Collect();
    return real_.Write(file, bytes, mode);
  }
  Status Append(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override {
    return real_.Append(file, bytes, mode);
  }
  Status Move(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return real_.Move(from, to);
  }
  Status Remove(const std::filesystem::path& file) override { return real_.Remove(file); }

  // As if no database named anything.
  Result<GcPlan> Collect() {
    RealProcessRunner processes;
    Result<GcPlan> plan = CollectGarbage(root_, processes, [] {
      return Result<std::vector<std::string>>(std::vector<std::string>());
    });
    outcomes.push_back(plan.ok() ? "collected" : std::string(NameOf(plan.error().kind())));
    return plan;
  }

  std::vector<std::string> outcomes;

 private:
  RealFileStore real_;
  std::filesystem::path root_;
};

struct HostileName {
  const char* what;
  const char* name;
  const char* shown;
};

class OutputNames : public testing::TestWithParam<HostileName> {};

TEST_P(OutputNames, ThatCannotBeHeldAreRefusedInPrintableForm) {
  const TemporaryFolder folder;
  folder.WriteFile("project/curbstop.yaml", "run: x\n");
  folder.WriteFile("run/out/good", "x");
  folder.WriteFile(std::string("run/out/") + GetParam().name, "x");
  Result<Journal> journal = Journal::Open(folder / "money.db");
  Result<ObjectStore> store = ObjectStore::OpenForProject(folder / "project");
  ASSERT_TRUE(journal.ok() && store.ok());
  RealFileStore files;
  RunRow row;
  row.run.id = "aaaaaaaaaa";
  row.run.project = row.run.step = "p";
  row.run.root = folder / "project";
  row.run.facts = Json::MakeObject();

  const auto committed = CommitOutputs(row, folder / "run/out", 1, *journal, *store, files);
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(committed.error().Text(), testing::HasSubstr(GetParam().shown));
  EXPECT_FALSE(Exists(folder / "project/out"));
  EXPECT_FALSE(Exists(folder / "project/curbstop.lock"));
}
INSTANTIATE_TEST_SUITE_P(Hostile, OutputNames,
                         testing::Values(HostileName{"NoUtf8", "a\xFF", "is not UTF-8"},
                                         HostileName{"Backslash", "a\\b", "holds a backslash"},
                                         HostileName{"Newline", "a\nb", "holds a newline"},
                                         HostileName{"Git", ".git", "lies in `.git`"}),
                         [](const auto& tested) { return std::string(tested.param.what); });

TEST(CommitOutputs, NobodyCollectsWhatIsStoredAndNotYetNamed) {
  const TemporaryFolder folder;
  folder.WriteFile("project/curbstop.yaml", "run: x\n");
  folder.WriteFile("run/out/model", "weights");
  const std::filesystem::path root = folder / "project";
  Result<Journal> journal = Journal::Open(folder / "money.db");
  Result<ObjectStore> store = ObjectStore::OpenForProject(root);
  ASSERT_TRUE(journal.ok() && store.ok());
  CollectingFileStore files(root);
  RunRow row;
  row.run.id = "aaaaaaaaaa";
  row.run.project = "p";
  row.run.step = "s";
  row.run.root = root;
  row.run.facts = Json::MakeObject();

  const auto committed = CommitOutputs(row, folder / "run/out", 1, *journal, *store, files);
  ASSERT_TRUE(committed.ok()) << committed.error().Text();
  // `curbstop.lock` is written last of all: until then it was in the way.
  EXPECT_EQ(files.outcomes, std::vector<std::string>{"conflict"});
  const std::string id = committed->outputs.items().at(0).StringOr("md5", "");
  const auto later = files.Collect();
  ASSERT_TRUE(later.ok()) << later.error().Text();
  EXPECT_TRUE(later->objects.empty());  // the lock file names it now
  EXPECT_TRUE(*store->Has(id));
}

}  // namespace
}  // namespace curbstop
