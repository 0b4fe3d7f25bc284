# Compiler flags, ccache and linker; everything here is the same for every target.
option(TRIMTAB_WERROR "Warnings are errors" OFF)
option(TRIMTAB_ASSERTIONS "Keep assert() in optimised builds" OFF)
set(TRIMTAB_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # What precompiled headers want of it: see "Precompiled headers" in its manual.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1 ${CCACHE_PROGRAM})
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT TRIMTAB_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

foreach(flag -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:${flag}>)
endforeach()
if(TRIMTAB_WERROR)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(TRIMTAB_ASSERTIONS)
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
# Tests, the command line and the window run too shortly to be optimised much; under sanitizers optimising costs half of their build.
set(TRIMTAB_LITTLE_OPTIMISED $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O1>)
if(TRIMTAB_SANITIZE)
  set(TRIMTAB_LITTLE_OPTIMISED $<$<COMPILE_LANGUAGE:CXX>:-O0>)
  # Line tables are enough for a sanitizer's report, and full debug information would double the time of the build.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  if(TRIMTAB_FUZZ)
    add_compile_options(-fno-sanitize-recover=all)
  endif()
  add_compile_options(-fsanitize=${TRIMTAB_SANITIZE} -fno-omit-frame-pointer)
  if(TRIMTAB_SANITIZE MATCHES undefined AND NOT TRIMTAB_FUZZ)
    # AddressSanitizer reports a null pointer where it is read. Both checks at every access would double the build.
    add_compile_options(-fno-sanitize=null,alignment)
  endif()
  # GCC 12's constant propagation between functions crashes on precompiled headers with sanitizers (second_order/compensation.cpp).
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-ipa-cp>)
  add_link_options(-fsanitize=${TRIMTAB_SANITIZE})
endif()

# For a folder that reads bytes as numbers: UndefinedBehaviorSanitizer checks alignment there.
macro(trimtab_check_alignment)
  if(TRIMTAB_SANITIZE MATCHES undefined)
    add_compile_options(-fsanitize=alignment)
  endif()
endmacro()
