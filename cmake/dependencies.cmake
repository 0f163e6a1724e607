# Third-party libraries, all from the distribution. Every target made here is SYSTEM, so that
# our warnings stay ours.
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# The archive, for the agent is one static file. Without it (some cross builds) transfers are plain.
find_library(zstd_LIBRARY NAMES libzstd.a)
mark_as_advanced(zstd_LIBRARY)

if(CURBSTOP_AGENT_ONLY)
  return()
endif()

find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(libssh REQUIRED IMPORTED_TARGET libssh)

if(CURBSTOP_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
