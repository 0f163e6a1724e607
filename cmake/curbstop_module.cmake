# One room of the house: a static library, its public headers, its test program.
#
#   curbstop_module(fit
#     DEPS base machine            # other rooms: link line and include permission in one place
#     LIBS SQLite::SQLite3         # third-party targets, private
#     HEADERS estimate.h           # what other rooms may include
#     SOURCES estimate.cc          # listed by name, never globbed
#     TESTING testing/fake_x.cc    # fakes for other rooms' tests, library NAME_testing
#     TESTS estimate_test.cc)      # test program NAME_test
#
# tools/check_layers.py reads these calls; keep each keyword's list plain.
add_library(curbstop_options INTERFACE)
target_include_directories(curbstop_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(curbstop_options INTERFACE _GLIBCXX_ASSERTIONS
  $<$<BOOL:${CURBSTOP_FAILPOINTS}>:CURBSTOP_FAILPOINTS>)
target_compile_options(curbstop_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wsuggest-override -Wundef -Wformat=2 -Wextra-semi
  -Wno-missing-field-initializers)  # {.name = value}: the other members keep their defaults
# g++ 12 sees uninitialised members in moved std::variants where it inlines, at -O1 now and then and
# at -O2 often; there are none, and a build must not turn on which line it happens to inline.
target_compile_options(curbstop_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(DEFINED ENV{CI} OR CURBSTOP_WERROR)
  target_compile_options(curbstop_options INTERFACE -Werror)
endif()

function(curbstop_module NAME)
  cmake_parse_arguments(M "" "" "DEPS;LIBS;HEADERS;SOURCES;TESTING;TESTS;TEST_DEPS" ${ARGN})
  add_library(${NAME} STATIC ${M_SOURCES})
  target_link_libraries(${NAME} PUBLIC curbstop_options ${M_DEPS} PRIVATE ${M_LIBS})
  target_sources(${NAME} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${M_HEADERS})
  if(M_TESTING AND CURBSTOP_TESTS)
    add_library(${NAME}_testing STATIC ${M_TESTING})
    target_link_libraries(${NAME}_testing PUBLIC ${NAME})
  endif()
  if(M_TESTS AND CURBSTOP_TESTS)
    add_executable(${NAME}_test ${M_TESTS})
    target_link_libraries(${NAME}_test PRIVATE ${NAME} ${M_TEST_DEPS} GTest::gtest_main GTest::gmock rapidcheck)
    if(TARGET ${NAME}_testing)
      target_link_libraries(${NAME}_test PRIVATE ${NAME}_testing)
    endif()
    target_compile_definitions(${NAME}_test PRIVATE
      CURBSTOP_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}" CURBSTOP_BINARY_DIR="${CMAKE_BINARY_DIR}")
    target_precompile_headers(${NAME}_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    add_test(NAME ${NAME}_test COMMAND ${NAME}_test)
    set_property(GLOBAL APPEND PROPERTY CURBSTOP_TEST_PROGRAMS ${NAME}_test)
  endif()
endfunction()

# A libFuzzer program NAME_fuzz over a room, in the `fuzz` preset; its corpus is tests/fuzz/NAME.
if(CURBSTOP_FUZZERS)
  add_custom_target(fuzzers)
endif()
function(curbstop_fuzzer NAME ROOM SOURCE)
  if(CURBSTOP_FUZZERS)
    add_executable(${NAME}_fuzz ${SOURCE})
    target_link_libraries(${NAME}_fuzz PRIVATE ${ROOM})
    target_compile_definitions(${NAME}_fuzz PRIVATE CURBSTOP_FUZZER)
    target_link_options(${NAME}_fuzz PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${NAME}_fuzz)
  endif()
endfunction()

# A file's bytes inside the program: EmbeddedFile SYMBOL_begin/SYMBOL_end, see base/embedded.h.
function(curbstop_embed NAME SYMBOL FILE)
  get_filename_component(path ${FILE} ABSOLUTE)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${SYMBOL}.S)
  file(CONFIGURE OUTPUT ${assembly} CONTENT
"  .section .rodata
  .global curbstop_@SYMBOL@_begin
  .global curbstop_@SYMBOL@_end
curbstop_@SYMBOL@_begin:
  .incbin \"@path@\"
curbstop_@SYMBOL@_end:
  .byte 0
  .section .note.GNU-stack,\"\",%progbits
" @ONLY)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${path})
  target_sources(${NAME} PRIVATE ${assembly})
endfunction()
