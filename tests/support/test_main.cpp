// The one file that carries CAF test's runner and main().
#define CAF_TEST_NO_MAIN
#include <caf/test/unit_test_impl.hpp>

#include <csignal>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN); // peers that close are part of the tests
  return caf::test::main(argc, argv);
}
