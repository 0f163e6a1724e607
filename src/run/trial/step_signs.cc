#include "run/trial/step_signs.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr std::string_view kOwnPrefix = "curbstop: ";
constexpr int64_t kMostStep = 1'000'000'000'000;
constexpr size_t kMostSigns = 1000;  // of each way; a probe needs a handful

constexpr std::string_view kOutOfMemory[] = {"out of memory",         "outofmemoryerror",
                                             "can't allocate memory", "cannot allocate memory",
                                             "memoryerror",           "std::bad_alloc"};

std::optional<int64_t> NumberAt(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() || number < 0 || number > kMostStep)
    return std::nullopt;
  return number;
}

bool IsWordLetter(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_';
}

// "step 3", "global_step=3", `'step': 3`, "iter: 3/100"; not "steps", not "step_time 3".
std::optional<int64_t> StepInWords(std::string_view line) {
  const std::string lower = Lower(line);
  for (const std::string_view word : {"global_step", "step", "iteration", "iter"}) {
    for (size_t at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      if (at > 0 && IsWordLetter(lower[at - 1])) continue;
      size_t next = at + word.size();
      const size_t begin = next;
      while (next < lower.size() &&
             std::string_view(" =:\"'[#").find(lower[next]) != std::string_view::npos)
        ++next;
      if (next == begin) continue;
      if (const auto number = NumberAt(std::string_view(lower).substr(next))) return number;
    }
  }
  return std::nullopt;
}

// "  3%|▎  | 3/100 [00:02<01:10" and the same behind "Epoch 1:"; one with another name counts
// something else, such as files read.
std::optional<int64_t> StepInBar(std::string_view line) {
  std::string_view text = Trim(line);
  if (Lower(text.substr(0, 5)) == "epoch") {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    text = Trim(text.substr(colon + 1));
  }
  const size_t percent = text.find("%|");
  if (percent == std::string_view::npos || percent > 3 || !IsDigits(text.substr(0, percent)))
    return std::nullopt;
  const size_t bar = text.find("| ", percent + 2);
  if (bar == std::string_view::npos) return std::nullopt;
  const std::optional<int64_t> done = NumberAt(Trim(text.substr(bar + 2)));
  return done && *done > 0 ? done : std::nullopt;
}

void Take(const Json& json, const char* key, std::optional<int64_t>& into) {
  const int64_t value = json.IntOr(key, -1);
  if (value > 0) into = value;
}

}  // namespace

void StepSigns::Feed(std::string_view output, Ticks now) {
  for (const char letter : output) {
    if (letter == '\n' || letter == '\r') {
      ReadLine(open_line_, now);
      open_line_.clear();
    } else if (open_line_.size() < kMostSignLine) {
      open_line_.push_back(letter);
    }
  }
}

void StepSigns::ReadLine(std::string_view line, Ticks now) {
  if (line.empty()) return;
  if (line.starts_with(kOwnPrefix)) return ReadOwn(line.substr(kOwnPrefix.size()), now);
  const std::string lower = Lower(line);
  for (const std::string_view words : kOutOfMemory)
    out_of_memory_ = out_of_memory_ || lower.find(words) != std::string::npos;
  if (const auto step = StepInBar(line)) return Note(Way::kBar, *step, now);
  if (const auto step = StepInWords(line)) Note(Way::kTrainerLines, *step, now);
}

void StepSigns::ReadOwn(std::string_view text, Ticks now) {
  const Result<Json> json = ParseJson(text);
  if (!json.ok()) return;
  Take(*json, "tokens", told_.tokens);
  Take(*json, "weights_bytes", told_.weights);
  Take(*json, "allocated_bytes", told_.allocated);
  Take(*json, "reserved_bytes", told_.reserved);
  told_.missing = json->StringOr("missing", told_.missing);
  told_.attention = json->StringOr("attention", told_.attention);
  told_.out_of_memory = json->StringOr("out_of_memory", told_.out_of_memory);
  const int64_t step = json->IntOr("step", -1);
  if (step < 0) return;
  const Json* seconds = json->Find("seconds");
  const double took = seconds == nullptr ? 0 : seconds->AsDouble().value_or(0);
  if (took > 0 && seconds_.size() < kMostSigns) seconds_.push_back(took);
  if (seconds_.size() > 1) {
    told_.seconds = std::accumulate(seconds_.begin() + 1, seconds_.end(), 0.0) /
                    static_cast<double>(seconds_.size() - 1);
  }
  Note(Way::kOwnLines, step, now);
}

void StepSigns::Note(Way way, int64_t step, Ticks now) {
  std::vector<Sign>& signs = signs_[static_cast<size_t>(way)];
  const bool is_new = signs.empty() || step > signs.back().step;
  if (is_new && signs.size() < kMostSigns) signs.push_back({step, now});
}

namespace {

// A count that begins at 0 names each step before the next; one that begins later counts steps done
// before the first sign too, unless the script was resumed far on.
int64_t Done(int64_t first, int64_t last, size_t signs) {
  return std::max<int64_t>(last - first, static_cast<int64_t>(signs));
}

}  // namespace

const std::vector<StepSigns::Sign>& StepSigns::Best() const {
  const std::vector<Sign>* best = &signs_[0];
  for (const std::vector<Sign>& signs : signs_) {
    if (best->size() < 2 && signs.size() > best->size()) best = &signs;
  }
  return *best;
}

int64_t StepSigns::StepsDone() const {
  const std::vector<Sign>& signs = Best();
  return signs.empty() ? 0 : Done(signs.front().step, signs.back().step, signs.size());
}

bool StepSigns::HasDone(int64_t steps) const { return Best().size() >= 2 && StepsDone() >= steps; }

std::optional<double> StepSigns::SecondsOfStep() const {
  if (told_.seconds) return told_.seconds;
  const std::vector<Sign>& signs = Best();
  if (signs.size() < 2) return std::nullopt;
  const double seconds = std::chrono::duration<double>(signs.back().at - signs.front().at).count();
  return seconds / static_cast<double>(signs.back().step - signs.front().step);
}

}  // namespace curbstop
