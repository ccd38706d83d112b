# Turns storage/migrations/<dialect>/NNNN_name.sql into a source file of the
# storage library: the program carries its schema. Included, it adds the rule;
# run as a script (-DSOURCE=... -DOUTPUT=...), it writes the file.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  file(GLOB migration_files CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/storage/migrations/*/*.sql)
  set(embedded ${PROJECT_BINARY_DIR}/storage/embedded_migrations.cpp)
  add_custom_command(OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}/storage/migrations
      -DOUTPUT=${embedded} -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${migration_files} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Embedding migrations" VERBATIM)
  target_sources(callboard_storage PRIVATE ${embedded})
  return()
endif()

set(text "// Made by embed_migrations.cmake.\n#include \"storage/migrate.hpp\"\n\n")
string(APPEND text "#include <array>\n\nnamespace callboard::storage {\n\nnamespace {\n")
foreach(dialect postgres sqlite)
  file(GLOB files ${SOURCE}/${dialect}/*.sql)
  list(SORT files)
  list(LENGTH files count)
  string(APPEND text "\nconstexpr std::array<migration, ${count}> ${dialect}_files{{\n")
  set(expected 0)
  foreach(file ${files})
    get_filename_component(stem ${file} NAME_WE)
    if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: the name must be NNNN_name.sql")
    endif()
    set(name ${CMAKE_MATCH_2})
    math(EXPR expected "${expected} + 1")
    string(REGEX REPLACE "^0+" "" version ${CMAKE_MATCH_1})
    if(NOT version EQUAL expected)
      message(FATAL_ERROR "${file}: the next number is ${expected}")
    endif()
    file(SHA256 ${file} checksum)
    file(READ ${file} script)
    string(APPEND text "  {${version}, \"${name}\",\n   \"${checksum}\",\n   R\"sql(${script})sql\"},\n")
  endforeach()
  string(APPEND text "}};\n")
endforeach()
string(APPEND text "\n} // namespace\n\n"
  "std::span<const migration> migrations(dialect_kind dialect) {\n"
  "  if (dialect == dialect_kind::postgres)\n    return postgres_files;\n"
  "  return sqlite_files;\n}\n\n} // namespace callboard::storage\n")
file(WRITE ${OUTPUT} "${text}")
