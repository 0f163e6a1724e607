#include "market/offer_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kTableWidth = 100;
constexpr size_t kLeastPlace = 14;
constexpr size_t kGap = 2;  // between columns

// The start of the UTF-8 character that the byte at `at` belongs to.
size_t CharacterStart(const std::string& text, size_t at) {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::string CountText(double count) { return fmt::format("{:.4g}", count); }

}  // namespace

std::string RateText(MicroUsd rate) {
  const int64_t ten_thousandths = (rate.value() + 99) / 100;
  return fmt::format("{}.{:04}", ten_thousandths / 10'000, ten_thousandths % 10'000);
}

std::string Shortened(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  const size_t front = (most - 1) / 2;
  const size_t back = text.size() - (most - 1 - front);
  return text.substr(0, CharacterStart(text, front)) + "…" +
         text.substr(CharacterStart(text, back));
}

std::string ShortPlace(const std::string& place, size_t most) {
  const size_t first = place.find('/');
  const size_t second = place.find('/', first + 1);
  if (place.size() <= most || first == place.npos || second == place.npos)
    return Shortened(place, most);
  const size_t over = place.size() - most;
  const size_t region = second - first - 1;
  constexpr size_t kLeastType = 8;
  const std::string provider = place.substr(0, first + 1) + "…";
  if (over + 3 > region && CodePoints(provider) + kLeastType > most && CodePoints(provider) <= most)
    return provider;
  if (over + 3 > region && CodePoints(provider) < most) {
    const size_t rest = most - CodePoints(provider);
    return provider + place.substr(CharacterStart(place, place.size() - rest));
  }
  if (over + 3 > region) return Shortened(place, most);
  return place.substr(0, CharacterStart(place, second - over - 1)) + "…" + place.substr(second);
}

std::string CpuText(std::optional<double> cpus, std::optional<Bytes> memory) {
  std::string text = cpus ? CountText(*cpus) + " CPU" : "";
  if (memory) text += fmt::format("{}{}", text.empty() ? "" : ", ", BytesText(*memory));
  return text;
}

std::string HardwareText(const Offer& offer) {
  if (offer.gpu_name.empty()) return CpuText(offer.vcpus, offer.memory);
  return offer.gpu_count == 1 ? offer.gpu_name
                              : fmt::format("{}x {}", CountText(offer.gpu_count), offer.gpu_name);
}

void FitPlaces(std::vector<std::vector<std::string>>& table) {
  const auto place = static_cast<size_t>(std::find(table[0].begin(), table[0].end(), kPlaceColumn) -
                                         table[0].begin());
  size_t others = 0;
  for (size_t column = 0; column < table[0].size(); ++column) {
    size_t width = 0;
    for (const std::vector<std::string>& cells : table)
      width = std::max(width, CodePoints(cells[column]));
    if (column != place) others += width + kGap;
  }
  const size_t most = std::max(kLeastPlace, kTableWidth - std::min(others, kTableWidth));
  for (size_t row = 1; row < table.size(); ++row) {
    std::string& cell = table[row][place];
    const size_t plus = std::min(cell.rfind(" +"), cell.size());
    const std::string more = cell.substr(plus);
    cell = ShortPlace(cell.substr(0, plus), most - more.size()) + more;
  }
}

}  // namespace curbstop
