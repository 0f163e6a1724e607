// Contents of many files, by the index where they are unchanged, else by reading them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/internal/walk.h"
#include "store/md5.h"

namespace curbstop {

struct ContentFile : StatedFile {
  Md5 md5;
};

struct HashJob {
  std::filesystem::path root;
  std::filesystem::path index;  // empty: none
  HashKind kind = HashKind::kMd5;
  std::vector<std::string>
      scanned;             // folders of which the files are all there is (HashIndex::Save)
  int64_t started_ns = 0;  // KernelFileTimeNs before the first stat
};

// The index of the project at `root`, one file per kind of hash.
std::filesystem::path IndexFile(const std::filesystem::path& root, HashKind kind);

// Where to read the file from.
std::filesystem::path SourceOf(const std::filesystem::path& root, const StatedFile& file);

// Takes the digests that the index knows; the positions of the files it does not know.
std::vector<size_t> LookUpHashes(const HashIndex& index, std::vector<ContentFile>& files);

std::vector<ContentFile> WithoutHashes(std::vector<StatedFile> files);

// That it cannot be saved (no space, no permission) costs time only.
void SaveHashes(const HashIndex& index, const std::vector<ContentFile>& files, const HashJob& job);

// `files` sorted by path. Links that are not followed have the md5 of their text. The index is
// saved where there is news.
// Errors: kConflict if a file changes while it is read; kDenied.
Result<std::vector<ContentFile>> HashTree(std::vector<StatedFile> files, const HashJob& job);

}  // namespace curbstop
