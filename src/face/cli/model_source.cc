#include "face/cli/model_source.h"

#include "sys/environment.h"
#include "sys/http/http_client.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

constexpr std::chrono::seconds kMostReading{120};  // of a model's headers on the web

// The key of gated models goes to their hub and to nobody else.
Secret HubKey(const std::string& url, CommandContext& context) {
  if (!url.starts_with("https://huggingface.co/")) return {};
  const std::string key = ReadVariable("HF_TOKEN");
  if (!key.empty()) return Secret(key);
  const SecretStore secrets(context.directories, context.processes, context.files,
                            KeyringIsThere());
  Result<Secret> kept = secrets.Get("HF_TOKEN");
  return kept.ok() ? *std::move(kept) : Secret();
}

}  // namespace

bool IsModelSource(const std::string& word, const CommandContext& context) {
  return fit::IsWebAddress(word) || fit::IsModelFile(context.folder, word);
}

Result<fit::ModelFile> ReadModelSource(const std::string& word, CommandContext& context) {
  if (!fit::IsWebAddress(word)) return fit::ReadModelFile(context.folder / word);
  RealHttpClient http;
  const fit::WebReach reach{.http = http,
                            .clock = context.clock,
                            .until = context.clock.Boot() + kMostReading,
                            .bearer = HubKey(word, context)};
  return fit::ReadModelAt(word, reach);
}

}  // namespace curbstop
