// Files that travel inside the program (prices, schemas), put there by `curbstop_embed`.
#pragma once

#include <string_view>

// Declares `std::string_view NAME()` over the bytes of the embedded file.
#define CURBSTOP_EMBEDDED(symbol, function)                                                 \
  extern "C" const char curbstop_##symbol##_begin[];                                        \
  extern "C" const char curbstop_##symbol##_end[];                                          \
  static std::string_view function() {                                                      \
    return {curbstop_##symbol##_begin,                                                      \
            static_cast<std::size_t>(curbstop_##symbol##_end - curbstop_##symbol##_begin)}; \
  }
