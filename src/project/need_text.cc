#include "project/need_text.h"

#include <fmt/format.h>

#include "base/fields.h"
#include "base/text.h"
#include "project/internal/step_codecs.h"
#include "project/yaml.h"

namespace curbstop {

Result<Need> ParseNeed(std::string_view text, std::string_view option) {
  const NodeSource source{std::string(option)};
  const std::string braced =
      Trim(text).starts_with('{') ? std::string(text) : fmt::format("{{{}}}", text);
  TRY_ASSIGN(const Node node, ParseYaml(braced, source));
  return ReadFields<Need>(node, source);
}

}  // namespace curbstop
