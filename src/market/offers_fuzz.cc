// Fuzz target of the CSV reader and of the offers read with it. What the reader gives, quoted
// again, must be read the same. The corpus tests/fuzz/offers is replayed by market_test.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/csv.h"
#include "market/offer.h"

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

void TryOffers(std::string_view csv) {
  const auto offers = ParseOffers(csv);
  if (!offers.ok()) {
    CHECK(offers.error().kind() == ErrorKind::kInvalidInput);
    CHECK(offers.error().message().starts_with("line "));
    return;
  }
  for (const Offer& offer : *offers) {
    CHECK(!offer.provider.empty() && offer.gpu_count >= 0);
    CHECK(!offer.per_hour || (MicroUsd{} <= *offer.per_hour && *offer.per_hour <= kDearestOffer));
  }
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
