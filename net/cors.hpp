// Requests that a browser makes for a page of another origin (behaviour.md
// section 5, the Fetch standard).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace callboard::net {

class exchange;

/// True if `origin` is one of `allowed`, in any case. `null` never is.
bool is_allowed_origin(std::span<const std::string> allowed,
                       std::string_view origin);

/// The methods and headers that a preflight asks for are ones that a page may
/// use: any header, if it is a list of names.
bool is_allowed_method(std::string_view method);
bool is_list_of_names(std::string_view headers);

/// Adds the CORS fields to the answer to come, if the request has an origin.
/// True if it was a preflight: it is answered then, 200 or 400, whoever asks
/// and how often.
bool answer_preflight(exchange& x, std::span<const std::string> allowed);

} // namespace callboard::net
