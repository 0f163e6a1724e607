#include "project/place.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr std::string_view kPracticePrefix = "practice:";
constexpr std::string_view kSshPrefix = "ssh:";

// The price catalogue's names for two of them.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"vastai", "vast"}, {"thundercompute", "thunder"}};

std::string Hint() {
  return fmt::format(
      "places are `auto`, `local`, `cloud`, PROVIDER[/REGION[/TYPE]], "
      "`practice:PROVIDER` and `ssh:HOST`; providers are {}",
      Join(KnownProviders(), ", "));
}

Error Unknown(std::string_view text, std::string_view name) {
  std::vector<std::string> words = KnownProviders();
  words.insert(words.end(), {"auto", "local", "cloud"});
  return InvalidInput(
             fmt::format("`{}` is not a place{}", Printable(text), DidYouMean(name, words)))
      .WithHint(Hint());
}

// Empty if there is no such provider.
std::string ProviderNamed(std::string_view name) {
  for (const auto& [alias, provider] : kAliases) {
    if (name == alias) return std::string(provider);
  }
  const std::vector<std::string>& known = KnownProviders();
  return std::find(known.begin(), known.end(), name) != known.end() ? std::string(name) : "";
}

bool IsPlain(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return IsLetter(c) || IsDigit(c) || also.find(c) != also.npos;
  });
}

Result<Place> ParseSsh(std::string_view text) {
  const std::string_view host = text.substr(kSshPrefix.size());
  if (!IsPlain(host, "._-@") || host.starts_with('-') || host.starts_with('@')) {
    return InvalidInput(fmt::format("`{}` names no host", Printable(text)))
        .WithHint("write `ssh:HOST` or `ssh:USER@HOST`, a name that `ssh` knows");
  }
  return Place{.kind = PlaceKind::kSsh, .host = std::string(host)};
}

Result<Place> ParseProvider(std::string_view text) {
  const std::vector<std::string> parts = Split(text, '/');
  Place place{.kind = PlaceKind::kProvider, .provider = ProviderNamed(parts[0])};
  if (place.provider.empty()) return Unknown(text, parts[0]);
  const bool plain = std::all_of(parts.begin() + 1, parts.end(),
                                 [](const std::string& part) { return IsPlain(part, "._-:"); });
  if (parts.size() > 3 || !plain) {
    return InvalidInput(fmt::format("`{}` is not PROVIDER[/REGION[/TYPE]]", Printable(text)))
        .WithHint("for instance `aws/us-east-1/g5.xlarge`");
  }
  if (parts.size() > 1) place.region = parts[1];
  if (parts.size() > 2) place.type = parts[2];
  return place;
}

}  // namespace

const std::vector<std::string>& KnownProviders() {
  static const std::vector<std::string> kProviders{"aws",    "azure",   "gcp", "lambda",
                                                   "runpod", "thunder", "vast"};
  return kProviders;
}

Result<Place> ParsePlace(std::string_view text) {
  if (text == "auto") return Place{.kind = PlaceKind::kAuto};
  if (text == "local") return Place{.kind = PlaceKind::kLocal};
  if (text == "cloud") return Place{.kind = PlaceKind::kCloud};
  if (text.starts_with(kSshPrefix)) return ParseSsh(text);
  if (text == "practice" || text == kPracticePrefix) {
    return InvalidInput(fmt::format("`{}` does not say whose machines", text))
        .WithHint("write `practice:vast` or `practice:runpod`");
  }
  if (!text.starts_with(kPracticePrefix)) return ParseProvider(text);
  const std::string_view name = text.substr(kPracticePrefix.size());
  Place place{.kind = PlaceKind::kPractice, .provider = ProviderNamed(name)};
  if (place.provider.empty()) return Unknown(text, name);
  return place;
}

std::string PlaceText(const Place& place) {
  switch (place.kind) {
    case PlaceKind::kAuto: return "auto";
    case PlaceKind::kLocal: return "local";
    case PlaceKind::kCloud: return "cloud";
    case PlaceKind::kPractice: return "practice:" + place.provider;
    case PlaceKind::kSsh: return "ssh:" + place.host;
    case PlaceKind::kProvider: break;
  }
  std::string text = place.provider;
  if (!place.region.empty()) text += "/" + place.region;
  if (!place.type.empty()) text += "/" + place.type;
  return text;
}

bool IsPractice(std::string_view place) { return place.starts_with(kPracticePrefix); }

}  // namespace curbstop
