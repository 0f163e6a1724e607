#include "run/supervisor/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#define XXH_INLINE_ALL  // short texts: a call costs as much as the sum
#include <xxhash.h>

namespace curbstop {
namespace {

// A fact that is a number, and how its member of the body begins: `,"boot_ms":`.
struct NamedFact {
  constexpr NamedFact(std::string_view called, int64_t Facts::* is) : name(called), member(is) {
    char* at = text;
    *at++ = ',', *at++ = '"';
    at = std::ranges::copy(called, at).out;
    *at++ = '"', *at++ = ':';
    size = at - text;
  }

  std::string_view name;
  int64_t Facts::* member;
  char text[32] = {};  // copied whole, which is quicker than as long as it is
  std::ptrdiff_t size = 0;
};

constexpr NamedFact kNumbers[] = {
    {"boot_ms", &Facts::boot_ms},
    {"date_ms", &Facts::date_ms},
    {"date_age_ms", &Facts::date_age_ms},
    {"rental", &Facts::rental},
    {"decision", &Facts::decision},
    {"decision_reason", &Facts::reason},
    {"lease_ms", &Facts::lease_ms},
    {"reserve_micro_usd", &Facts::reserve_micro_usd},
    {"limit_micro_usd", &Facts::limit_micro_usd},
    {"micro_usd_per_hour", &Facts::micro_usd_per_hour},
    {"disk_micro_usd_per_hour", &Facts::disk_micro_usd_per_hour},
    {"fixed_micro_usd", &Facts::fixed_micro_usd},
    {"grain_ms", &Facts::grain_ms},
    {"minimum_ms", &Facts::minimum_ms},
    {"grade", &Facts::grade},
    {"guard", &Facts::guard},
    {"spot", &Facts::spot},
    {"boot_limit_ms", &Facts::boot_limit_ms},
    {"create_limit_ms", &Facts::create_limit_ms},
    {"list_lag_ms", &Facts::list_lag_ms},
    {"destroy_delay_ms", &Facts::destroy_delay_ms},
    {"reads", &Facts::reads},
    {"read_spacing_ms", &Facts::read_spacing_ms},
    {"interval_ms", &Facts::interval_ms},
};

// A body is put together on the stack as far as its length is known: a simulation has millions.
constexpr size_t kMostDigits = 20;  // of an int64_t, with its sign
using NumbersText = std::array<char, std::size(kNumbers) * (sizeof(NamedFact::text) + kMostDigits)>;

char* WriteNumber(char* at, int64_t value) {
  return std::to_chars(at, at + kMostDigits, value).ptr;
}

char* WriteMember(char* at, const NamedFact& fact, int64_t value) {
  std::memcpy(at, fact.text, sizeof fact.text);
  return WriteNumber(at + fact.size, value);
}

// `,"boot_ms":5,"rental":1`: those that are not 0. Returns the text's end.
template <size_t... kAt>
char* WriteNumbers(char* at, const Facts& facts, std::index_sequence<kAt...>) {
  const auto write = [&](const NamedFact& fact, int64_t value) {
    if (value != 0) at = WriteMember(at, fact, value);
  };
  (write(kNumbers[kAt], facts.*kNumbers[kAt].member), ...);
  return at;
}

bool IsPlain(char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; }

void AddText(std::string& out, const std::string& text) {
  if (std::ranges::all_of(text, IsPlain)) ((out += '"') += text) += '"';
  else AppendJson(out, Json(text));
}

template <size_t kSize>
char* WriteWords(char* at, const char (&words)[kSize]) {
  std::memcpy(at, words, kSize - 1);
  return at + kSize - 1;
}

// A machine's members after its name.
void AddSeenFacts(std::string& out, const SeenMachine& seen) {
  char text[160];
  char* at = WriteNumber(WriteWords(text, ",\"rental\":"), seen.rental);
  at = seen.paused ? WriteWords(at, ",\"paused\":true") : WriteWords(at, ",\"paused\":false");
  at = WriteNumber(WriteWords(at, ",\"micro_usd_per_hour\":"), seen.micro_usd_per_hour);
  at = WriteNumber(WriteWords(at, ",\"made_at_ms\":"), seen.made_at_ms);
  *at++ = '}';
  out.append(text, at);
}

void AddSeen(std::string& out, const std::vector<SeenMachine>& machines) {
  out += ",\"seen\":[";
  for (const SeenMachine& seen : machines) {
    out += out.back() == '[' ? "{\"machine\":" : ",{\"machine\":";
    AddText(out, seen.machine);
    if (!seen.account.empty()) AddText(out += ",\"account\":", seen.account);
    AddSeenFacts(out, seen);
  }
  out += ']';
}

SeenMachine SeenOf(const Json& json) {
  return {json.StringOr("machine", ""), json.IntOr("rental", 0),
          json.BoolOr("paused", false), json.IntOr("micro_usd_per_hour", 0),
          json.IntOr("made_at_ms", 0),  json.StringOr("account", "")};
}

void AddListed(std::string& out, const std::vector<ListedAccount>& accounts) {
  out += ",\"listed\":[";
  for (const ListedAccount& one : accounts) {
    AddText(out += out.back() == '[' ? "{\"account\":" : ",{\"account\":", one.account);
    ((out += ",\"date_ms\":") += std::to_string(one.date_ms)) += '}';
  }
  out += ']';
}

// Each member begins with a comma, of which the first becomes the brace.
void AddFacts(std::string& out, const Facts& facts) {
  NumbersText text;
  char* const end =
      WriteNumbers(text.data(), facts, std::make_index_sequence<std::size(kNumbers)>());
  out.reserve(out.size() + static_cast<size_t>(end - text.data()) + 128 * facts.seen.size() + 48);
  out.append(text.data(), end);
  if (!facts.machine.empty()) AddText(out += ",\"machine\":", facts.machine);
  if (!facts.offer.empty()) AddText(out += ",\"offer\":", facts.offer);
  if (!facts.account.empty()) AddText(out += ",\"account\":", facts.account);
  if (!facts.seen.empty()) AddSeen(out, facts.seen);
  if (!facts.listed.empty()) AddListed(out, facts.listed);
}

void WriteBody(const Event& event, std::string& out) {
  out.clear();
  if (!event.data.members().empty()) AppendJson(out, event.data), out.pop_back();
  AddFacts(out, event.facts);
  if (out.empty()) out = '{';
  out.front() = '{';
  out += '}';
}

Facts FactsOf(const Json& body) {
  Facts facts;
  for (const auto& [name, value] : body.members()) {
    const auto fact = std::ranges::find(kNumbers, name, &NamedFact::name);
    if (fact != std::end(kNumbers)) facts.*fact->member = value.AsInt().value_or(0);
  }
  facts.machine = body.StringOr("machine", "");
  facts.offer = body.StringOr("offer", "");
  facts.account = body.StringOr("account", "");
  if (const Json* seen = body.Find("seen")) {
    for (const Json& machine : seen->items()) facts.seen.push_back(SeenOf(machine));
  }
  if (const Json* listed = body.Find("listed")) {
    for (const Json& one : listed->items())
      facts.listed.push_back({one.StringOr("account", ""), one.IntOr("date_ms", 0)});
  }
  return facts;
}

// Reads bodies as they are mostly written, without a tree for them: recovery reads them all.
class BodyScanner {
 public:
  explicit BodyScanner(std::string_view body) : at_(body.data()), end_(at_ + body.size()) {}

  // What AddFacts writes, and nothing else. False: the body is another one.
  bool Facts(curbstop::Facts& facts) {
    if (!Takes('{')) return false;
    if (Takes('}')) return at_ == end_;
    do {
      if (!Fact(facts)) return false;
    } while (Takes(','));
    return Takes('}') && at_ == end_;
  }

  // Members that are flags, integers or plain texts. False: there are others.
  bool Flat(Json& body) {
    Json::Object members;
    if (!Takes('{')) return false;
    do {
      std::string_view name;
      if (!Quoted(name) || !Takes(':')) return false;
      members.emplace_back(name, Json());
      if (!Scalar(members.back().second)) return false;
    } while (Takes(','));
    if (!Takes('}') || at_ != end_) return false;
    body = Json::FromMembers(std::move(members));
    return true;
  }

 private:
  bool Sees(char c) const { return at_ != end_ && *at_ == c; }
  bool Takes(char c) {
    if (!Sees(c)) return false;
    ++at_;
    return true;
  }
  bool Takes(std::string_view text) {
    if (!std::string_view(at_, end_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  bool Quoted(std::string_view& text) {
    if (!Takes('"')) return false;
    const char* const begin = at_;
    while (at_ != end_ && IsPlain(*at_)) ++at_;
    text = {begin, at_};
    return Takes('"');
  }
  bool Number(int64_t& value) {
    const auto [next, error] = std::from_chars(at_, end_, value);
    at_ = next;
    return error == std::errc();
  }
  bool Text(std::string& text) {
    std::string_view plain;
    if (!Quoted(plain)) return false;
    text = plain;
    return true;
  }
  // Numbers stand in the table's order: each is looked for behind the one before.
  bool Fact(curbstop::Facts& facts) {
    const char first = end_ - at_ > 1 ? at_[1] : '"';
    for (const NamedFact* fact = next_; fact != std::end(kNumbers); ++fact) {
      if (first != fact->text[2]) continue;  // spares most of the comparisons
      if (!Takes(std::string_view(fact->text + 1, fact->text + fact->size))) continue;
      next_ = fact + 1;
      return Number(facts.*fact->member);
    }
    if (Takes("\"machine\":")) return Text(facts.machine);
    if (Takes("\"offer\":")) return Text(facts.offer);
    if (Takes("\"account\":")) return Text(facts.account);
    return Takes("\"seen\":[") && Seen(facts.seen);
  }
  bool Seen(std::vector<SeenMachine>& machines) {
    do {
      SeenMachine& seen = machines.emplace_back();
      const bool is_whole = Takes("{\"machine\":") && Text(seen.machine) && Account(seen.account) &&
                            Takes(",\"rental\":") && Number(seen.rental) && Takes(",\"paused\":") &&
                            Flag(seen.paused) && Takes(",\"micro_usd_per_hour\":") &&
                            Number(seen.micro_usd_per_hour) && Takes(",\"made_at_ms\":") &&
                            Number(seen.made_at_ms) && Takes('}');
      if (!is_whole) return false;
    } while (Takes(','));
    return Takes(']');
  }
  bool Account(std::string& account) { return !Takes(",\"account\":") || Text(account); }
  bool Flag(bool& value) {
    value = Takes("true");
    return value || Takes("false");
  }
  bool Scalar(Json& value) {
    std::string_view text;
    int64_t number = 0;
    bool flag = false;
    if (Sees('"')) return Quoted(text) && (value = text, true);
    if (Flag(flag)) return value = flag, true;
    const char* const digits = at_ + (Sees('-') ? 1 : 0);
    if (!Number(number)) return false;
    value = number;
    return *digits != '0' || at_ - digits == 1;  // JSON has no 007
  }

  const char* at_;
  const char* end_;
  const NamedFact* next_ = kNumbers;
};

uint64_t SumOf(const JournalRecord& record) {
  const int64_t head[] = {record.seq, static_cast<int64_t>(record.kind), record.at_ms,
                          record.awake_ms, record.agent_seq};
  uint64_t sum = XXH3_64bits(head, sizeof head);
  sum = XXH3_64bits_withSeed(record.effect.data(), record.effect.size(), sum);
  sum = XXH3_64bits_withSeed(record.body.data(), record.body.size(), sum);
  return std::max<uint64_t>(sum >> 1, 1);  // 63 bits: SQLite's integers have a sign
}

}  // namespace

void EncodeEvent(const Event& event, int64_t seq, JournalRecord& record) {
  record.seq = seq;
  record.kind = event.kind;
  record.at_ms = event.at_ms;
  record.awake_ms = event.awake_ms;
  record.effect = TextOf(event.effect);
  record.agent_seq = event.agent_seq;
  WriteBody(event, record.body);
  record.sum = SumOf(record);
}

JournalRecord EncodeEvent(const Event& event, int64_t seq) {
  JournalRecord record;
  EncodeEvent(event, seq, record);
  return record;
}

bool SumIsRight(const JournalRecord& record) {
  return record.sum == 0 || record.sum == SumOf(record);
}

namespace {

void Forget(Facts& facts) {
  for (const NamedFact& fact : kNumbers) facts.*fact.member = 0;
  facts.machine.clear();
  facts.offer.clear();
  facts.account.clear();
  facts.seen.clear();
  facts.listed.clear();
}

}  // namespace

Status DecodeRecord(const JournalRecord& record, Event& event) {
  Forget(event.facts);
  if (!event.data.IsNull()) event.data = Json();
  if (!SumIsRight(record)) {
    return Corrupt(fmt::format("record {} of the journal does not match its sum", record.seq));
  }
  event.kind = record.kind;
  event.at_ms = record.at_ms;
  event.awake_ms = record.awake_ms;
  event.agent_seq = record.agent_seq;
  if (!ReadEffectId(record.effect, event.effect)) {
    return Corrupt(fmt::format("record {} of the journal answers no intent", record.seq));
  }
  if (BodyScanner(record.body).Facts(event.facts)) return {};
  if (!BodyScanner(record.body).Flat(event.data)) {
    Result<Json> body = ParseJson(record.body);
    if (!body.ok()) return Corrupt(fmt::format("record {} of the journal is no JSON", record.seq));
    event.data = *std::move(body);
  }
  event.facts = FactsOf(event.data);
  return {};
}

Result<Event> DecodeRecord(const JournalRecord& record) {
  Event event;
  TRY(DecodeRecord(record, event));
  return event;
}

}  // namespace curbstop
