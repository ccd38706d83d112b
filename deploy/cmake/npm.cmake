# callboard_npm(<folder>): a rule that installs what <folder>/package-lock.json
# pins, before the first build and when the lock file changes. The file that it
# makes is in ${npm_<folder with _>}.
function(callboard_npm folder)
  string(REPLACE "/" "_" name ${folder})
  set(stamp ${PROJECT_SOURCE_DIR}/${folder}/node_modules/.package-lock.json)
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${PROJECT_SOURCE_DIR}/deploy/npm.sh ${folder}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/package-lock.json
    COMMENT "Installing npm packages of ${folder}" VERBATIM)
  add_custom_target(npm_${name} DEPENDS ${stamp})
  set(npm_${name} ${stamp} PARENT_SCOPE)
endfunction()
