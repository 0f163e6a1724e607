// YAML text to a positioned tree (base/node.h), with limits against files made to hurt.
//
// Plain YAML 1.2 as people write settings in: maps, lists, scalars, comments, block scalars,
// anchors. Refused with their place: duplicate keys (both places), tags (`!x`), merge keys (`<<`),
// keys that are no plain words, a second document, NUL characters, bytes that are not UTF-8.
// Limits: 1 MiB of text, 64 levels, 100,000 values and 4 MiB of text after aliases are expanded.
#pragma once

#include <string_view>

#include "base/node.h"
#include "base/result.h"

namespace curbstop {

inline constexpr size_t kMostYamlBytes = size_t{1} << 20;

// An empty text gives a null node at 1:1.
// Errors: kInvalidInput, "FILE:LINE:COLUMN: …".
Result<Node> ParseYaml(std::string_view text, const NodeSource& source);

}  // namespace curbstop
