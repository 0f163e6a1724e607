#include "sys/redactor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr std::string_view kReplacement = "***";
constexpr size_t kShortestForm = 8;

// The characters that stand for `value` wherever it lies in a longer text: those that also depend
// on a neighbour are left out. `offset` is the number of bytes before it, modulo 3.
std::string InnerBase64(std::string_view value, size_t offset) {
  const std::string whole = ToBase64(std::string(offset, '\0') + std::string(value));
  const size_t first = (offset * 8 + 5) / 6;
  const size_t end = (offset + value.size()) * 8 / 6;
  return end > first ? whole.substr(first, end - first) : "";
}

std::string UrlAlphabet(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string PercentEncoded(std::string_view value, bool upper) {
  std::string text;
  for (const char c : value) {
    const bool plain = IsLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
  }
  return text;
}

std::string JsonEscaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    switch (c) {
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\t': text += "\\t"; break;
      default: text += c;
    }
  }
  return text;
}

// The character at the front of well-formed UTF-8, which is taken off.
uint32_t TakeCharacter(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t character = size == 1 ? first : first & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i)
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(size);
  return character;
}

// What is no ASCII as `\u00fc`, as Python's `json.dumps` writes it.
std::string AsciiJsonEscaped(std::string_view value, bool upper) {
  if (!IsUtf8(value)) return "";
  std::string text;
  const std::string escaped = JsonEscaped(value);
  const auto add = [&](uint32_t unit) {
    text += upper ? fmt::format("\\u{:04X}", unit) : fmt::format("\\u{:04x}", unit);
  };
  for (std::string_view rest = escaped; !rest.empty();) {
    const uint32_t character = TakeCharacter(rest);
    if (character >= 0x20 && character < 0x7F) {
      text += static_cast<char>(character);
    } else if (character < 0x10000) {
      add(character);
    } else {
      add(0xD800 + ((character - 0x10000) >> 10));
      add(0xDC00 + ((character - 0x10000) & 0x3FF));
    }
  }
  return text;
}

std::string Hex(std::string_view value, bool upper) {
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    text += upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  return text;
}

// Forms that may be too short to be told from other text.
std::vector<std::string> LongForms(const std::string& value) {
  std::vector<std::string> forms{PercentEncoded(value, true),
                                 PercentEncoded(value, false),
                                 JsonEscaped(value),
                                 AsciiJsonEscaped(value, true),
                                 AsciiJsonEscaped(value, false),
                                 Hex(value, true),
                                 Hex(value, false)};
  for (size_t offset = 0; offset < 3; ++offset) {
    const std::string inner = InnerBase64(value, offset);
    forms.push_back(inner);
    forms.push_back(UrlAlphabet(inner));
  }
  for (const std::string_view line : Lines(value)) forms.emplace_back(line);
  std::erase_if(forms, [](const std::string& form) { return form.size() < kShortestForm; });
  return forms;
}

}  // namespace

Redactor::Redactor(std::span<const Secret> secrets) : states_(1) {
  for (const Secret& secret : secrets) {
    const std::string& value = secret.Reveal();
    if (value.empty()) continue;
    AddForm(value);
    AddForm(ToBase64(value));
    AddForm(UrlAlphabet(ToBase64(value)));
    for (const std::string& form : LongForms(value)) AddForm(form);
  }
  LinkFailures();
}

void Redactor::AddForm(std::string_view form) {
  int32_t at = 0;
  for (const char byte : form) {
    int32_t child = Child(at, byte);
    if (child < 0) {
      child = static_cast<int32_t>(states_.size());
      State made;
      made.next_sibling = states_[static_cast<size_t>(at)].first_child;
      made.depth = states_[static_cast<size_t>(at)].depth + 1;
      made.byte = byte;
      states_.push_back(made);
      states_[static_cast<size_t>(at)].first_child = child;
    }
    at = child;
  }
  states_[static_cast<size_t>(at)].longest = static_cast<int32_t>(form.size());
}

// Breadth first, so that a state's failure, which is nearer to the root, is already linked.
void Redactor::LinkFailures() {
  std::vector<int32_t> queue{0};
  for (size_t head = 0; head < queue.size(); ++head) {
    const int32_t parent = queue[head];
    const State& from = states_[static_cast<size_t>(parent)];
    for (int32_t child = from.first_child; child >= 0;) {
      State& state = states_[static_cast<size_t>(child)];
      if (parent == 0) {
        from_root_[static_cast<unsigned char>(state.byte)] = child;
      } else {
        state.fail = Next(from.fail, state.byte);
      }
      state.longest = std::max(state.longest, states_[static_cast<size_t>(state.fail)].longest);
      queue.push_back(child);
      child = state.next_sibling;
    }
  }
}

int32_t Redactor::Child(int32_t state, char byte) const {
  int32_t child = states_[static_cast<size_t>(state)].first_child;
  while (child >= 0 && states_[static_cast<size_t>(child)].byte != byte) {
    child = states_[static_cast<size_t>(child)].next_sibling;
  }
  return child;
}

int32_t Redactor::Next(int32_t state, char byte) const {
  for (; state != 0; state = states_[static_cast<size_t>(state)].fail) {
    const int32_t child = Child(state, byte);
    if (child >= 0) return child;
  }
  return from_root_[static_cast<unsigned char>(byte)];
}

// Matches come by their ends; a longer one can swallow those before it.
void Redactor::AddMatch(size_t start, size_t end) {
  while (!matches_.empty() && matches_.back().end > start) {
    start = std::min(start, matches_.back().start);
    matches_.pop_back();
  }
  matches_.push_back({start, end});
}

void Redactor::EmitUntil(size_t until, std::string& out) {
  const size_t held_from = emitted_;
  const auto emit_plain = [&](size_t end) {
    out.append(held_, emitted_ - held_from, end - emitted_);
    emitted_ = end;
  };
  while (emitted_ < until) {
    if (matches_.empty()) {
      emit_plain(until);
      break;
    }
    const Match match = matches_.front();
    if (match.start > emitted_) emit_plain(std::min(match.start, until));
    if (emitted_ == until) break;
    if (!in_match_) out += kReplacement;
    emitted_ = std::min(match.end, until);
    in_match_ = emitted_ < match.end;
    if (!in_match_) matches_.pop_front();
  }
  held_.erase(0, emitted_ - held_from);
}

std::string Redactor::Feed(std::string_view bytes) {
  if (states_.size() == 1) return std::string(bytes);
  held_ += bytes;
  for (const char byte : bytes) {
    state_ = Next(state_, byte);
    ++position_;
    const auto length = static_cast<size_t>(states_[static_cast<size_t>(state_)].longest);
    if (length > 0) AddMatch(position_ - length, position_);
  }
  std::string out;
  EmitUntil(position_ - static_cast<size_t>(states_[static_cast<size_t>(state_)].depth), out);
  return out;
}

std::string Redactor::Finish() {
  std::string out;
  EmitUntil(position_, out);
  state_ = 0;
  return out;
}

std::string Redact(std::string_view text, std::span<const Secret> secrets) {
  Redactor redactor(secrets);
  std::string out = redactor.Feed(text);
  return out + redactor.Finish();
}

}  // namespace curbstop
