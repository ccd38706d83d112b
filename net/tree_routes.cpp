// The supervision tree, for developers.
#include "net/exchange.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

void show_tree(const exchange_ptr& x) { x->send(200, x->server().tree()); }

constexpr route table[] = {
    {verb::get, "/api/v1/supervision/tree", show_tree, access::operator_},
};

} // namespace

std::span<const route> tree_routes() { return table; }

} // namespace callboard::net
