#include "store/dvc_file.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "project/yaml.h"

namespace curbstop {
namespace {

Error At(const NodeSource& source, const Node& node, std::string_view message) {
  return source.At(node, message);
}

Result<std::string> TextOf(const Node& node, std::string_view key, const NodeSource& source) {
  if (node.IsScalar()) return node.text;
  return At(source, node, fmt::format("`{}` is {}, expected text", key, Describe(node)));
}

Result<int64_t> CountOf(const Node& node, std::string_view key, const NodeSource& source) {
  int64_t value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [rest, error] = std::from_chars(node.text.data(), end, value);
  if (node.IsScalar() && error == std::errc() && rest == end && value >= 0) return value;
  return At(source, node, fmt::format("`{}` is {}, expected a whole number", key, Describe(node)));
}

bool IsTrue(const Node* node) {
  return node != nullptr && node->IsScalar() && Lower(node->text) == "true";
}

bool IsFalse(const Node* node) {
  return node != nullptr && node->IsScalar() && Lower(node->text) == "false";
}

Status SetMd5(const Node& node, const NodeSource& source, DvcOut& out) {
  TRY_ASSIGN(std::string text, TextOf(node, "md5", source));
  out.is_folder = text.ends_with(".dir");
  if (out.is_folder) text.resize(text.size() - 4);
  out.md5 = ParseMd5(text);
  if (out.md5) return {};
  return At(source, node,
            fmt::format("`md5` is `{}`, expected 32 hex digits, for a folder with `.dir`",
                        Printable(node.text)));
}

const Node* FindBelow(const Node& node, std::initializer_list<std::string_view> keys) {
  const Node* found = &node;
  for (const std::string_view key : keys) {
    if (found != nullptr) found = found->Find(key);
  }
  return found;
}

Result<DvcOut> ReadOut(const Node& node, const NodeSource& source) {
  if (!node.IsMap())
    return At(source, node, fmt::format("an entry of `outs` is {}, expected keys", Describe(node)));
  DvcOut out;
  const Node* path = node.Find("path");
  if (path == nullptr) return At(source, node, "an entry of `outs` has no `path`");
  TRY_ASSIGN(out.path, TextOf(*path, "path", source));
  if (const Node* md5 = node.Find("md5"); md5 != nullptr && !md5->IsNull())
    TRY(SetMd5(*md5, source, out));
  const Node* hash = node.Find("hash");
  if (hash != nullptr && hash->text != "md5") {
    return At(source, *hash, fmt::format("`hash` is {}, expected `md5`", Describe(*hash)));
  }
  out.hash = hash == nullptr ? HashKind::kMd5Dos2Unix : HashKind::kMd5;
  if (const Node* size = node.Find("size")) {
    TRY_ASSIGN(out.size, CountOf(*size, "size", source));
  }
  if (const Node* files = node.Find("nfiles")) {
    TRY_ASSIGN(out.files, CountOf(*files, "nfiles", source));
  }
  out.executable = IsTrue(node.Find("isexec"));
  out.cached = !IsFalse(node.Find("cache"));
  if (const Node* members = FindBelow(node, {"meta", "curbstop", "executable"})) {
    for (const Node& member : members->items) out.executable_members.push_back(member.text);
    std::sort(out.executable_members.begin(), out.executable_members.end());
  }
  return out;
}

NodeSource SourceNamed(std::string_view name) { return {.file = std::string(name)}; }

// Whether YAML 1.1 or 1.2 would take the plain text for something else than text.
bool ReadsAsOther(std::string_view text) {
  static constexpr std::string_view kWords[] = {"",   "~",   "null", "true", "false", "yes", "no",
                                                "on", "off", "y",    "n",    "=",     "<<"};
  const std::string lower = Lower(text);
  if (std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords)) return true;
  std::string_view number = lower;
  if (number[0] == '-' || number[0] == '+') number.remove_prefix(1);
  if (number == ".inf" || number == ".nan") return true;
  if (number.empty() || (!IsDigit(number[0]) && number[0] != '.')) return false;
  const bool hex = number.starts_with("0x");
  const bool octal = number.starts_with("0o");
  // Exponents, dates, times and numbers to base 60 are made of these.
  const std::string_view letters = hex     ? "0123456789abcdefx_"
                                   : octal ? "01234567o_"
                                           : "0123456789e_.:+-tz ";
  return number.find_first_not_of(letters) == number.npos;
}

bool IsPlainYaml(std::string_view text) {
  if (ReadsAsOther(text) || text.front() == ' ' || text.back() == ' ' || text.back() == ':')
    return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos)
    return false;
  if (text.find(": ") != text.npos || text.find(" #") != text.npos) return false;
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::vector<std::string> ValueLines(const DvcOut& out, std::string_view indent) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view key, std::string_view value) {
    lines.push_back(fmt::format("{}{}: {}", indent, key, value));
  };
  if (out.md5) add("md5", YamlText(HexOf(*out.md5) + (out.is_folder ? ".dir" : "")));
  if (out.size) add("size", std::to_string(*out.size));
  if (out.files) add("nfiles", std::to_string(*out.files));
  if (out.executable) add("isexec", "true");
  add("hash", "md5");
  return lines;
}

std::vector<std::string> MetaLines(const DvcOut& out, std::string_view indent) {
  std::vector<std::string> lines;
  if (out.executable_members.empty()) return lines;
  lines.push_back(fmt::format("{}curbstop:", indent));
  lines.push_back(fmt::format("{}  executable:", indent));
  for (const std::string& member : out.executable_members) {
    lines.push_back(fmt::format("{}  - {}", indent, YamlText(member)));
  }
  return lines;
}

// Edits the lines of one entry, from the last line to the first, so that places stay true.
class Updater {
 public:
  Updater(std::string_view text, const Node& entry) : entry_(entry) {
    lines_ = Split(text, '\n');
    indent_ = entry.entries.front().key.column - 1;
  }

  // Block style, one key per line, one-line values for the keys that change.
  bool CanUpdate() const {
    int last = 0;
    for (const NodeEntry& pair : entry_.entries) {
      if (pair.key.line <= last || pair.key.column - 1 != indent_) return false;
      last = pair.key.line;
      const bool one_line = pair.value.line == pair.key.line && pair.value.IsScalar();
      if (!one_line && (IsOurs(pair.key.text) || pair.key.text == "path")) return false;
      if (pair.key.text == "meta" && !pair.value.entries.empty() &&
          pair.value.line == pair.key.line)
        return false;
    }
    return true;
  }

  std::string Update(const DvcOut& out) {
    const std::vector<std::string> wanted =
        ValueLines(out, std::string(static_cast<size_t>(indent_), ' '));
    const bool has_meta = entry_.Find("meta") != nullptr;
    for (auto pair = entry_.entries.rbegin(); pair != entry_.entries.rend(); ++pair) {
      if (IsOurs(pair->key.text)) UpdateLine(*pair, wanted);
      if (pair->key.text == "meta") UpdateMeta(*pair, out);
      if (pair->key.text == "path" && !has_meta) AddMeta(pair->key, out);
    }
    InsertMissing(wanted);
    return Join(lines_, "\n");
  }

 private:
  static bool IsOurs(std::string_view key) {
    return key == "md5" || key == "size" || key == "nfiles" || key == "isexec" || key == "hash";
  }

  static std::string KeyOf(const std::string& line) {
    const size_t start = line.find_first_not_of(' ');
    return line.substr(start, line.find(':') - start);
  }

  std::string& Line(int number) { return lines_[static_cast<size_t>(number) - 1]; }

  void UpdateLine(const NodeEntry& pair, const std::vector<std::string>& wanted) {
    const auto match = std::find_if(wanted.begin(), wanted.end(), [&](const std::string& line) {
      return KeyOf(line) == pair.key.text;
    });
    std::string& line = Line(pair.key.line);
    if (match == wanted.end()) {
      lines_.erase(lines_.begin() + pair.key.line - 1);
      return;
    }
    const auto start = static_cast<size_t>(pair.value.column) - 1;
    const size_t comment = line.find(" #", start);
    const size_t end = line.find_last_not_of(" \r", comment) + 1;
    const std::string value = match->substr(match->find(": ") + 2);
    line.replace(start, std::max(end, start) - start, value);
  }

  // Keys that were not there go behind the one before them in DVC's order, which is there by now:
  // `md5` always is.
  void InsertMissing(const std::vector<std::string>& wanted) {
    auto at = lines_.begin() + entry_.entries.front().key.line - 1;
    for (const std::string& line : wanted) {
      const auto found = std::find_if(at, EndOfEntry(), [&](const std::string& there) {
        const size_t start = there.find_first_not_of("- ");
        return static_cast<int>(start) == indent_ &&
               there.compare(start, KeyOf(line).size() + 1, KeyOf(line) + ":") == 0;
      });
      at = found != EndOfEntry() ? found : lines_.insert(at + 1, line);
    }
  }

  std::vector<std::string>::iterator EndOfEntry() {
    const auto start = lines_.begin() + entry_.entries.front().key.line;
    return std::find_if(start, lines_.end(), [&](const std::string& line) {
      const size_t text = line.find_first_not_of(' ');
      return text != line.npos && line[text] != '#' && static_cast<int>(text) < indent_;
    });
  }

  // The lines of a nested block: those below its key that are indented deeper.
  void EraseBlock(const Node& key) {
    const auto start = lines_.begin() + key.line - 1;
    const auto end = std::find_if(start + 1, lines_.end(), [&](const std::string& line) {
      const size_t text = line.find_first_not_of(' ');
      return text == line.npos || static_cast<int>(text) < key.column;
    });
    lines_.erase(start, end);
  }

  void AddMeta(const Node& above, const DvcOut& out) {
    std::vector<std::string> lines =
        MetaLines(out, std::string(static_cast<size_t>(indent_) + 2, ' '));
    if (!lines.empty())
      lines.insert(lines.begin(), std::string(static_cast<size_t>(indent_), ' ') + "meta:");
    lines_.insert(lines_.begin() + above.line, lines.begin(), lines.end());
  }

  void UpdateMeta(const NodeEntry& meta, const DvcOut& out) {
    int column = indent_ + 2;
    for (const NodeEntry& pair : meta.value.entries) {
      column = pair.key.column - 1;
      if (pair.key.text != "curbstop") continue;
      const bool alone = meta.value.entries.size() == 1 && out.executable_members.empty();
      EraseBlock(alone ? meta.key : pair.key);
      if (alone) return;
    }
    const std::vector<std::string> lines =
        MetaLines(out, std::string(static_cast<size_t>(column), ' '));
    lines_.insert(lines_.begin() + meta.key.line, lines.begin(), lines.end());
  }

  const Node& entry_;
  std::vector<std::string> lines_;
  int indent_ = 0;
};

// Whether the text now says what it shall: layouts of a kind never thought of are refused, not
// spoiled.
bool Says(std::string_view text, std::string_view name, const DvcOut& out) {
  const auto read = ReadDvcFile(text, name);
  return read.ok() && std::any_of(read->outs.begin(), read->outs.end(), [&](const DvcOut& other) {
           return other.path == out.path && other.md5 == out.md5 && other.size == out.size &&
                  other.is_folder == out.is_folder && other.hash == HashKind::kMd5;
         });
}

}  // namespace

std::string YamlText(std::string_view text) {
  if (!text.empty() && IsPlainYaml(text)) return std::string(text);
  if (text.find('\'') == text.npos || text.find('"') != text.npos) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + "'";
  }
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return quoted + "\"";
}

Result<DvcFile> ReadDvcFile(std::string_view text, std::string_view name) {
  const NodeSource source = SourceNamed(name);
  TRY_ASSIGN(const Node root, ParseYaml(text, source));
  DvcFile file;
  if (root.IsNull()) return file;
  if (!root.IsMap())
    return source.At(root, fmt::format("the file is {}, expected keys", Describe(root)));
  if (const Node* wdir = root.Find("wdir")) {
    TRY_ASSIGN(file.wdir, TextOf(*wdir, "wdir", source));
  }
  const Node* deps = root.Find("deps");
  file.has_sources = (deps != nullptr && !deps->items.empty()) || root.Find("cmd") != nullptr;
  const Node* outs = root.Find("outs");
  if (outs == nullptr || outs->IsNull()) return file;
  if (!outs->IsList())
    return source.At(*outs, fmt::format("`outs` is {}, expected a list", Describe(*outs)));
  for (const Node& item : outs->items) {
    TRY_ASSIGN(file.outs.emplace_back(), ReadOut(item, source));
  }
  return file;
}

std::string WriteDvcFile(const DvcOut& out) {
  std::vector<std::string> lines = ValueLines(out, "  ");
  lines.front()[0] = '-';
  lines.push_back("  path: " + YamlText(out.path));
  const std::vector<std::string> meta = MetaLines(out, "    ");
  if (!meta.empty()) lines.push_back("  meta:");
  lines.insert(lines.end(), meta.begin(), meta.end());
  return "outs:\n" + Join(lines, "\n") + "\n";
}

Result<std::string> UpdateDvcFile(std::string_view text, std::string_view name, const DvcOut& out) {
  const NodeSource source = SourceNamed(name);
  TRY_ASSIGN(const Node root, ParseYaml(text, source));
  const Node* outs = root.Find("outs");
  for (size_t i = 0; outs != nullptr && i < outs->items.size(); ++i) {
    const Node& entry = outs->items[i];
    const Node* path = entry.Find("path");
    if (path == nullptr || path->text != out.path) continue;
    Updater updater(text, entry);
    if (updater.CanUpdate()) {
      std::string updated = updater.Update(out);
      if (Says(updated, name, out)) return updated;
    }
    return source
        .At(entry, "this entry cannot be updated in place: its keys do not stand one per line")
        .WithHint("write one `key: value` per line, or remove the file and add the data again");
  }
  return source.At(root, fmt::format("no entry of `outs` has the path `{}`", Printable(out.path)));
}

}  // namespace curbstop
