# Functions for the layers of the source tree.

# Warnings, sanitizers and the include root, for every target of the project.
function(cotrace_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough -Wswitch-enum -Werror)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  if(COTRACE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${COTRACE_SANITIZE} -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${COTRACE_SANITIZE})
  endif()
endfunction()

# cotrace_layer(NAME [USES layer...] [LIBRARIES target...]): the static library of src/NAME and its sub-folders. A folder without
# sources yet makes a target without code.
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
endfunction()
