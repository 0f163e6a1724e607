// Ignore rules as git has them, for .gitignore, .dvcignore and .curbstopignore.
//
// Later rules win over earlier ones, deeper files over higher ones. `!` takes back, `/` at the
// start or inside anchors to the file's folder, `/` at the end is for folders only; `*` and `?`
// stay within a part, `**` crosses parts. A file below an ignored folder is ignored whatever later
// rules say: whoever walks does not enter such a folder.
// Source: gitignore(5), git 2.39.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

class IgnoreRules {
 public:
  // `folder` is where the file lies, relative to the root, empty for the root itself.
  void Add(std::string_view text, std::string_view folder = "");

  // `path` is relative to the root. Only the path itself is asked about, not the folders above it.
  bool Ignores(std::string_view path, bool is_folder) const;

  // The same, asking each folder on the way first.
  bool IgnoresOrAbove(std::string_view path, bool is_folder = false) const;

  // Forgets the rules added after there were `count`: a walk that leaves a folder.
  size_t count() const { return rules_.size(); }
  void Truncate(size_t count) { rules_.resize(count); }

 private:
  struct Rule {
    std::string folder;   // with a final slash, or empty
    std::string pattern;  // of the name alone, or of the path below `folder` where anchored
    bool takes_back = false;
    bool folders_only = false;
    bool anchored = false;
    bool literal = false;
  };
  static bool Parse(std::string_view line, Rule& rule);
  static bool Matches(const Rule& rule, std::string_view path, std::string_view name);

  std::vector<Rule> rules_;
};

}  // namespace curbstop
