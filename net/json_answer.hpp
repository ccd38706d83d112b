// Composes the JSON of an answer.
#pragma once

#include "protocols/entity_answer.hpp"

#include <string>
#include <string_view>

namespace callboard::net {

/// One object, member by member.
class json_object {
public:
  json_object() : writer_(text_) {
    text_.reserve(256);
    writer_.StartObject();
  }

  template <class T>
  json_object& put(std::string_view key, const T& value) {
    writer_.Key(key);
    write_json(writer_, value);
    return *this;
  }

  json_object& put(std::string_view key, std::string_view value) {
    writer_.Key(key);
    writer_.String(value);
    return *this;
  }

  json_object& put(std::string_view key, const char* value) {
    return put(key, std::string_view{value});
  }

  json_object& put_number(std::string_view key, double value) {
    writer_.Key(key);
    writer_.Double(value);
    return *this;
  }

  json_object& put_raw(std::string_view key, std::string_view json) {
    writer_.Key(key);
    writer_.raw(json);
    return *this;
  }

  template <declared T>
  json_object& members(const T& row) {
    write_members(writer_, row);
    return *this;
  }

  std::string done() {
    writer_.EndObject();
    return std::move(text_);
  }

private:
  std::string text_;
  json_writer writer_;
};

} // namespace callboard::net
