// What the system asks of its repositories by itself, for nobody's request.
#pragma once

#include "protocols/call.hpp"

namespace callboard {

/// May see and do all; ends after `limit`.
inline call system_call(std::chrono::milliseconds limit) {
  call out;
  out.as = role::admin;
  out.deadline = deadline_in(limit);
  return out;
}

/// The same on behalf of a request, within its time.
inline call system_call(const call& behind) {
  call out;
  out.request_id = behind.request_id;
  out.as = role::admin;
  out.deadline = behind.deadline;
  return out;
}

} // namespace callboard
