# What `cmake --install` puts down: the program, its man page, the public headers, and two static libraries, each with a CMake
# target and a pkg-config file. Component `gdbserver`, only when asked for: the name under which cotrace is a drop-in.
include(CMakePackageConfigHelpers)

# A library that a layer links, as a linker flag for pkg-config. A new one must be added here, and its package to
# cotraceConfig.cmake.in.
function(cotrace_linker_flag out library)
  set(fmt::fmt-header-only "")
  set(spdlog::spdlog_header_only "")
  set(Zydis::Zydis -lZydis)
  set(Threads::Threads -pthread)
  if(NOT DEFINED ${library})
    message(FATAL_ERROR "cmake/Install.cmake does not know how to hand on ${library}")
  endif()
  set(${out} ${${library}} PARENT_SCOPE)
endfunction()

# cotrace_archive(NAME DESCRIPTION text LAYERS layer...): libcotrace-NAME.a of the objects of these layers, and the target
# cotrace::NAME, here and for those who install it. A program may link both archives: what they share is the same object files.
function(cotrace_archive name)
  cmake_parse_arguments(ARG "" "DESCRIPTION" "LAYERS" ${ARGN})
  set(target cotrace-${name})
  add_library(${target} STATIC)
  add_library(cotrace::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_23)
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set(libraries)
  foreach(layer ${ARG_LAYERS})
    get_target_property(type cotrace_${layer} TYPE)
    if(type STREQUAL STATIC_LIBRARY)
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:cotrace_${layer}>)
    endif()
    get_property(used GLOBAL PROPERTY COTRACE_LIBRARIES_${layer})
    list(APPEND libraries ${used})
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  set(COTRACE_PC_LIBS)
  foreach(library ${libraries})
    # LINK_ONLY: what the library is made with is not in its headers.
    target_link_libraries(${target} INTERFACE $<LINK_ONLY:${library}>)
    cotrace_linker_flag(flag ${library})
    string(APPEND COTRACE_PC_LIBS " ${flag}")
  endforeach()
  set(COTRACE_PC_NAME ${target})
  set(COTRACE_PC_DESCRIPTION ${ARG_DESCRIPTION})
  file(RELATIVE_PATH COTRACE_PC_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/cotrace.pc.in ${PROJECT_BINARY_DIR}/${target}.pc @ONLY)
  install(TARGETS ${target} EXPORT cotraceTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${PROJECT_BINARY_DIR}/${target}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

cotrace_archive(core DESCRIPTION "Many tracers on one Linux process: the tracing core of cotrace"
  LAYERS trace linux arch ax base)
cotrace_archive(stub DESCRIPTION "A gdb stub for emulators: the protocol of cotrace without ptrace"
  LAYERS embed session rsp ax arch base)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cotrace)
configure_package_config_file(cmake/cotraceConfig.cmake.in ${PROJECT_BINARY_DIR}/cotraceConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cotraceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cotraceConfig.cmake ${PROJECT_BINARY_DIR}/cotraceConfigVersion.cmake
  DESTINATION ${package_dir})
install(EXPORT cotraceTargets NAMESPACE cotrace:: DESTINATION ${package_dir})
install(DIRECTORY include/cotrace DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(TARGET cotrace)
  install(TARGETS cotrace RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(CODE "file(CREATE_LINK cotrace
    \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/gdbserver\" SYMBOLIC)"
    COMPONENT gdbserver EXCLUDE_FROM_ALL)
endif()

find_program(SCDOC scdoc)
set(man_source ${PROJECT_SOURCE_DIR}/docs/cotrace.1.scd)
if(SCDOC AND EXISTS ${man_source})
  set(man_page ${PROJECT_BINARY_DIR}/cotrace.1)
  add_custom_command(OUTPUT ${man_page} COMMAND sh -c "'${SCDOC}' < '${man_source}' > '${man_page}'" VERBATIM
    DEPENDS ${man_source})
  add_custom_target(man ALL DEPENDS ${man_page})
  install(FILES ${man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
