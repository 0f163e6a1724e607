#include "run/away/own_place.h"

#include "sys/environment.h"

namespace curbstop {
namespace {

bool IsKey(std::string_view name) {
  return name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY" ||
         name == "AWS_SESSION_TOKEN";
}

std::string FromSecrets(std::string_view name, const SecretStore& secrets) {
  if (!IsKey(name)) return "";
  const Result<Secret> secret = secrets.Get(name);
  return secret.ok() ? secret->Reveal() : "";
}

}  // namespace

Result<NamedPlace> OpenOwnPlace(const PlaceWish& wish, const SecretStore& secrets, Clock& clock) {
  const auto find = [&](std::string_view name) -> std::string {
    if (name == "AWS_REGION" && !wish.region.empty()) return wish.region;
    if (name == "AWS_ENDPOINT_URL_S3" && !wish.endpoint.empty()) return wish.endpoint;
    if (std::string value = ReadVariable(name); !value.empty()) return value;
    return FromSecrets(name, secrets);
  };
  Result<NamedPlace> opened = NamedPlace::Open(wish.url, find, clock);
  if (opened.ok() || opened.error().kind() != ErrorKind::kDenied) return opened;
  return std::move(opened).error().WithHint(
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or `curbstop secret "
      "set` each of them");
}

}  // namespace curbstop
