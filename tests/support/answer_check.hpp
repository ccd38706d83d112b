// Compares the answers that tests get with the API document.
#pragma once

#include "net/router.hpp"
#include "tests/support/api.hpp"
#include "tests/support/schema_check.hpp"

#include <string>
#include <string_view>

namespace callboard::test {

/// The document of this build, and what it says of each answer. Any thread.
class answer_check {
public:
  static const answer_check& shared();

  /// Empty if the document says that this request may be answered so: status,
  /// content type, header fields, and the body by its schema.
  std::string problem(std::string_view method, std::string_view target,
                      const answer& got) const;

  const json_document& document() const { return document_; }

private:
  answer_check();
  const json_value* responses_of(std::string_view method,
                                 std::string_view path) const;
  std::string unrouted_problem(const answer& got) const;
  std::string content_problem(const json_value& response, const answer& got,
                              bool head) const;

  net::router routes_;
  json_document document_;
  schema_check schemas_{document_};
};

} // namespace callboard::test
