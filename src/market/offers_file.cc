#include "market/offers_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"
#include "base/time_text.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(offers_csv, EmbeddedOffers)

constexpr int64_t kMicrosPerUsd = 1'000'000;
constexpr double kMostGpus = 4096;
constexpr double kMostVcpus = 1 << 20;
constexpr double kMostGib = 1 << 24;

enum Column {
  kProvider,
  kRegion,
  kZone,
  kType,
  kGpuName,
  kGpuCount,
  kGpuMemory,
  kVcpus,
  kMemory,
  kPrice,
  kSpotPrice,
  kSource,
  kAsOf,
  kLicenceNote,
  kColumns
};

const std::vector<std::string>& ColumnNames() {
  static const std::vector<std::string> names = {"provider",
                                                 "region",
                                                 "zone",
                                                 "instance_type",
                                                 "gpu_name",
                                                 "gpu_count",
                                                 "gpu_memory_gib_per_gpu",
                                                 "vcpus",
                                                 "memory_gib",
                                                 "price_usd_per_hour",
                                                 "spot_price_usd_per_hour",
                                                 "source",
                                                 "as_of",
                                                 "licence_note"};
  return names;
}

// As much of a field as an error shows.
std::string Shown(std::string_view field) {
  constexpr size_t kMostShown = 40;
  if (field.size() <= kMostShown) return Printable(field);
  return Printable(field.substr(0, kMostShown)) + "…";
}

using Positions = std::array<std::optional<size_t>, kColumns>;

Result<Positions> ReadHeader(std::span<const std::string_view> fields) {
  Positions at;
  const std::vector<std::string>& names = ColumnNames();
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), fields[i]);
    if (found == names.end()) {
      return InvalidInput(fmt::format("line 1: `{}` is not a column of an offers file{}",
                                      Shown(fields[i]), DidYouMean(fields[i], names)))
          .WithHint(fmt::format("the columns are {}", Join(names, ", ")));
    }
    std::optional<size_t>& position = at[static_cast<size_t>(found - names.begin())];
    if (position)
      return InvalidInput(fmt::format("line 1: the column `{}` stands there twice", *found));
    position = i;
  }
  for (size_t column = 0; column < kLicenceNote; ++column) {
    if (at[column]) continue;
    return InvalidInput(fmt::format("line 1: the column `{}` is missing", names[column]))
        .WithHint(fmt::format("the columns are {}", Join(names, ", ")));
  }
  return at;
}

// One record's fields by column, and the errors that name them.
class Row {
 public:
  Row(std::span<const std::string_view> fields, const Positions& at, int line)
      : fields_(fields), at_(at), line_(line) {}

  Error Bad(Column column, std::string_view expected) const {
    return InvalidInput(fmt::format("line {}, column `{}`: `{}` is not {}", line_,
                                    ColumnNames()[column], Shown(Field(column)), expected));
  }

  Result<std::string_view> Name(Column column) const {
    const std::string_view field = Field(column);
    const bool plain =
        std::all_of(field.begin(), field.end(), [](char c) { return c >= ' ' && c < 0x7F; });
    if (!plain && (Printable(field) != field)) return Bad(column, "printable UTF-8");
    return field;
  }

  Result<std::string_view> NameThatMustBe(Column column) const {
    if (Field(column).empty()) return Bad(column, "a name: it is empty");
    return Name(column);
  }

  // Above 0 and at most `most`; empty where the field is.
  Result<std::optional<double>> Number(Column column, double most) const {
    const std::string_view field = Field(column);
    if (field.empty()) return std::optional<double>();
    double value = 0;
    const auto [end, error] =
        std::from_chars(field.data(), field.data() + field.size(), value, std::chars_format::fixed);
    const bool whole = error == std::errc() && end == field.data() + field.size();
    if (!whole || !(value > 0) || !(value <= most)) {
      return Bad(column, fmt::format("a number above 0 and up to {:.0f}", most));
    }
    return std::optional<double>(value);
  }

  Result<std::optional<Bytes>> Gib(Column column) const {
    TRY_ASSIGN(const std::optional<double> gib, Number(column, kMostGib));
    if (!gib) return std::optional<Bytes>();
    return std::optional<Bytes>(Bytes{std::llround(std::ldexp(*gib, 30))});
  }

  // Digits, at most six of them after a point, at most kDearestOffer.
  Result<std::optional<MicroUsd>> Price(Column column) const {
    const std::string_view field = Field(column);
    if (field.empty()) return std::optional<MicroUsd>();
    const size_t point = std::min(field.find('.'), field.size());
    const std::string_view whole = field.substr(0, point);
    const std::string_view decimals = field.substr(std::min(point + 1, field.size()));
    const bool good = whole.size() <= 7 && IsDigits(whole) && decimals.size() <= 6 &&
                      (point == field.size() || IsDigits(decimals));
    int64_t micros = 0;
    for (size_t i = 0; good && i < 6; ++i)
      micros = micros * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
    int64_t dollars = 0;
    for (size_t i = 0; good && i < whole.size(); ++i) dollars = dollars * 10 + (whole[i] - '0');
    const MicroUsd price(dollars * kMicrosPerUsd + micros);
    if (!good || price > kDearestOffer || price <= MicroUsd()) {
      return Bad(
          column,
          "a price in USD per hour (digits, at most six of them after the point, above 0 and "
          "up to 1000000)");
    }
    return std::optional<MicroUsd>(price);
  }

  // `known` is the date last seen to be good: neighbouring rows mostly share it.
  Result<std::string_view> Date(Column column, std::string_view& known,
                                std::string_view latest) const {
    const std::string_view field = Field(column);
    if (field == known) return known;
    if (!ParseDate(field).ok()) return Bad(column, "a date like 2026-10-31");
    if (!latest.empty() && field > latest)
      return Bad(column, "a date up to today: it is in the future");
    return known = field;
  }

 private:
  std::string_view Field(Column column) const { return fields_[*at_[column]]; }

  std::span<const std::string_view> fields_;
  const Positions& at_;
  int line_;
};

// Into an empty offer, where it will stay: a list has very many of them.
Status ReadOffer(const Row& row, std::string_view& known_date, std::string_view latest,
                 Offer& offer) {
  TRY_ASSIGN(const std::string_view provider, row.NameThatMustBe(kProvider));
  offer.provider = DriverNameOf(provider);
  TRY_ASSIGN(offer.region, row.Name(kRegion));
  TRY_ASSIGN(offer.zone, row.Name(kZone));
  TRY_ASSIGN(offer.type, row.NameThatMustBe(kType));
  TRY_ASSIGN(offer.gpu_name, row.Name(kGpuName));
  TRY_ASSIGN(const std::optional<double> gpus, row.Number(kGpuCount, kMostGpus));
  if (gpus.has_value() == offer.gpu_name.empty()) {
    return row.Bad(kGpuCount, offer.gpu_name.empty() ? "empty, as `gpu_name` is"
                                                     : "the number of GPUs that `gpu_name` needs");
  }
  offer.gpu_count = gpus.value_or(0);
  TRY_ASSIGN(offer.gpu_memory, row.Gib(kGpuMemory));
  TRY_ASSIGN(offer.vcpus, row.Number(kVcpus, kMostVcpus));
  TRY_ASSIGN(offer.memory, row.Gib(kMemory));
  TRY_ASSIGN(offer.per_hour, row.Price(kPrice));
  TRY_ASSIGN(offer.spot_per_hour, row.Price(kSpotPrice));
  TRY_ASSIGN(offer.source, row.NameThatMustBe(kSource));
  TRY_ASSIGN(offer.as_of, row.Date(kAsOf, known_date, latest));
  return {};
}

// Which line has which key, without a second copy of the keys: a hash table of positions.
class KnownKeys {
 public:
  // `rows`: about as many as will be known.
  explicit KnownKeys(size_t rows) : slots_(std::bit_ceil(rows + 16)) {}

  // The index of the offer with this one's key, or `index`, which is then known.
  size_t FirstWith(const std::vector<Offer>& offers, size_t index) {
    if (2 * index >= slots_.size()) Grow(offers, index);
    Slot& slot = SlotFor(offers, index);
    if (slot.next == 0) slot.next = static_cast<uint32_t>(index + 1);
    return slot.next - 1;
  }

 private:
  struct Slot {
    uint32_t next = 0;  // the position after the offer's; 0: free
    uint32_t tag = 0;   // another part of the hash: most others are told apart without a look
  };

  static size_t Hash(const Offer& offer) {
    size_t hash = 0;
    for (const std::string* part : {&offer.provider, &offer.region, &offer.zone, &offer.type})
      hash = hash * 0x9e3779b97f4a7c15 + std::hash<std::string>()(*part);
    return hash;
  }

  static bool HaveOneKey(const Offer& a, const Offer& b) {
    return a.type == b.type && a.region == b.region && a.zone == b.zone && a.provider == b.provider;
  }

  // Its own, or the next free one, which then has its tag.
  Slot& SlotFor(const std::vector<Offer>& offers, size_t index) {
    const size_t hash = Hash(offers[index]);
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.next == 0) slot.tag = tag;
      const bool same = slot.tag == tag && slot.next != 0;
      if (slot.next == 0 || (same && HaveOneKey(offers[slot.next - 1], offers[index]))) return slot;
    }
  }

  void Grow(const std::vector<Offer>& offers, size_t known) {
    slots_.assign(2 * slots_.size(), {});
    for (size_t i = 0; i < known; ++i) SlotFor(offers, i).next = static_cast<uint32_t>(i + 1);
  }

  std::vector<Slot> slots_;
};

// Reads one row after the other; what is wrong with one does not touch the next.
class OffersReader {
 public:
  OffersReader(std::string_view csv, std::string_view latest)
      : reader_(csv, kLongestOffer), latest_(latest), keys_(ExpectedRows(csv)) {
    file_.offers.reserve(ExpectedRows(csv));
    file_.lines.reserve(ExpectedRows(csv));
  }

  Result<OffersFile> Read() {
    TRY_ASSIGN(const bool has_header, reader_.Next(fields_));
    if (!has_header)
      return InvalidInput("line 1: the file is empty")
          .WithHint("it must begin with the names of its columns");
    TRY_ASSIGN(at_, ReadHeader(fields_));
    width_ = fields_.size();
    while (TakeRow()) {
    }
    return std::move(file_);
  }

 private:
  // The shipped rows have 90 bytes on average. A hostile file of empty lines gets no more than that
  // of a large real one.
  static size_t ExpectedRows(std::string_view csv) {
    return std::min<size_t>(csv.size() / 64, 200'000);
  }

  bool TakeRow() {
    const Result<bool> more = reader_.Next(fields_);
    if (!more.ok()) {
      Refuse(more.error().message());
      reader_.SkipBroken();
      return true;
    }
    if (*more) TakeFields();
    return *more;
  }

  void TakeFields() {
    if (fields_.size() != width_) {
      return Refuse(fmt::format("line {}: {} fields, expected {} as in line 1", reader_.line(),
                                fields_.size(), width_));
    }
    if (file_.offers.size() == kMostOffers)
      return Refuse(fmt::format("line {}: more than {} rows", reader_.line(), kMostOffers));
    const Status kept = Keep(Row(fields_, at_, reader_.line()), file_.offers.emplace_back());
    if (kept.ok()) return file_.lines.push_back(static_cast<uint32_t>(reader_.line()));
    file_.offers.pop_back();
    Refuse(kept.error().message());
  }

  // `offer` is the last of all.
  Status Keep(const Row& row, Offer& offer) {
    TRY(ReadOffer(row, known_date_, latest_, offer));
    const size_t index = file_.offers.size() - 1;
    const size_t first = keys_.FirstWith(file_.offers, index);
    if (first == index) return {};
    return InvalidInput(fmt::format("line {}: provider, region, zone and type are those of line {}",
                                    reader_.line(), file_.lines[first]));
  }

  void Refuse(std::string why) {
    ++file_.refused_count;
    if (file_.refused.size() < kMostRefusedTold) file_.refused.push_back(std::move(why));
  }

  CsvReader reader_;
  std::string_view latest_;
  std::vector<std::string_view> fields_;
  Positions at_;
  size_t width_ = 0;
  std::string_view known_date_;
  KnownKeys keys_;
  OffersFile file_;
};

}  // namespace

Result<OffersFile> ReadOffers(std::string_view csv, std::string_view latest) {
  return OffersReader(csv, latest).Read();
}

std::string_view BundledOffersCsv() { return EmbeddedOffers(); }

}  // namespace curbstop
