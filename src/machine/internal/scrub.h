// Taking what is private out of recorded facts. Each function keeps known fields and drops the
// rest, so that a field nobody thought of is not kept.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace curbstop {

// Replaces names that a person or a program chose by numbered ones, the same for the same.
class Renamer {
 public:
  Renamer(std::string prefix, bool (*is_common)(std::string_view))
      : prefix_(std::move(prefix)), is_common_(is_common) {}
  // Each part of a path on its own: "/mnt/annas-disk" → "/mnt/disk1".
  std::string Path(std::string_view path);

 private:
  std::string prefix_;
  bool (*is_common_)(std::string_view);
  std::map<std::string, std::string> names_;
};

struct Renamers {
  Renamers();
  Renamer mounts;
  Renamer groups;
};

// Lines whose key (before ':' or '=') is one of `keys`.
std::string KeepFields(std::string_view text, std::initializer_list<std::string_view> keys);

// The text of a file, by its path; empty text where only its existence says something.
std::string ScrubFile(std::string_view path, std::string_view text, Renamers& renamers);
std::string ScrubCommand(std::string_view name, std::string_view text);

}  // namespace curbstop
