# Headers that are read once and not once a source: about a third of the time that a build from nothing takes. A target shares them when its
# flags are those they were compiled with, so there is one set for libraries and one for tests, which are programs.
option(TRIMTAB_PRECOMPILED "Read the headers that all sources share once" ON)
if(TRIMTAB_FUZZ)
  set(TRIMTAB_PRECOMPILED OFF)
endif()

# trimtab_own_precompiled(TARGET header …): headers that TARGET compiles for itself, and for those that take them from it.
# Two precompiled files of the same headers differ, so ccache is given what they depend on to tell them by (its option pch_external_checksum).
file(SHA256 ${CMAKE_SOURCE_DIR}/cmake/precompiled/library.h library_header)
file(SHA256 ${CMAKE_SOURCE_DIR}/cmake/precompiled/test.h test_header)
function(trimtab_own_precompiled target)
  if(TRIMTAB_PRECOMPILED)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.gch.sum
      "${CMAKE_CXX_COMPILER_VERSION} ${library_header} ${test_header} fmt ${fmt_VERSION} json ${nlohmann_json_VERSION} "
      "expected ${tl-expected_VERSION} GTest ${GTest_VERSION} CLI11 ${CLI11_VERSION} Qt ${Qt6_VERSION}")
  endif()
endfunction()

if(TRIMTAB_PRECOMPILED)
  add_library(precompiled_library OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled/empty.cpp)
  target_link_libraries(precompiled_library PRIVATE nlohmann_json::nlohmann_json tl::expected spdlog::spdlog fmt::fmt Threads::Threads)
  trimtab_own_precompiled(precompiled_library ${CMAKE_SOURCE_DIR}/cmake/precompiled/library.h)
  if(TRIMTAB_TESTS)
    add_executable(precompiled_test ${CMAKE_SOURCE_DIR}/cmake/precompiled/empty.cpp)
    set_target_properties(precompiled_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    target_include_directories(precompiled_test PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(precompiled_test PRIVATE nlohmann_json::nlohmann_json tl::expected spdlog::spdlog fmt::fmt Threads::Threads GTest::gmock_main)
    target_compile_options(precompiled_test PRIVATE ${TRIMTAB_LITTLE_OPTIMISED})
    trimtab_own_precompiled(precompiled_test ${CMAKE_SOURCE_DIR}/cmake/precompiled/test.h)
  endif()
endif()

# trimtab_precompile(TARGET library|test)
# GCC no longer knows which of the precompiled headers are the system's, and says of std::string's copies what it elsewhere keeps to itself
# (false: gcc.gnu.org/PR105329, PR105651). The sanitizer presets look for what these warnings are meant to find.
function(trimtab_precompile target kind)
  if(TRIMTAB_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-array-bounds$<SEMICOLON>-Wno-restrict$<SEMICOLON>-Wno-stringop-overflow$<SEMICOLON>-Wno-stringop-overread>)
  endif()
endfunction()
