#include "cloud/practice/machines/internal/process_tree.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {

std::vector<int> ProcessTree(int pid) {
  std::vector<int> tree = {pid};
  for (size_t i = 0; i < tree.size(); ++i) {
    const Result<std::string> text =
        ReadFile(fmt::format("/proc/{0}/task/{0}/children", tree[i]), 1 << 20);
    if (!text.ok()) continue;
    for (const std::string& word : Split(*text, ' ')) {
      if (IsDigits(word)) tree.push_back(std::atoi(word.c_str()));
    }
  }
  return tree;
}

}  // namespace curbstop
