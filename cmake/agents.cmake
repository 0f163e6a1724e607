# `curbstop-agent` as it travels: optimised, static, stripped, for each processor. A build of its own
# with CURBSTOP_AGENT_ONLY, which needs headers and a compiler alone.
#
#   cmake --build build/release --target agents    # → curbstop-agent-x86_64, curbstop-agent-aarch64
#
# In release builds they are part of `all`. An arm64 one is made where the cross compiler is.
include(ExternalProject)
add_custom_target(agents)

function(curbstop_agent_for PROCESSOR)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    set(excluded FALSE)
  else()
    set(excluded TRUE)
  endif()
  ExternalProject_Add(agent_${PROCESSOR}
    SOURCE_DIR ${CMAKE_SOURCE_DIR}
    BINARY_DIR ${CMAKE_BINARY_DIR}/agent-${PROCESSOR}
    CMAKE_ARGS -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-Os -ffunction-sections -fdata-sections"
               -DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections -DCURBSTOP_AGENT_ONLY=ON
               -DCURBSTOP_TESTS=OFF ${ARGN}
    BUILD_ALWAYS TRUE
    INSTALL_COMMAND ${CMAKE_COMMAND} -E copy_if_different <BINARY_DIR>/curbstop-agent
                    ${CMAKE_BINARY_DIR}/curbstop-agent-${PROCESSOR}
    EXCLUDE_FROM_ALL ${excluded})
  add_dependencies(agents agent_${PROCESSOR})
endfunction()

curbstop_agent_for(${CMAKE_SYSTEM_PROCESSOR} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER})
find_program(CURBSTOP_AARCH64_CXX aarch64-linux-gnu-g++)
if(CURBSTOP_AARCH64_CXX AND NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  curbstop_agent_for(aarch64 -DCMAKE_TOOLCHAIN_FILE=${CMAKE_SOURCE_DIR}/cmake/toolchain-aarch64.cmake)
endif()
