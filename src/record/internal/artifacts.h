// The artifacts behind `mlflow-artifacts:/`: files below one folder.
//
// An upload is written beside its place under a name of its own, flushed to disk, then renamed: a
// reader sees the old file or the whole new one. Paths are decoded until nothing changes, so that
// no encoding of `..` leaves the folder; links are not followed out of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "sys/http/http_server.h"

namespace curbstop {

class Artifacts {
 public:
  explicit Artifacts(std::filesystem::path root) : root_(std::move(root)) {}

  // `path` is relative to the root. All errors: kInvalidInput "Invalid path" for one that leaves
  // it. Errors: kExhausted, kUnavailable (the upload broke off: nothing is changed).
  Status Put(const std::string& path, HttpBody& body) const;
  // Errors: kNotFound.
  Result<HttpFile> Open(const std::string& path) const;
  // A file or a folder with all in it; nothing there is success.
  Status Remove(const std::string& path) const;
  // One level: [{"path", "is_dir", "file_size"}], sorted; `path` is the entry's name behind
  // `prefix`. A file or nothing at `path` is an empty list.
  Result<Json> List(const std::string& path, const std::string& prefix) const;

 private:
  Result<std::filesystem::path> Locate(const std::string& path) const;
  std::filesystem::path root_;
};

// The path below the root of an artifact URI `mlflow-artifacts:/1/abc/artifacts`.
// Errors: kInvalidInput for another scheme.
Result<std::string> ArtifactPathOf(const std::string& uri);

// "a" and "b/c" give "a/b/c"; an empty side adds nothing.
std::string JoinArtifactPath(const std::string& folder, const std::string& name);

// By the file's ending; `application/octet-stream` where unknown.
std::string ContentTypeOf(const std::string& path);

}  // namespace curbstop
