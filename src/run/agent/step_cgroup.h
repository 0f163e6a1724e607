// A cgroup of its own for one attempt: what the step starts is found and ended even where it left
// the step's session and process group and cleared its environment.
//
// Made as a child of the agent's own cgroup: in version 2 where that part of the tree is ours
// (root, or delegated by systemd), else in version 1's `freezer` or `pids`. It limits nothing.
// Its folder is written into the run's `step.cgroup` before it is made, so that whoever comes after
// a dead agent finds it.
// Source: cgroup-v2.rst (delegation, cgroup.kill, namespaces) and cgroup-v1/cgroups.rst of the
// kernel's documentation; proc_pid_mountinfo(5).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

// The folders in which this process may make a cgroup, best first. `root` holds `proc/self` and the
// mounted hierarchies: `/`, or a recorded tree.
std::vector<std::filesystem::path> CgroupParents(const std::filesystem::path& root);

class StepCgroup {
 public:
  // Empty where none may be made. `list` is the run's `step.cgroup`.
  static std::optional<StepCgroup> Make(const std::vector<std::filesystem::path>& parents,
                                        const std::string& name, const std::filesystem::path& list,
                                        FileStore& files);
  // The one that `list` names, if it is still there.
  static std::optional<StepCgroup> Find(const std::filesystem::path& list);

  const std::filesystem::path& folder() const { return folder_; }
  // Its processes and those of cgroups below it, zombies and this process excepted.
  std::vector<int> Processes() const;
  // Ends all of them at once where the kernel can (cgroup.kill, Linux 5.14); else does nothing, and
  // its processes are signalled one by one.
  void Kill() const;
  // Empty ones only.
  void Remove() const;

 private:
  explicit StepCgroup(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace curbstop
