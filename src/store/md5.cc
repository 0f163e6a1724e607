#include "store/md5.h"

#include <algorithm>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kTextSample = 512;

bool IsTextByte(unsigned char byte) {
  return (byte >= 32 && byte <= 126) || byte == '\n' || byte == '\r' || byte == '\t' ||
         byte == '\f' || byte == '\b';
}

bool LooksLikeText(std::string_view block) {
  const std::string_view sample = block.substr(0, kTextSample);
  if (sample.find('\0') != sample.npos) return false;
  const auto foreign = std::count_if(sample.begin(), sample.end(), [](char byte) {
    return !IsTextByte(static_cast<unsigned char>(byte));
  });
  return static_cast<size_t>(foreign) * 10 <= sample.size() * 3;
}

std::string WithUnixLines(std::string_view block) {
  std::string text;
  text.reserve(block.size());
  for (size_t i = 0; i < block.size(); ++i) {
    if (block[i] == '\r' && i + 1 < block.size() && block[i + 1] == '\n') continue;
    text += block[i];
  }
  return text;
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexOf(const Md5& digest) { return Hex(digest.bytes); }

std::optional<Md5> ParseMd5(std::string_view text) {
  Md5 digest;
  if (text.size() != 2 * digest.bytes.size()) return std::nullopt;
  for (size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

struct Md5Hasher::Context {
  EVP_MD_CTX* state = EVP_MD_CTX_new();
  Context() { Start(EVP_md5()); }
  ~Context() { EVP_MD_CTX_free(state); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  // Starting again with no algorithm named keeps the one fetched: a fetch costs more than hashing
  // a small file.
  void Start(const EVP_MD* algorithm) {
    CHECK(state != nullptr && EVP_DigestInit_ex(state, algorithm, nullptr) == 1);
  }
};

Md5Hasher::Md5Hasher(HashKind kind) : context_(std::make_unique<Context>()), kind_(kind) {}
Md5Hasher::~Md5Hasher() = default;

void Md5Hasher::Update(std::string_view block) {
  if (kind_ == HashKind::kMd5Dos2Unix && LooksLikeText(block)) {
    const std::string text = WithUnixLines(block);
    CHECK(EVP_DigestUpdate(context_->state, text.data(), text.size()) == 1);
    return;
  }
  CHECK(EVP_DigestUpdate(context_->state, block.data(), block.size()) == 1);
}

Md5 Md5Hasher::Finish() {
  Md5 digest;
  CHECK(EVP_DigestFinal_ex(context_->state, digest.bytes.data(), nullptr) == 1);
  context_->Start(nullptr);
  return digest;
}

Md5 Md5Of(std::string_view content, HashKind kind) {
  Md5Hasher hasher(kind);
  do {
    hasher.Update(content.substr(0, kHashBlock));
    content.remove_prefix(std::min(kHashBlock, content.size()));
  } while (!content.empty());
  return hasher.Finish();
}

}  // namespace curbstop
