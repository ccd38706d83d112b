// The declaration of a setting: everything anyone needs to know of it, once.
#pragma once

#include "supervision/config.hpp"

#include <caf/expected.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace callboard {

/// What of a value may be shown.
enum class privacy : uint8_t {
  open,
  masked, ///< all but its credentials
  secret, ///< only whether it is set
};

/// Where a setting's value goes; the type says how its text is read. Durations
/// in milliseconds are written in `setting::unit`, with up to three decimals.
using config_member = std::variant<
    bool config::*, int64_t config::*, std::chrono::milliseconds config::*,
    std::chrono::minutes config::*, std::chrono::days config::*,
    std::string config::*, std::vector<std::string> config::*,
    std::vector<cidr> config::*, environment config::*, scheduling config::*,
    jwt_algorithm config::*, log::level config::*, log::format config::*>;

/// Why a text is refused, as a phrase behind the name: `must be ...`. Empty if
/// it is not.
using text_check = std::string (*)(std::string_view);

struct setting {
  std::string_view name; ///< of the environment variable
  config_member to;
  std::string_view about; ///< a sentence, with the unit in brackets

  // Bounds: of a number; of a duration in milliseconds [ms]; of the length of
  // a text [bytes]; of the items of a list [count].
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  int64_t unit = 1;             ///< of a duration in milliseconds [ms]
  text_check accepts = nullptr; ///< of a text, or of each item of a list
  privacy shown = privacy::open;
  std::string_view alias = {};    ///< an older name; the name itself wins
  std::string_view fallback = {}; ///< what help says of the default

  /// A secret may also come from the file that `<NAME>_FILE` names.
  bool has_file() const { return shown != privacy::open; }
};

/// Settings under one heading of the help.
struct setting_group {
  std::string_view title;
  std::span<const setting> settings;
};

/// Every setting there is, in the order of the help.
std::span<const setting_group> setting_groups();

/// The same without headings.
std::span<const setting* const> settings();

/// Nothing if no setting has that name; aliases do not count.
const setting* find_setting(std::string_view name);

/// Reads `text` into the member, or returns why not (`must be ...`), never
/// quoting the text. An empty result is success.
std::string assign(config& to, const setting& what, std::string_view text);

/// The value as `assign` reads it, whatever its privacy.
std::string text_of(const config& from, const setting& what);

/// The value as anyone may see it: `(set)` or `(unset)` for a secret, a URL
/// without its credentials.
std::string shown_value(const config& from, const setting& what);

/// A number of milliseconds in a unit of 1 or 1000: 1500 -> `1.5`.
std::string unscaled(int64_t value, int64_t unit);

/// What a value looks like: `NUMBER`, `true|false`, `SECONDS`, `LIST`, ...
std::string value_form(const setting& what);

/// `PORT` -> `--port`.
std::string option_name(std::string_view name);

} // namespace callboard
