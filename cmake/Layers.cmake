# Functions for the layers of the source tree.

# Warnings, sanitizers and the include root, for every target of the project. Warnings are errors with GCC, the compiler that
# the project is built with; clang builds the fuzzers only and warns of other things from release to release.
# Leaving fields out is what designated initialisers are for.
function(cotrace_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
    -Wno-missing-field-initializers -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wswitch-enum
    $<$<CXX_COMPILER_ID:GNU>:-Werror>)
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  # -iquote, not -I: <linux/kcmp.h> is the kernel's, "linux/kcmp.h" is ours.
  target_compile_options(${target} PRIVATE "SHELL:-iquote ${PROJECT_SOURCE_DIR}/src")
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  if(COTRACE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${COTRACE_SANITIZE} -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${COTRACE_SANITIZE})
  endif()
  if(COTRACE_FUZZERS)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
  endif()
endfunction()

# cotrace_layer(NAME [USES layer...] [LIBRARIES target...]): the static library of src/NAME and its sub-folders. A folder without
# sources yet makes a target without code. USES is what its files may include (tests/structure/include_graph.py reads
# these lines), LIBRARIES which libraries.
function(cotrace_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM ARG_USES PREPEND cotrace_)
  if(sources)
    add_library(cotrace_${name} STATIC ${sources})
    cotrace_options(cotrace_${name})
    target_link_libraries(cotrace_${name} PRIVATE ${ARG_USES} ${ARG_LIBRARIES})
  else()
    add_library(cotrace_${name} INTERFACE)
    target_link_libraries(cotrace_${name} INTERFACE ${ARG_USES} ${ARG_LIBRARIES})
  endif()
  set_property(GLOBAL PROPERTY COTRACE_LIBRARIES_${name} ${ARG_LIBRARIES})
endfunction()
