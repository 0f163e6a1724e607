// A `.dvc` file: where a data file or folder lies and which content it has. docs/formats/dvc.md.
//
// DVC 3 writes `hash: md5`; an entry without it is DVC 2's: its md5 is of text with Unix line ends
// (store/md5.h), its object lies at the cache's root. Members' exec bits, which DVC does not keep,
// stand under the entry's `meta: {curbstop: {executable: […]}}`.
// Source: dvc 3.67.1, dvc/schema.py, dvc/output.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/md5.h"

namespace curbstop {

struct DvcOut {
  std::string path;        // relative to the file's folder and its `wdir`
  std::optional<Md5> md5;  // empty: none yet, or the content is listed per file (`files:`)
  bool is_folder = false;
  HashKind hash = HashKind::kMd5;
  std::optional<int64_t> size;
  std::optional<int64_t> files;                 // `nfiles`, of folders
  bool executable = false;                      // `isexec`, of a single file
  bool cached = true;                           // false: `cache: false`, the store does not hold it
  std::vector<std::string> executable_members;  // sorted
};

struct DvcFile {
  std::string wdir;          // empty: the file's own folder
  bool has_sources = false;  // `deps`: the data is imported or made by a command
  std::vector<DvcOut> outs;
};

// `name` is shown in errors. Keys that matter not here are let pass.
// Errors: kInvalidInput with `name:line:column`.
Result<DvcFile> ReadDvcFile(std::string_view text, std::string_view name);

// A new file with one entry, in the bytes that DVC would write.
std::string WriteDvcFile(const DvcOut& out);

// The text with the entry of `out.path` brought up to date; comments, layout and all other keys
// stay. Errors: kInvalidInput if the file has no such entry, or not in block style.
Result<std::string> UpdateDvcFile(std::string_view text, std::string_view name, const DvcOut& out);

// A scalar as DVC's writer has it: plain where YAML reads the same text back, else quoted.
std::string YamlText(std::string_view text);

}  // namespace curbstop
