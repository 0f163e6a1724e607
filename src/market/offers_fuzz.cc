// Fuzz target of the CSV reader and of the offers read with it. What the reader gives, quoted
// again, must be read the same. The corpus tests/fuzz/offers is replayed by market_test.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/csv.h"
#include "base/text.h"
#include "market/offers_file.h"
#include "market/sanity.h"

namespace curbstop {
namespace {

using Records = std::vector<std::vector<std::string>>;

// The records before the end or the first mistake.
Records ReadRecords(std::string_view text) {
  CsvReader reader(text);
  Records records;
  std::vector<std::string_view> fields;
  for (;;) {
    const Result<bool> more = reader.Next(fields);
    if (!more.ok() || !*more) return records;
    CHECK(!fields.empty() && reader.line() >= 1);
    records.emplace_back(fields.begin(), fields.end());
  }
}

std::string Quote(const Records& records) {
  std::string text;
  for (const std::vector<std::string>& fields : records) {
    for (size_t i = 0; i < fields.size(); ++i) {
      text += i > 0 ? ",\"" : "\"";
      for (const char c : fields[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += '\n';
  }
  return text;
}

// Read twice: what is kept has a price above 0, stands once, and is told on the same lines.
void TryOffers(std::string_view csv) {
  const auto file = ReadOffers(csv, "2026-12-01");
  if (!file.ok()) {
    CHECK(file.error().kind() == ErrorKind::kInvalidInput);
    CHECK(file.error().message().starts_with("line 1: "));
    return;
  }
  CHECK(file->lines.size() == file->offers.size());
  CHECK(file->refused_count >= static_cast<int64_t>(file->refused.size()));
  for (const std::string& refused : file->refused) {
    CHECK(refused.starts_with("line ") && refused.size() < 1000);
    CHECK(Printable(refused) == refused);
  }
  std::set<std::tuple<std::string, std::string, std::string, std::string>> keys;
  for (const Offer& offer : file->offers) {
    CHECK(!offer.provider.empty() && offer.gpu_count >= 0 && offer.as_of <= "2026-12-01");
    CHECK(keys.emplace(offer.provider, offer.region, offer.zone, offer.type).second);
    for (const auto& price : {offer.per_hour, offer.spot_per_hour})
      CHECK(!price || (MicroUsd{} < *price && *price <= kDearestOffer));
  }
  std::vector<Offer> offers = file->offers;
  const size_t set_aside = SetAsideDoubtful(offers).size();
  CHECK(set_aside + offers.size() == file->offers.size());
}

}  // namespace
}  // namespace curbstop

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace curbstop;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Records records = ReadRecords(bytes);
  CHECK(ReadRecords(Quote(records)) == records);
  TryOffers(bytes);
  return 0;
}
