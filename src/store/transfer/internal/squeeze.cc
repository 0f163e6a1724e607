#include "store/transfer/internal/squeeze.h"

#include <algorithm>

#include "base/check.h"

#ifdef CURBSTOP_ZSTD
#include <zstd.h>
#endif

namespace curbstop {

#ifdef CURBSTOP_ZSTD

namespace {

constexpr int kLevel = 1;           // faster than any link it is used on
constexpr int kMostWindowLog = 23;  // 8 MiB, whatever the other side asks for

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

struct Squeezer::State {
  std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
};
struct Expander::State {
  std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
  bool holds_more = false;  // the last answer filled its room
};

bool CanSqueeze() { return true; }

Squeezer::Squeezer(bool plain) {
  if (plain) return;
  state_ = std::make_unique<State>();
  CHECK(state_->context != nullptr);
  ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_compressionLevel, kLevel);
}

void Squeezer::Press(std::string_view bytes, bool flush, std::string& out) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  char buffer[64 << 10];
  for (;;) {
    ZSTD_outBuffer piece{buffer, sizeof buffer, 0};
    const size_t rest = ZSTD_compressStream2(state_->context.get(), &piece, &in,
                                             flush ? ZSTD_e_flush : ZSTD_e_continue);
    CHECK(!ZSTD_isError(rest));
    out.append(buffer, piece.pos);
    if (in.pos == in.size && (!flush || rest == 0)) return;
  }
}

Expander::Expander(bool plain) {
  if (plain) return;
  state_ = std::make_unique<State>();
  CHECK(state_->context != nullptr);
  ZSTD_DCtx_setParameter(state_->context.get(), ZSTD_d_windowLogMax, kMostWindowLog);
}

Result<bool> Expander::ExpandPressed(std::string_view& bytes, size_t most, std::string& out) {
  char buffer[64 << 10];
  // Asked again and again for nothing, the library calls it an error.
  if (most == 0 || (bytes.empty() && !state_->holds_more)) return false;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer piece{buffer, std::min(sizeof buffer, most), 0};
  const size_t rest = ZSTD_decompressStream(state_->context.get(), &piece, &in);
  if (ZSTD_isError(rest)) return Corrupt("what came over the link is no zstd stream");
  state_->holds_more = piece.pos == piece.size;
  bytes.remove_prefix(in.pos);
  out.append(buffer, piece.pos);
  return in.pos > 0 || piece.pos > 0;
}

#else

struct Squeezer::State {};
struct Expander::State {};
bool CanSqueeze() { return false; }
Squeezer::Squeezer(bool plain) { CHECK(plain); }
void Squeezer::Press(std::string_view, bool, std::string&) {}
Expander::Expander(bool plain) { CHECK(plain); }
Result<bool> Expander::ExpandPressed(std::string_view&, size_t, std::string&) { return false; }

#endif

Squeezer::Squeezer(Squeezer&&) noexcept = default;
Squeezer& Squeezer::operator=(Squeezer&&) noexcept = default;
Squeezer::~Squeezer() = default;
Expander::Expander(Expander&&) noexcept = default;
Expander& Expander::operator=(Expander&&) noexcept = default;
Expander::~Expander() = default;

void Squeezer::Add(std::string_view bytes, std::string& out) {
  if (!state_) {
    out += bytes;
  } else {
    Press(bytes, false, out);
  }
}

void Squeezer::Flush(std::string& out) {
  if (state_) Press({}, true, out);
}

Result<bool> Expander::Expand(std::string_view& in, size_t most, std::string& out) {
  if (state_) return ExpandPressed(in, most, out);
  const size_t count = std::min(in.size(), most);
  out += in.substr(0, count);
  in.remove_prefix(count);
  return count > 0;
}

}  // namespace curbstop
