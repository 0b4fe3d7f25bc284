# Compiler flags, ccache and linker; everything here is the same for every target.
option(TRIMTAB_WERROR "Warnings are errors" OFF)
option(TRIMTAB_ASSERTIONS "Keep assert() in optimised builds" OFF)
set(TRIMTAB_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT TRIMTAB_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(TRIMTAB_WERROR)
  add_compile_options(-Werror)
endif()
if(TRIMTAB_ASSERTIONS)
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
if(TRIMTAB_SANITIZE)
  # Line tables are enough for a sanitizer's report, and full debug information would double the time of the build.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  add_compile_options(-fsanitize=${TRIMTAB_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TRIMTAB_SANITIZE})
endif()
