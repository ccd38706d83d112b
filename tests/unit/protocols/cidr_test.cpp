#define CAF_SUITE cidr

#include "protocols/cidr.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace callboard;

namespace {

bool lies_in(const std::string& network, const std::string& address) {
  auto parsed = cidr::parse(network);
  CAF_REQUIRE(parsed);
  return parsed->contains(address);
}

std::string shown(const std::string& network) {
  auto parsed = cidr::parse(network);
  return parsed ? to_string(*parsed) : "nothing";
}

} // namespace

CAF_TEST(a network is shown with its prefix and without the bits behind it) {
  CAF_CHECK_EQUAL(shown("10.0.0.0/8"), "10.0.0.0/8");
  CAF_CHECK_EQUAL(shown("10.1.2.3/8"), "10.0.0.0/8");
  CAF_CHECK_EQUAL(shown("10.1.2.3/9"), "10.0.0.0/9");
  CAF_CHECK_EQUAL(shown("10.255.2.3/9"), "10.128.0.0/9");
  CAF_CHECK_EQUAL(shown("192.168.1.7"), "192.168.1.7/32");
  CAF_CHECK_EQUAL(shown("0.0.0.0/0"), "0.0.0.0/0");
  CAF_CHECK_EQUAL(shown("2001:DB8::1/32"), "2001:db8::/32");
  CAF_CHECK_EQUAL(shown("::1"), "::1/128");
  CAF_CHECK_EQUAL(shown("::/0"), "::/0");
  CAF_CHECK_EQUAL(shown("::ffff:10.1.2.3/104"), "10.0.0.0/8");
  CAF_CHECK_EQUAL(shown("::ffff:10.1.2.3"), "10.1.2.3/32");
}

CAF_TEST(what is no network is refused) {
  for (auto text : {"",
                    "/",
                    "/8",
                    "10.0.0.0/",
                    "10.0.0.0/33",
                    "10.0.0.0/-1",
                    "10.0.0.0/+8",
                    "10.0.0.0/8/8",
                    "10.0.0.0/8 ",
                    " 10.0.0.1",
                    "10.0.0",
                    "10.0.0.256",
                    "010.0.0.1",
                    "10.0.0.1:80",
                    "::1/129",
                    "[::1]",
                    "::1%lo",
                    "fe80::%eth0/10",
                    ":::",
                    "localhost",
                    "example.com",
                    "10.0.0.0/0x8",
                    "10.0.0.0/0000008",
                    "::ffff:10.1.2.3/64",
                    "1111:2222:3333:4444:5555:6666:7777:8888:9999"})
    CAF_CHECK_EQUAL(shown(text), "nothing");
  CAF_CHECK_EQUAL(shown(std::string(1000, '1')), "nothing");
  CAF_CHECK_EQUAL(shown(std::string("10.0.0.1\0", 9)), "nothing");
}

CAF_TEST(an address lies in a network when their first bits are equal) {
  CAF_CHECK(lies_in("10.0.0.0/8", "10.255.255.255"));
  CAF_CHECK(!lies_in("10.0.0.0/8", "11.0.0.0"));
  CAF_CHECK(lies_in("10.0.0.0/31", "10.0.0.1"));
  CAF_CHECK(!lies_in("10.0.0.0/31", "10.0.0.2"));
  CAF_CHECK(lies_in("0.0.0.0/0", "255.255.255.255"));
  CAF_CHECK(lies_in("192.168.1.7", "192.168.1.7"));
  CAF_CHECK(!lies_in("192.168.1.7", "192.168.1.6"));
  CAF_CHECK(lies_in("2001:db8::/33", "2001:db8:7fff::1"));
  CAF_CHECK(!lies_in("2001:db8::/33", "2001:db8:8000::1"));
  CAF_CHECK(lies_in("fe80::/10", "fe80::1%eth0"));
}

CAF_TEST(what is no address lies nowhere) {
  for (auto text : {"", "10.0.0.1:80", "[::1]", "unknown", "10.0.0.1 "}) {
    CAF_CHECK(!lies_in("0.0.0.0/0", text));
    CAF_CHECK(!lies_in("::/0", text));
  }
}

CAF_TEST(a mapped address counts as the address of the other family) {
  CAF_CHECK(lies_in("10.0.0.0/8", "::ffff:10.1.2.3"));
  CAF_CHECK(lies_in("10.0.0.0/8", "::ffff:a01:203"));
  CAF_CHECK(lies_in("::ffff:10.0.0.0/104", "10.1.2.3"));
  CAF_CHECK(!lies_in("::/0", "10.1.2.3"));
  CAF_CHECK(!lies_in("::/0", "::ffff:10.1.2.3"));
  CAF_CHECK(!lies_in("0.0.0.0/0", "::1"));
}

CAF_TEST(the network of an address is cut to the wanted prefix) {
  auto network = cidr::of("2001:db8:1:2:3::4", 64);
  CAF_REQUIRE(network);
  CAF_CHECK_EQUAL(to_string(*network), "2001:db8:1:2::/64");
  CAF_CHECK(!cidr::of("10.0.0.1", 33));
  CAF_CHECK(!cidr::of("nobody", 8));
  // Its first 64 bits are the same for every client over IPv4.
  CAF_CHECK(!cidr::of("::ffff:10.1.2.3", 64));
}

CAF_TEST(an address is only an address without port or brackets or zone) {
  for (auto text : {"10.0.0.1", "::", "::1", "2001:db8::1", "::ffff:1.2.3.4"})
    CAF_CHECK(is_address(text));
  for (auto text : {"", "10.0.0.1:80", "[::1]", "fe80::1%eth0", "localhost",
                    "10.0.0.0/8", "1.2.3", "unknown"})
    CAF_CHECK(!is_address(text));
}

CAF_TEST(loopback is the own machine in every spelling) {
  for (auto text : {"localhost", "127.0.0.1", "127.9.9.9", "::1",
                    "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"})
    CAF_CHECK(is_loopback(text));
  for (auto text : {"0.0.0.0", "::", "10.0.0.1", "localhost.example.com", ""})
    CAF_CHECK(!is_loopback(text));
}
