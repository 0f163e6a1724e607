// Numbers things 0, 1, 2, … in the order in which they are first met, so that what is known of each
// can stand in a vector.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace curbstop {

template <typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
class Numbering {
 public:
  struct Numbered {
    uint32_t number = 0;
    bool is_new = false;
  };

  Numbered Of(const Key& key) {
    const auto [found, is_new] = numbers_.try_emplace(key, size());
    return {found->second, is_new};
  }

  uint32_t size() const { return static_cast<uint32_t>(numbers_.size()); }

 private:
  std::unordered_map<Key, uint32_t, Hash, Equal> numbers_;
};

// Two texts as one key; both must outlive it.
using TextPair = std::pair<std::string_view, std::string_view>;

struct TextPairHash {
  size_t operator()(const TextPair& pair) const {
    const std::hash<std::string_view> hash;
    return hash(pair.first) * 0x9e37'79b9'7f4a'7c15 + hash(pair.second);
  }
};

}  // namespace curbstop
