#include "cloud/practice/machines/machine_disk.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr int64_t kDisk = 1 << 20;

// In a process of its own: limits are never taken back. 0: all was as expected.
int InChild(const std::function<int()>& act) {
  const pid_t pid = fork();
  if (pid == 0) _exit(act());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The error of writing so many bytes into a new file; 0: they are there.
int ErrorOfWriting(const std::filesystem::path& file, int64_t bytes) {
  const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const std::string text(static_cast<size_t>(bytes), 'x');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(out, text.data() + done, text.size() - done);
    if (count < 0) break;
    done += static_cast<size_t>(count);
  }
  const int error = done == text.size() ? 0 : errno;
  close(out);
  return error;
}

TEST(MachineDisk, CountsFilesInFoldersOnceAndFollowsNoLink) {
  const TemporaryFolder folder;
  ASSERT_TRUE(MakeFolders(folder.path() / "a/b").ok());
  const int64_t empty = BytesBelow(folder.path());
  ASSERT_EQ(ErrorOfWriting(folder.path() / "a/b/file", 100'000), 0);
  const int64_t with = BytesBelow(folder.path());
  EXPECT_GE(with - empty, 100'000);
  EXPECT_LT(with - empty, 120'000);
  std::filesystem::create_hard_link(folder.path() / "a/b/file", folder.path() / "a/same");
  std::filesystem::create_symlink("/usr", folder.path() / "a/link");
  EXPECT_LT(BytesBelow(folder.path()) - with, 10'000);
  EXPECT_EQ(BytesBelow(folder.path() / "none"), 0);
}

TEST(MachineDisk, OneFileIsNeverLargerThanTheDisk) {
  const TemporaryFolder folder;
  EXPECT_EQ(InChild([&] {
              RealClock clock;
              const MachineDisk disk({folder.path()}, kDisk, clock);
              if (ErrorOfWriting(folder.path() / "fits", kDisk) != 0) return 1;
              return ErrorOfWriting(folder.path() / "large", kDisk + 1) == EFBIG ? 0 : 2;
            }),
            0);
}

// Two files that fit each, but not together; room comes back when one is removed.
TEST(MachineDisk, AFullOneTakesNothingUntilSomethingIsRemoved) {
  const TemporaryFolder folder;
  EXPECT_EQ(
      InChild([&] {
        RealClock clock;
        MachineDisk disk({folder.path()}, kDisk, clock);
        if (ErrorOfWriting(folder.path() / "a", kDisk / 2) != 0) return 1;
        disk.Look();
        if (disk.is_full()) return 2;
        if (ErrorOfWriting(folder.path() / "b", kDisk / 2 + 8192) != 0) return 3;
        clock.Wait(disk.Look());
        disk.Look();
        if (!disk.is_full() || ErrorOfWriting(folder.path() / "c", 1) != EFBIG) return 4;
        // Whoever was started before and after it was full is held the same.
        if (InChild([&] { return ErrorOfWriting(folder.path() / "d", 1) == EFBIG ? 0 : 1; }) != 0)
          return 5;
        std::filesystem::remove(folder.path() / "a");
        clock.Wait(disk.Look());
        disk.Look();
        return !disk.is_full() && ErrorOfWriting(folder.path() / "c", 1) == 0 ? 0 : 6;
      }),
      0);
}

// A process that runs already when the disk gets full.
TEST(MachineDisk, WhoRunsAlreadyIsHeldToo) {
  const TemporaryFolder folder;
  EXPECT_EQ(InChild([&] {
              RealClock clock;
              MachineDisk disk({folder.path()}, kDisk, clock);
              int go[2];
              if (pipe(go) != 0) return 1;
              const pid_t child = fork();
              if (child == 0) {
                char word = 0;
                std::ignore = read(go[0], &word, 1);
                _exit(ErrorOfWriting(folder.path() / "late", 1) == EFBIG ? 0 : 1);
              }
              if (ErrorOfWriting(folder.path() / "a", kDisk) != 0) return 2;
              if (ErrorOfWriting(folder.path() / "b", 8192) != 0) return 2;
              disk.Look();
              std::ignore = write(go[1], "x", 1);
              int status = 0;
              waitpid(child, &status, 0);
              return disk.is_full() && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace curbstop
