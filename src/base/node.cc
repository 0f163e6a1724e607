#include "base/node.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kMostShown = 60;

std::string Placed(const std::string& file, int line, int column, std::string_view message) {
  return fmt::format("{}:{}:{}: {}", Printable(file), line, column, message);
}

}  // namespace

const Node* Node::Find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const NodeEntry& entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::string Describe(const Node& node) {
  switch (node.kind) {
    case NodeKind::kNull: return "nothing";
    case NodeKind::kList: return "a list";
    case NodeKind::kMap: return "a map";
    case NodeKind::kScalar: break;
  }
  if (node.text.size() <= kMostShown) return fmt::format("`{}`", Printable(node.text));
  std::string_view shown = std::string_view(node.text).substr(0, kMostShown);
  shown = shown.substr(0, Utf8Prefix(shown));
  return fmt::format("`{}…`", Printable(shown));
}

Error NodeSource::At(const Node& node, std::string_view message) const {
  return InvalidInput(Placed(file, node.line, node.column, message));
}

Error NodeSource::AtOffset(const Node& node, size_t offset, std::string_view message) const {
  const std::string_view before = std::string_view(node.text).substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  const auto newlines = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const auto within = static_cast<int>(CodePoints(before.substr(line_start)));
  if (node.block_column > 0) {
    return InvalidInput(
        Placed(file, node.line + 1 + newlines, node.block_column + within, message));
  }
  // A quoted or plain scalar over several lines is folded: only its start is known.
  const int quote = node.quoted ? 1 : 0;
  return InvalidInput(
      Placed(file, node.line, node.column + (newlines == 0 ? within + quote : 0), message));
}

Error NodeSource::Put(const Node& node, const Error& error) const {
  Error placed(error.kind(), Placed(file, node.line, node.column, error.OneLine()));
  return error.hint().empty() ? placed : std::move(placed).WithHint(error.hint());
}

}  // namespace curbstop
