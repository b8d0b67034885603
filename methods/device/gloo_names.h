#pragma once

// The names of Gloo that LibTorch's ProcessGroupGloo.hpp mentions. LibTorch contains Gloo, but its packages come
// without Gloo's headers (wheels), or with them in a package of its own (Debian). That header only holds pointers to
// these classes, so their names suffice: no object of them is made or used here. CMake checks that this is so for the
// LibTorch it finds (cmake/Distributed.cmake), which includes this file under the names of Gloo's headers.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
public:
    void setTimeout(std::chrono::milliseconds timeout);
};

namespace transport {
class Device;
class UnboundBuffer;
} // namespace transport

namespace rendezvous {

/// LibTorch derives a class from it that it uses itself.
class Store {
public:
    static constexpr std::chrono::milliseconds kDefaultTimeout = std::chrono::seconds(30);
    virtual ~Store();
    virtual void set(const std::string& key, const std::vector<char>& data);
    virtual std::vector<char> get(const std::string& key);
    virtual void wait(const std::vector<std::string>& keys);
    virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout);
};

} // namespace rendezvous
} // namespace gloo
