#include "project/yaml.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kMostDepth = 64;
constexpr size_t kMostNodes = 100'000;
constexpr size_t kMostText = size_t{4} << 20;

struct Weight {
  size_t nodes = 0;
  size_t text = 0;
};

Weight WeightOf(const Node& node) {
  Weight weight{1, node.text.size()};
  const auto add = [&](const Node& child) {
    const Weight of_child = WeightOf(child);
    weight.nodes += of_child.nodes;
    weight.text += of_child.text;
  };
  for (const Node& item : node.items) add(item);
  for (const NodeEntry& entry : node.entries) add(entry.key), add(entry.value);
  return weight;
}

// The lines of the text, to turn the library's byte columns into what an editor shows.
class Places {
 public:
  explicit Places(std::string_view text) : lines_(Split(text, '\n')) {}

  Node At(const YAML::Mark& mark) const {
    Node node;
    node.line = mark.line + 1;
    node.column = 1 + CodePointsBefore(mark);
    return node;
  }
  char CharAt(const YAML::Mark& mark) const {
    const std::string_view line = Line(mark.line);
    return Column(mark) < line.size() ? line[Column(mark)] : '\0';
  }
  // Whether the quoted text that starts there has an end: the library takes the end of the file.
  bool QuoteCloses(const YAML::Mark& mark) const {
    const char quote = CharAt(mark);
    if (quote != '"' && quote != '\'') return true;
    size_t at = Column(mark) + 1;
    for (int line = mark.line; line < static_cast<int>(lines_.size()); ++line, at = 0) {
      for (const std::string_view text = Line(line); at < text.size(); ++at) {
        if (quote == '"' && text[at] == '\\') {
          ++at;
        } else if (text[at] == quote) {
          if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return true;
          ++at;
        }
      }
    }
    return false;
  }
  // Column of the first text below the line, 1 if there is none.
  int TextColumnBelow(int line) const {
    for (size_t i = static_cast<size_t>(line) + 1; i < lines_.size(); ++i) {
      const size_t first = lines_[i].find_first_not_of(" \r");
      if (first != std::string::npos) return static_cast<int>(first) + 1;
    }
    return 1;
  }
  // The first line from the top whose indentation holds a tab, or empty.
  std::optional<Node> TabbedLine(int up_to) const {
    for (int i = 0; i <= up_to; ++i) {
      const std::string_view line = Line(i);
      const size_t tab = line.find_first_not_of(' ');
      if (tab == line.npos || line[tab] != '\t') continue;
      Node node;
      node.line = i + 1;
      node.column = static_cast<int>(tab) + 1;
      return node;
    }
    return std::nullopt;
  }
  std::string_view Line(int line) const {
    if (line < 0 || static_cast<size_t>(line) >= lines_.size()) return {};
    return lines_[static_cast<size_t>(line)];
  }

 private:
  size_t Column(const YAML::Mark& mark) const {
    return std::min(static_cast<size_t>(std::max(mark.column, 0)), Line(mark.line).size());
  }
  // Marks come in the order of the text, so that a long line is counted once, not once per mark.
  int CodePointsBefore(const YAML::Mark& mark) const {
    const size_t column = Column(mark);
    if (mark.line != counted_line_ || column < counted_bytes_) {
      counted_line_ = mark.line;
      counted_bytes_ = 0;
      counted_ = 0;
    }
    const std::string_view more = Line(mark.line).substr(counted_bytes_, column - counted_bytes_);
    counted_ += static_cast<int>(CodePoints(more));
    counted_bytes_ = column;
    return counted_;
  }

  std::vector<std::string> lines_;
  mutable int counted_line_ = -1;
  mutable size_t counted_bytes_ = 0;
  mutable int counted_ = 0;
};

// Builds the tree from the parser's events. After the first error it ignores the rest: the text is
// short, so the parser may as well run to its end.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Places& places, const NodeSource& source) : places_(places), source_(source) {}

  Result<Node> Take() {
    if (error_) return *std::move(error_);
    return std::move(root_);
  }
  bool failed() const { return error_.has_value(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      Fail(places_.At(mark), "a second YAML document starts here; one is allowed");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(places_.At(mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (error_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return Fail(places_.At(mark), "an alias inside its own anchor");
    Add(found->second, 0, &mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (error_ || !CheckTag(mark, tag)) return;
    Node node = places_.At(mark);
    node.kind = NodeKind::kScalar;
    node.text = value;
    if (value.find('\0') != value.npos) {
      return Fail(node, "a NUL character (`\\0`) in a value",
                  "no command, path or name can hold one");
    }
    const char first = places_.CharAt(mark);
    if (tag == "!" && !places_.QuoteCloses(mark)) {
      return Fail(node, "the quote that opens here is not closed", "end it with the same quote");
    }
    node.quoted = tag == "!" && (first == '"' || first == '\'');
    if (tag == "!" && first == '|') node.block_column = places_.TextColumnBelow(mark.line);
    Add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, NodeKind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, NodeKind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    Node node;
    std::optional<Node> key;
    std::map<std::string, std::pair<int, int>> seen;  // keys and their places
    YAML::anchor_t anchor = 0;
  };

  void Fail(const Node& at, std::string_view message, std::string hint = {}) {
    if (error_) return;
    error_ = source_.At(at, message);
    if (!hint.empty()) error_ = std::move(*error_).WithHint(std::move(hint));
  }

  bool CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return true;
    Fail(places_.At(mark), "tags (`!…`) are not supported",
         "a value that starts with `!` must stand in quotes");
    return false;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, NodeKind kind) {
    if (error_ || !CheckTag(mark, tag)) return;
    Node node = places_.At(mark);
    node.kind = kind;
    if (open_.size() == kMostDepth) {
      return Fail(node, fmt::format("nested more than {} levels deep", kMostDepth));
    }
    OpenNode opened;
    opened.node = std::move(node);
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
  }

  void Close() {
    if (error_ || open_.empty()) return;
    Node node = std::move(open_.back().node);
    const YAML::anchor_t anchor = open_.back().anchor;
    open_.pop_back();
    Add(std::move(node), anchor);
  }

  // Counts what aliases multiply: values and text, in the tree and kept for anchors.
  bool Count(const Node& node, bool whole) {
    const Weight weight = whole ? WeightOf(node) : Weight{1, node.text.size()};
    total_.nodes += weight.nodes;
    total_.text += weight.text;
    if (total_.nodes <= kMostNodes && total_.text <= kMostText) return true;
    Fail(node, fmt::format("too large: more than {} values or {} MiB of text with aliases expanded",
                           kMostNodes, kMostText >> 20));
    return false;
  }

  // `alias`: where the copy of an anchored node stands.
  void Add(Node node, YAML::anchor_t anchor, const YAML::Mark* alias = nullptr) {
    if (error_) return;
    if (alias != nullptr) {
      const Node place = places_.At(*alias);
      node.line = place.line;
      node.column = place.column;
      node.block_column = 0;
    }
    if (!Count(node, alias != nullptr)) return;
    if (open_.size() + DepthOf(node, alias != nullptr) > kMostDepth) {
      return Fail(node, fmt::format("nested more than {} levels deep", kMostDepth));
    }
    if (anchor != 0) {
      if (!Count(node, true)) return;
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.IsList()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      AddKey(parent, std::move(node));
    } else {
      parent.node.entries.push_back({*std::exchange(parent.key, std::nullopt), std::move(node)});
    }
  }

  static size_t DepthOf(const Node& node, bool is_alias) {
    if (!is_alias || node.IsScalar() || node.IsNull()) return 0;
    size_t deepest = 0;
    for (const Node& item : node.items) deepest = std::max(deepest, DepthOf(item, true));
    for (const NodeEntry& entry : node.entries)
      deepest = std::max(deepest, DepthOf(entry.value, true));
    return deepest + 1;
  }

  void AddKey(OpenNode& map, Node key) {
    if (!key.IsScalar()) {
      return Fail(key, fmt::format("a key must be a word, found {}", Describe(key)),
                  "a value that starts with `{` or `[` must stand in quotes");
    }
    if (key.text == "<<" && !key.quoted) {
      return Fail(key, "merge keys (`<<`) are not supported", "write the keys out");
    }
    const auto [first, is_new] = map.seen.try_emplace(key.text, key.line, key.column);
    if (!is_new) {
      return Fail(key,
                  fmt::format("`{}` is there twice, first in line {}, column {}",
                              Printable(key.text), first->second.first, first->second.second),
                  "keep one of the two");
    }
    map.key = std::move(key);
  }

  const Places& places_;
  const NodeSource& source_;
  std::optional<Error> error_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  Weight total_;
  int documents_ = 0;
  Node root_;
};

// What the library says, in words for somebody who does not know YAML's grammar.
struct Explanation {
  std::string_view library_says;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kQuoteHint =
    "a value that holds `: ` or ` #`, or starts with one of `{[&*!|>%@\"'`, must stand in quotes, "
    "or on lines of its own under `|`";

std::span<const Explanation> Explanations() {
  static const Explanation kExplanations[] = {
      {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation", "indent with spaces"},
      {YAML::ErrorMsg::END_OF_MAP,
       "this is not a key with a value, or is not indented like its neighbours", kQuoteHint},
      {YAML::ErrorMsg::END_OF_SEQ, "this list item is not indented like its neighbours",
       "start each with `- ` in the same column"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW,
       "the `{` that opens here or before is not closed as YAML wants it", kQuoteHint},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW,
       "the `[` that opens here or before is not closed as YAML wants it", kQuoteHint},
      {YAML::ErrorMsg::MAP_VALUE, "a `: ` where no value can start",
       "a value that holds `: ` must stand in quotes; keys of one level start in the same column"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "a character that cannot start a value", kQuoteHint},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "the quote that opens here is not closed",
       "end it with the same quote"},
      {YAML::ErrorMsg::ALIAS_NOT_FOUND, "an alias without a name", kQuoteHint},
      {YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias (`*name`) that no anchor (`&name`) defines",
       kQuoteHint},
      {YAML::ErrorMsg::INVALID_ESCAPE, "an escape that double quotes do not know",
       "in single quotes a backslash is itself"},
  };
  return kExplanations;
}

Error Explain(const YAML::Exception& exception, const Places& places, const NodeSource& source) {
  const std::string& said = exception.msg;
  const Node at = places.At(exception.mark);
  if (const std::optional<Node> tabbed = places.TabbedLine(exception.mark.line)) {
    return source.At(*tabbed, "a tab in the indentation").WithHint("indent with spaces");
  }
  const bool in_flow = said.starts_with(YAML::ErrorMsg::END_OF_MAP_FLOW) ||
                       said.starts_with(YAML::ErrorMsg::END_OF_SEQ_FLOW);
  if (in_flow && places.CharAt(exception.mark) == '{') {
    return source.At(at, "a `{` in a value inside `{…}` or `[…]`")
        .WithHint("put that value in quotes: `{run: \"eval {train.model}\", after: train}`");
  }
  for (const Explanation& known : Explanations()) {
    if (!said.starts_with(known.library_says)) continue;
    return source.At(at, known.message).WithHint(std::string(known.hint));
  }
  return source.At(at, "not valid YAML: " + said).WithHint(std::string(kQuoteHint));
}

// Where the first byte stands that is no UTF-8, or a control character that YAML does not allow.
std::optional<Node> FirstBadByte(std::string_view text) {
  int line = 0;
  for (const std::string& row : Split(text, '\n')) {
    ++line;
    std::string_view good = row;
    if (good.ends_with('\r')) good.remove_suffix(1);
    size_t length = Utf8Prefix(good);
    for (size_t i = 0; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(good[i]);
      if ((byte < 0x20 && byte != '\t') || byte == 0x7F) length = i;
    }
    if (length == good.size()) continue;
    Node at;
    at.line = line;
    at.column = static_cast<int>(CodePoints(good.substr(0, length))) + 1;
    return at;
  }
  return std::nullopt;
}

Status CheckBytes(std::string_view text, const NodeSource& source) {
  Node start;
  start.line = 1;
  start.column = 1;
  if (text.size() > kMostYamlBytes) {
    return source.At(start, fmt::format("the file has {} bytes, at most {} are read", text.size(),
                                        kMostYamlBytes));
  }
  if (const std::optional<Node> bad = FirstBadByte(text)) {
    return source.At(*bad, "a byte that is no UTF-8 text").WithHint("save the file as UTF-8");
  }
  return {};
}

}  // namespace

Result<Node> ParseYaml(std::string_view text, const NodeSource& source) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  TRY(CheckBytes(text, source));
  const Places places(text);
  TreeBuilder builder(places, source);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!builder.failed() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    if (!builder.failed()) return Explain(exception, places, source);
  }
  TRY_ASSIGN(Node root, builder.Take());
  if (root.line == 0) root.line = root.column = 1;
  return root;
}

}  // namespace curbstop
