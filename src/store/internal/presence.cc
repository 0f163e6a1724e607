#include "store/internal/presence.h"

#include "sys/files.h"

namespace curbstop {

bool Presence::Has(const ObjectId& id) {
  constexpr int kFewQuestions = 8;
  const std::string place = ObjectPlace(id);
  Prefix& prefix = prefixes_[place.substr(0, 2)];
  if (!prefix.listed && ++prefix.asked <= kFewQuestions) return Exists(objects_ / place);
  if (!prefix.listed) {
    prefix.listed = true;
    const auto entries = ListFolder(objects_ / place.substr(0, 2));
    if (entries.ok()) {
      for (const FolderEntry& entry : *entries) prefix.names.insert(entry.name);
    }
  }
  return prefix.names.contains(place.substr(3));
}

}  // namespace curbstop
