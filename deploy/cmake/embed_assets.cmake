# Puts the files of the API pages into the net library. Included, it adds the
# rules; run as a script (-DOUTPUT=... -DFILES=name=type=path;...), it writes
# the assembler file with their bytes and the table of them.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  enable_language(ASM)
  set(script text/javascript)
  set(own ${PROJECT_SOURCE_DIR}/console/api)
  set(modules ${PROJECT_SOURCE_DIR}/console/node_modules)
  set(assets
    "swagger.html=text/html=${own}/swagger.html"
    "swagger.js=${script}=${own}/swagger.js"
    "swagger-ui.css=text/css=${modules}/swagger-ui-dist/swagger-ui.css"
    "swagger-ui-bundle.js=${script}=${modules}/swagger-ui-dist/swagger-ui-bundle.js"
    "redoc.html=text/html=${own}/redoc.html"
    "redoc.css=text/css=${own}/redoc.css"
    "redoc.js=${script}=${own}/redoc.js"
    "redoc.standalone.js=${script}=${modules}/redoc/bundles/redoc.standalone.js")
  set(own_files ${own}/swagger.html ${own}/swagger.js ${own}/redoc.html ${own}/redoc.css ${own}/redoc.js)
  set(output ${PROJECT_BINARY_DIR}/net/embedded_assets)
  callboard_npm(console)
  add_custom_command(OUTPUT ${output}.cpp ${output}.S
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} "-DFILES=${assets}" -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${own_files} ${npm_console} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Embedding the API pages" VERBATIM)
  target_sources(callboard_net PRIVATE ${output}.cpp ${output}.S)
  set_source_files_properties(${output}.S PROPERTIES OBJECT_DEPENDS "${own_files};${npm_console}")
  return()
endif()

# Redoc would fetch its logo from its maker's server; an empty picture does.
set(logo "https://cdn.redoc.ly/redoc/logo-mini.svg")
set(no_logo "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>")

set(bytes "// Made by embed_assets.cmake.\n.section .rodata\n")
set(declared "")
set(table "")
set(n 0)
foreach(item ${FILES})
  string(REPLACE "=" ";" parts ${item})
  list(GET parts 0 name)
  list(GET parts 1 type)
  list(GET parts 2 path)
  if(name STREQUAL "redoc.standalone.js")
    file(READ ${path} script)
    string(FIND "${script}" "${logo}" at)
    if(at EQUAL -1)
      message(FATAL_ERROR "${path}: the address of the logo is another one")
    endif()
    string(REPLACE "${logo}" "${no_logo}" script "${script}")
    set(path ${OUTPUT}.redoc.js)
    file(WRITE ${path} "${script}")
  endif()
  file(SHA256 ${path} hash)
  set(symbol callboard_asset_${n})
  string(APPEND bytes ".global ${symbol}\n${symbol}:\n.incbin \"${path}\"\n.global ${symbol}_end\n${symbol}_end:\n.byte 0\n")
  string(APPEND declared "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
  string(APPEND table "      {\"${name}\", \"${type}; charset=utf-8\",\n       \"${hash}\",\n"
    "       text_between(${symbol}, ${symbol}_end)},\n")
  math(EXPR n "${n} + 1")
endforeach()
string(APPEND bytes ".section .note.GNU-stack,\"\",%progbits\n")
file(WRITE ${OUTPUT}.S "${bytes}")
file(WRITE ${OUTPUT}.cpp "// Made by embed_assets.cmake.\n#include \"net/assets.hpp\"\n\n"
  "#include <algorithm>\n#include <array>\n\nextern \"C\" {\n${declared}}\n\n"
  "namespace callboard::net {\n\nnamespace {\n\n"
  "std::string_view text_between(const char* begin, const char* end) {\n"
  "  return {begin, static_cast<size_t>(end - begin)};\n}\n\n"
  "const std::array<asset, ${n}>& assets() {\n  static const std::array<asset, ${n}> all{{\n${table}  }};\n  return all;\n}\n\n"
  "} // namespace\n\n"
  "const asset* find_asset(std::string_view name) {\n"
  "  auto found = std::find_if(assets().begin(), assets().end(),\n"
  "                            [&](auto& x) { return x.name == name; });\n"
  "  return found == assets().end() ? nullptr : &*found;\n}\n\n} // namespace callboard::net\n")
