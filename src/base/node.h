// A tree of text with places: what a YAML file says before anybody knows what it means.
//
// Scalars keep their text as written; whether `12` is a number is decided by the field that reads
// it (base/fields.h). Lines and columns count from 1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

enum class NodeKind { kNull, kScalar, kList, kMap };

struct NodeEntry;

struct Node {
  NodeKind kind = NodeKind::kNull;
  std::string text;      // of a scalar; a null as written ("", "~", "null")
  bool quoted = false;   // written in single or double quotes
  int block_column = 0;  // written under `|`: column of the text on the lines below, else 0
  int line = 0;
  int column = 0;
  std::vector<Node> items;         // of a list
  std::vector<NodeEntry> entries;  // of a map, in the order written

  bool IsNull() const { return kind == NodeKind::kNull; }
  bool IsScalar() const { return kind == NodeKind::kScalar; }
  bool IsList() const { return kind == NodeKind::kList; }
  bool IsMap() const { return kind == NodeKind::kMap; }

  // The value under that key, or null (the pointer).
  const Node* Find(std::string_view key) const;
};

struct NodeEntry {
  Node key;  // always a scalar
  Node value;
};

// "text `abc`", "a list", "a map", "nothing": for errors. Long text is cut.
std::string Describe(const Node& node);

// The file that a tree was read from: gives errors their place.
struct NodeSource {
  std::string file;  // as it shall be shown

  // kInvalidInput: "FILE:LINE:COLUMN: message".
  Error At(const Node& node, std::string_view message) const;
  // The place of `node.text[offset]`, as well as it is known.
  Error AtOffset(const Node& node, size_t offset, std::string_view message) const;
  // An error that knows no place, put at `node`; kind and hint stay.
  Error Put(const Node& node, const Error& error) const;
};

}  // namespace curbstop
