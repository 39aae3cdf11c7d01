# Makes call_names_64.inc and call_names_32.inc: the system calls that the kernel's headers number, in the order of their numbers.
#
# The compiler is asked for the macros, for it knows where its headers are. Sets syscall_log_names to the folder.
set(syscall_log_names ${CMAKE_BINARY_DIR}/generated/syscall_log)

foreach(width 64 32)
  file(WRITE ${syscall_log_names}/unistd_${width}.c "#include <asm/unistd_${width}.h>\n")
  execute_process(
    COMMAND ${CMAKE_C_COMPILER} -E -dM ${syscall_log_names}/unistd_${width}.c
    OUTPUT_VARIABLE macros OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ [0-9]+" macros "${macros}")
  set(rows)
  foreach(macro ${macros})
    string(REGEX REPLACE "#define __NR_([a-z0-9_]+) ([0-9]+)" "{\\2, \"\\1\"}," row "${macro}")
    list(APPEND rows "${row}")
  endforeach()
  # By number, as the search needs them: "natural" compares digits as numbers.
  list(SORT rows COMPARE NATURAL)
  list(LENGTH rows count)
  if(count LESS 300)
    message(FATAL_ERROR "<asm/unistd_${width}.h> numbers ${count} system calls only")
  endif()
  list(JOIN rows "\n" text)
  file(CONFIGURE OUTPUT ${syscall_log_names}/call_names_${width}.inc CONTENT "${text}\n" @ONLY)
endforeach()
